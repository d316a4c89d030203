// millrace produce: lines of JSON become records.

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { isMillraceError } from '../../framework/errors.ts'
import type { Broker, Producer } from '../../framework/index.ts'
import { appendRecord } from '../append-record.ts'
import { brokersFlag, partitionsOf, readConfig, withBroker } from '../connect.ts'
import { LineProblem, linesOf } from '../lines.ts'
import { Args, Command, Errors } from '../oclif.ts'
import { withProgress } from '../progress.ts'
import { parseRecordLine, type RecordForms, type RecordLine } from '../record-line.ts'
import { stopSignal } from '../stop-signal.ts'
import { topicForms, topologyFlag } from '../topic-forms.ts'

const bufferBytesMax = 8 << 20

export class Produce extends Command {
  static override summary = 'Write records to a topic, from lines of JSON.'
  static override description =
    'A line is {"key": …, "value": …}, with "timestamp" (milliseconds; default: now), "headers" and "partition" (default: by key, as Java does) where wanted. A string is written as its plain text, ' +
    'all else as JSON, null as no bytes; bytes that are no text go into "keyBase64" and "valueBase64". What `millrace consume` prints can be read again. Of a FILE all lines are checked before ' +
    'the first is written; from standard input records are written as they come. Ctrl-C stops after what has been read.'
  static override examples = [
    '<%= config.bin %> produce flights flights.jsonl',
    '<%= config.bin %> produce flights flights.jsonl --topology flight-delays',
    `echo '{"key":"a","value":{"count":1}}' | <%= config.bin %> produce counts --brokers kafka-1:9092`,
  ]
  /** Left to itself oclif takes what is piped in for an argument that is missing. */
  static override args = {
    topic: Args.string({ ignoreStdin: true, description: 'where to; it has to be there', required: true }),
    file: Args.string({ ignoreStdin: true, description: 'lines of JSON; default: standard input' }),
  }
  static override flags = { topology: topologyFlag, brokers: brokersFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Produce)
    const { topic, file } = args
    const forms = flags.topology === undefined ? undefined : await formsOf(flags.topology, topic)
    if (file !== undefined) await checkFile(file, forms)
    const written = await withBroker(flags.brokers, async (broker) => {
      await partitionsOf(broker, topic)
      return file === undefined
        ? produce(broker, { topic, file, forms }, () => {})
        : withProgress('Writing', (show) => produce(broker, { topic, file, forms }, show))
    })
    this.log(`${recordsOf(written)} written to ${topic}.`)
  }
}

interface Wanted {
  readonly topic: string
  readonly file: string | undefined
  readonly forms: RecordForms | undefined
}

async function formsOf(topology: string, topic: string): Promise<RecordForms> {
  const forms = await topicForms(topology, topic, (await readConfig()).plugins ?? [])
  if (!forms.isChangelog) return forms
  throw new Errors.CLIError(`${topic} is a changelog of ${topology}: its app alone may write to it.`, { exit: 1 })
}

async function checkFile(file: string, forms: RecordForms | undefined): Promise<void> {
  const found = await stat(file).catch((error: unknown) => {
    throw unreadable(file, error)
  })
  if (found.isDirectory()) throw new Errors.CLIError(`${file} is a folder; name a file with lines of JSON.`, { exit: 1 })
  // A pipe can be read but once.
  if (!found.isFile()) return
  await eachLine(
    { file, forms },
    () => {},
    async () => {},
  ).catch((error: unknown) => {
    throw atLine(error, file, 'Nothing was written.')
  })
}

async function produce(broker: Broker, { topic, file, forms }: Wanted, show: (status: string) => void): Promise<number> {
  const producer = broker.producer({ clientId: 'millrace-cli', lingerMs: 0, bufferBytesMax, compression: 'none' })
  const writer = await producer.writer(topic)
  const stopped = stopSignal()
  let written = 0
  try {
    const end = await eachLine(
      { file, forms },
      (record) => {
        appendRecord(writer, record, Date.now())
        written++
      },
      async () => {
        await sendOn(producer)
        show(recordsOf(written))
      },
      stopped,
    )
    await producer.flush()
    if (end === 'stopped') throw new Errors.CLIError(`Stopped: ${recordsOf(written)} written, the rest was not read.`, { exit: 1 })
    return written
  } catch (error) {
    if (isMillraceError(error)) {
      const missing = `Of the ${recordsOf(written)} read so far, those that no broker has confirmed may be missing in ${topic}.`
      throw new Errors.CLIError(`${error.message} ${missing}`, { exit: 1 })
    }
    if (!(error instanceof LineProblem)) throw error
    await producer.flush()
    throw atLine(error, file, `${recordsOf(written)} before it ${written === 1 ? 'was' : 'were'} written.`)
  }
}

/** Calls `take` for each record and `turn` after those that came together; while it waits nothing is read. */
async function eachLine(
  { file, forms }: Pick<Wanted, 'file' | 'forms'>,
  take: (record: RecordLine) => void,
  turn: () => Promise<void>,
  stopped: Promise<'stopped'> = new Promise(() => {}),
): Promise<'end' | 'stopped'> {
  const input: NodeJS.ReadStream | ReturnType<typeof createReadStream> = file === undefined ? process.stdin : createReadStream(file)
  const lines = linesOf(input)
  for (;;) {
    const next = await Promise.race([lines.next(), stopped])
    if (next === 'stopped') {
      input.destroy()
      return next
    }
    if (next.done) return 'end'
    for (const { number, text } of next.value) {
      if (text.trim() === '') continue
      try {
        take(parseRecordLine(text, forms))
      } catch (error) {
        input.destroy()
        throw new LineProblem(number, error instanceof Error ? error.message : String(error))
      }
    }
    await turn()
  }
}

async function sendOn(producer: Producer): Promise<void> {
  producer.poll()
  if (producer.full) await producer.drained()
}

function atLine(error: unknown, file: string | undefined, done: string): unknown {
  if (error instanceof LineProblem)
    return new Errors.CLIError(`Line ${error.line} of ${file ?? 'standard input'}: ${error.message.replace(/([^.?])$/, '$1.')} ${done}`, {
      exit: 1,
    })
  return file === undefined || isMillraceError(error) ? error : unreadable(file, error)
}

function unreadable(file: string, error: unknown): Error {
  return new Errors.CLIError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { exit: 1 })
}

function recordsOf(count: number): string {
  return count === 1 ? '1 record' : `${count} records`
}
