// millrace dlq replay: dead letters go back to where they came from.

import type { Broker, Producer, TopicWriter } from '../../../framework/index.ts'
import { appendRecord } from '../../append-record.ts'
import { withBroker } from '../../connect.ts'
import { type DeadLetter, placeOf, replayedHeader } from '../../dead-letters/dead-letter.ts'
import { dlqArgs, dlqFlags, wantedLetters } from '../../dead-letters/dlq-flags.ts'
import { readDeadLetters } from '../../dead-letters/read-dead-letters.ts'
import { jsonFlag } from '../../json-flag.ts'
import { Command, Flags } from '../../oclif.ts'
import { withProgress } from '../../progress.ts'
import { jsonOf } from '../../tables.ts'

const bufferBytesMax = 8 << 20

interface Replay {
  readonly letter: DeadLetter
  /** Undefined: it cannot be replayed. */
  readonly topic: string | undefined
  readonly why: string
}

export class DlqReplay extends Command {
  static override summary = 'Write dead letters to the topics that they came from, so that the app has them once more.'
  static override description =
    `A record is written as it came: key, value, timestamp, headers, to its partition. The header ${replayedHeader} says which dead letter it was. Dead letters stay where they are, so say which ones are meant ` +
    '(--offsets, --error), or they are written again the next time. With --dry-run nothing is written. What a record was the cause of comes after all that came since.'
  static override examples = [
    '<%= config.bin %> dlq replay orders-dead-letters --dry-run',
    '<%= config.bin %> dlq replay orders-dead-letters --partition 0 --offsets 7..9',
    '<%= config.bin %> dlq replay --topology orders --error "amount is missing" --to orders-mended',
  ]
  static override args = dlqArgs
  static override flags = {
    ...dlqFlags,
    to: Flags.string({ description: 'write them to this topic, by their keys, and not to where they came from', helpValue: 'TOPIC' }),
    'dry-run': Flags.boolean({ description: 'only say what would be written' }),
    json: jsonFlag,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DlqReplay)
    const { to, json } = flags
    const dryRun = flags['dry-run'] === true
    const wanted = await wantedLetters(args.topic, flags)
    const replays = await withBroker(flags.brokers, async (broker) => {
      const planned = (await readDeadLetters(broker, wanted)).map((letter) => replayOf(letter, to))
      if (!dryRun) await withProgress('Writing', () => write(broker, planned, { deadLetterTopic: wanted.topic, byKey: to !== undefined }))
      return planned
    })
    const written = replays.filter(({ topic }) => topic !== undefined)
    const skipped = replays.filter(({ topic }) => topic === undefined)
    if (json) return this.log(jsonOf({ dryRun, replayed: written.map(dataOf), skipped: skipped.map(dataOf) }))
    const verb = dryRun ? 'would be written' : 'written'
    if (dryRun) for (const { letter, topic } of written) this.log(`${nameOf(letter)}: ${placeOf(letter)} to ${topic}`)
    for (const { letter, why } of skipped) this.log(`${nameOf(letter)}: ${placeOf(letter)} skipped: ${why}`)
    this.log(`${written.length} ${written.length === 1 ? 'record' : 'records'} ${verb}, ${skipped.length} skipped.`)
  }
}

function replayOf(letter: DeadLetter, to: string | undefined): Replay {
  if (!letter.isWhole) return { letter, topic: undefined, why: 'the input record was gone when it failed, so it has neither key nor value' }
  const topic = to ?? letter.origin?.topic
  return { letter, topic, why: topic === undefined ? 'nothing says where it came from; --to names a topic' : '' }
}

async function write(
  broker: Broker,
  replays: readonly Replay[],
  { deadLetterTopic, byKey }: { readonly deadLetterTopic: string; readonly byKey: boolean },
): Promise<void> {
  const producer = broker.producer({ clientId: 'millrace-cli', lingerMs: 0, bufferBytesMax, compression: 'none' })
  // All topics are there, or nothing is written.
  const names = [...new Set(replays.flatMap(({ topic }) => topic ?? []))]
  const writers = new Map<string, TopicWriter>()
  for (const topic of names) writers.set(topic, await producer.writer(topic))
  for (const { letter, topic } of replays) {
    if (topic === undefined) continue
    const writer = writers.get(topic)!
    const { record, origin } = letter
    const mark = { key: replayedHeader, value: Buffer.from(`${deadLetterTopic}-${record.partition}@${record.offset}`) }
    const keepsPartition = !byKey && origin !== undefined && origin.partition >= 0 && origin.partition < writer.partitions
    const { key, value, timestamp } = record
    const headers = [...letter.headers, mark]
    appendRecord(writer, { key, value, timestamp, headers, ...(keepsPartition ? { partition: origin.partition } : {}) }, timestamp)
    await sendOn(producer)
  }
  await producer.flush()
}

async function sendOn(producer: Producer): Promise<void> {
  producer.poll()
  if (producer.full) await producer.drained()
}

function nameOf({ record: { partition, offset } }: DeadLetter): string {
  return `${partition}@${offset}`
}

function dataOf({ letter: { record, origin }, topic, why }: Replay): unknown {
  const { partition, offset } = record
  return { partition, offset, origin: origin ?? null, ...(topic === undefined ? { why } : { topic }) }
}
