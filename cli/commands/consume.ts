// millrace consume: the records of a topic as lines of JSON, without a consumer group.

import { once } from 'node:events'
import type { Broker, FetchedRecords, PartitionOffset } from '../../framework/index.ts'
import { brokersFlag, partitionsOf, readConfig, withBroker } from '../connect.ts'
import { Args, Command, Errors, Flags } from '../oclif.ts'
import { formatRecordLine, type RecordForms } from '../record-line.ts'
import { readerGone, stopSignal } from '../stop-signal.ts'
import { topicForms, topologyFlag } from '../topic-forms.ts'

const bufferBytesMax = 8 << 20

interface Wanted {
  readonly topic: string
  readonly fromStart: boolean
  readonly recordsMax: number
  readonly forms: RecordForms | undefined
}

export class Consume extends Command {
  static override summary = 'Print the records of a topic as lines of JSON, as they come.'
  static override description =
    'A line is {"key":…,"value":…,"timestamp":…,"headers":…,"partition":…,"offset":…}: values that are JSON as they are, other text as a string, bytes that are no text in "keyBase64" and ' +
    '"valueBase64". It takes part in no group and commits nothing; of transactions it shows what was committed. It runs until --max records or Ctrl-C.'
  static override examples = [
    '<%= config.bin %> consume flights',
    '<%= config.bin %> consume delay-by-state --from-start --max 10',
    '<%= config.bin %> consume delay-by-state --from-start --topology flight-delays',
    '<%= config.bin %> consume flights --from-start --brokers kafka-1:9092 > flights.jsonl',
  ]
  static override args = { topic: Args.string({ ignoreStdin: true, description: 'what to read', required: true }) }
  static override flags = {
    'from-start': Flags.boolean({ description: 'begin with the oldest record, not with the next one' }),
    max: Flags.integer({ description: 'end after so many records', min: 1, helpValue: 'N' }),
    topology: topologyFlag,
    brokers: brokersFlag,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Consume)
    const { topic } = args
    const { topology, max: recordsMax = Number.POSITIVE_INFINITY, 'from-start': fromStart } = flags
    const forms = topology === undefined ? undefined : await topicForms(topology, topic, (await readConfig()).plugins ?? [])
    const wanted = { topic, fromStart, recordsMax, forms }
    await withBroker(flags.brokers, (broker) => consume(broker, wanted))
  }
}

async function consume(broker: Broker, { topic, fromStart, recordsMax, forms }: Wanted): Promise<void> {
  const stopped = Promise.race([stopSignal(), readerGone()])
  const positions = await startingPositions(broker, topic, fromStart)
  const fetcher = broker.fetcher({ clientId: 'millrace-cli', readCommitted: true, bufferBytesMax })
  fetcher.assign(positions)
  if (!fromStart) process.stderr.write(`Waiting for records of ${topic}; Ctrl-C ends.\n`)
  let left = recordsMax
  while (left > 0) {
    if ((await Promise.race([fetcher.arrived(), stopped])) === 'stopped') return
    for (const fetched of fetcher.take()) {
      if (fetched.kind === 'problem') throw partitionProblem(fetched.topic, fetched.partition, fetched.problem)
      const { lines, problem } = linesOf(fetched, left, forms)
      left -= lines.length
      if (lines.length > 0 && (await Promise.race([written(`${lines.join('\n')}\n`), stopped])) === 'stopped') return
      if (problem !== undefined) throw problem
    }
  }
}

async function startingPositions(broker: Broker, topic: string, fromStart: boolean): Promise<readonly PartitionOffset[]> {
  const count = await partitionsOf(broker, topic)
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  return fromStart ? broker.admin.startOffsets(partitions) : broker.admin.endOffsets(partitions)
}

/** Up to a record that is not what the forms say. */
function linesOf({ reader, topic, partition }: FetchedRecords, recordsMax: number, forms: RecordForms | undefined): Lines {
  const lines: string[] = []
  while (lines.length < recordsMax && reader.next()) {
    const { bytes, timestamp, offset, keyStart, keyEnd, valueStart, valueEnd } = reader
    const key = keyStart < 0 ? null : bytes.subarray(keyStart, keyEnd)
    const value = valueStart < 0 ? null : bytes.subarray(valueStart, valueEnd)
    try {
      lines.push(formatRecordLine({ key, value, timestamp, headers: reader.headers(), partition, offset }, forms))
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      const remedy = 'Without --topology it is shown as it is.'
      return { lines, problem: new Errors.CLIError(`Of ${topic}-${partition}@${offset} ${text}. ${remedy}`, { exit: 1 }) }
    }
  }
  return { lines }
}

interface Lines {
  readonly lines: readonly string[]
  readonly problem?: Error
}

/** Resolves when standard output has room again. */
async function written(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

function partitionProblem(topic: string, partition: number, problem: string): Error {
  const what =
    problem === 'topic deleted' ? 'the topic was deleted' : 'its oldest records were deleted before they could be read; start again'
  return new Errors.CLIError(`${topic}-${partition} cannot be read on: ${what}.`, { exit: 1 })
}
