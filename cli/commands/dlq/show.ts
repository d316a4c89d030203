// millrace dlq show: all that dead letters say.

import { withBroker } from '../../connect.ts'
import { type DeadLetter, placeOf } from '../../dead-letters/dead-letter.ts'
import { deadLetterJson } from '../../dead-letters/dead-letter-json.ts'
import { dlqArgs, dlqFlags, wantedLetters } from '../../dead-letters/dlq-flags.ts'
import { readDeadLetters } from '../../dead-letters/read-dead-letters.ts'
import { jsonFlag } from '../../json-flag.ts'
import { Command } from '../../oclif.ts'
import { formatRecordLine } from '../../record-line.ts'

export class DlqShow extends Command {
  static override summary =
    'Show dead letters with everything they say: the record, the error with its trace, the way to the operator that failed.'
  static override examples = [
    '<%= config.bin %> dlq show orders-dead-letters --partition 0 --offsets 7',
    '<%= config.bin %> dlq show --topology orders --max 1',
    '<%= config.bin %> dlq show orders-dead-letters --json',
  ]
  static override args = dlqArgs
  static override flags = { ...dlqFlags, json: jsonFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DlqShow)
    const wanted = await wantedLetters(args.topic, flags)
    const letters = await withBroker(flags.brokers, (broker) => readDeadLetters(broker, wanted))
    if (flags.json) return this.log(`[${letters.map((letter) => `\n  ${deadLetterJson(letter)}`).join(',')}\n]`)
    if (letters.length === 0) return this.log(`There are none in ${wanted.topic}.`)
    this.log(letters.map((letter) => textOf(letter, wanted.topic)).join('\n\n'))
  }
}

function textOf(letter: DeadLetter, topic: string): string {
  const { record, headers, error, message, trace, application, task, path, replays, isWhole } = letter
  const { partition, offset, timestamp } = record
  const lines = [
    ['Letter', `${topic}-${partition}@${offset}`],
    ['Record', `${placeOf(letter)}, of ${timestamp < 0 ? 'no time' : new Date(timestamp).toISOString()}`],
    ['Path', path.join(' > ')],
    ['Application', application === '' ? '' : `${application}, task ${task}`],
    ['Replayed', replays === 0 ? '' : `${replays} times before`],
    ['Error', `${error}: ${message}`],
    ['Content', isWhole ? formatRecordLine({ ...record, headers }) : 'not known: the input record was gone when it failed'],
  ].filter(([, text]) => text !== '')
  const told = lines.map(([name, text]) => `${`${name}:`.padEnd(13)}${text}`).join('\n')
  return trace === '' ? told : `${told}\n${trace.replaceAll(/^/gm, '  ')}`
}
