// millrace dlq list: which records were left out, and why.

import { withBroker } from '../../connect.ts'
import { placeOf } from '../../dead-letters/dead-letter.ts'
import { deadLetterJson } from '../../dead-letters/dead-letter-json.ts'
import { dlqArgs, dlqFlags, wantedLetters } from '../../dead-letters/dlq-flags.ts'
import { readDeadLetters } from '../../dead-letters/read-dead-letters.ts'
import { jsonFlag } from '../../json-flag.ts'
import { Command } from '../../oclif.ts'
import { tableOf } from '../../tables.ts'

const messageLengthMax = 60

export class DlqList extends Command {
  static override summary = 'List dead letters: records that an app has left out, with what failed and where they came from.'
  static override description =
    'Each line is a record of the dead letter topic, as an app writes them under `continue` and `dead-letter` (see docs/errors.md), Kafka Streams’ too. `millrace dlq show` prints all of one.'
  static override examples = [
    '<%= config.bin %> dlq list orders-dead-letters',
    '<%= config.bin %> dlq list --topology orders --error TypeError',
    '<%= config.bin %> dlq list orders-dead-letters --operator rounded --json',
  ]
  static override args = dlqArgs
  static override flags = { ...dlqFlags, json: jsonFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DlqList)
    const wanted = await wantedLetters(args.topic, flags)
    const letters = await withBroker(flags.brokers, (broker) => readDeadLetters(broker, wanted))
    if (flags.json) return this.log(`[${letters.map((letter) => `\n  ${deadLetterJson(letter)}`).join(',')}\n]`)
    if (letters.length === 0) return this.log(`There are none in ${wanted.topic}.`)
    const rows = letters.map((letter) => [
      `${letter.record.partition}@${letter.record.offset}`,
      placeOf(letter),
      letter.path.at(-1) ?? '-',
      letter.replays,
      shortened(`${letter.error}: ${letter.message}`),
    ])
    this.log(await tableOf(['Letter', 'Record', 'Operator', 'Replays', 'Error'], rows))
  }
}

function shortened(text: string): string {
  const line = text.split('\n')[0]!
  return line.length <= messageLengthMax ? line : `${line.slice(0, messageLengthMax - 1)}…`
}
