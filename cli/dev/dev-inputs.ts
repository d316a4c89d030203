// Input from files: dev/<topic>.jsonl holds lines as `millrace produce` reads them. Each is written to its topic once. What was written is remembered by its length and
// its hash, so that a file that has grown by further lines gives those alone; records cannot be taken back, so any other change needs a new start.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import type { Broker, TopicWriter } from '../../framework/ports/broker.ts'
import { didYouMean } from '../../framework/runtime/did-you-mean.ts'
import { appendRecord } from '../append-record.ts'
import { LineProblem, linesOf } from '../lines.ts'
import { parseRecordLine, type RecordLine } from '../record-line.ts'
import type { DevTopics } from './dev-topics.ts'
import type { Screen } from './screen.ts'

const bufferBytesMax = 8 << 20
const extension = '.jsonl'
const lineFeed = 0x0a

/** What was written of a file. */
interface WrittenPart {
  readonly sizeBytes: number
  readonly lines: number
  readonly hash: string
}

export interface DevInputsOptions {
  /** dev/ of the project. */
  readonly folder: string
  /** Where it is remembered what was written. */
  readonly memory: string
  /** Which Kafka it was written to: each knows nothing of the other's. */
  readonly kafka: string
  readonly broker: Broker
  readonly screen: Screen
  /** What helps where a file has changed that was written. */
  readonly startAnew: string
}

export class DevInputs {
  readonly #options: DevInputsOptions
  /** So that nothing is said twice of a file that stays as it is. */
  readonly #said = new Map<string, string>()
  /** Topics whose files this session has looked at. */
  readonly #looked = new Set<string>()
  #lastTimestampMs = 0

  constructor(options: DevInputsOptions) {
    this.#options = options
  }

  /** Writes what has not been written. `made` are topics that did not exist before, so that nothing is in them. */
  async feed(topics: DevTopics, made: ReadonlySet<string>): Promise<void> {
    for (const topic of made) this.#remember(topic, undefined)
    const named = await this.topics()
    // A stream's record meets the rows that are there by its time.
    const ordered = [...named.filter((topic) => topics.tables.has(topic)), ...named.filter((topic) => !topics.tables.has(topic))]
    for (const topic of ordered) {
      if (topics.read.has(topic)) await this.#feedTopic(topic)
      else
        this.#sayOnce(
          topic,
          '',
          `${nameOf(topic)} is not used: no topology reads the topic ${topic}.${didYouMean(topic, [...topics.read])}`,
        )
    }
  }

  /** Those that there are files for. */
  async topics(): Promise<readonly string[]> {
    const files = await readdir(this.#options.folder).catch(() => [])
    return files
      .filter((file) => file.endsWith(extension))
      .map((file) => basename(file, extension))
      .sort()
  }

  async #feedTopic(topic: string): Promise<void> {
    const content = await readFile(join(this.#options.folder, `${topic}${extension}`))
    const hash = hashOf(content)
    const written = this.#memory()[topic]
    const isKnown = this.#looked.has(topic)
    this.#looked.add(topic)
    if (written?.hash === hash) {
      if (!isKnown) this.#options.screen.say(`${nameOf(topic)} was written to ${topic} before. ${this.#options.startAnew}`)
      return
    }
    const rest = written === undefined ? { bytes: content, lines: 0 } : appended(content, written)
    if (rest === undefined) {
      const problem = `${nameOf(topic)} has changed in lines that were written to ${topic} before, and records cannot be taken back.`
      return this.#sayOnce(topic, hash, `${problem} ${this.#options.startAnew}`)
    }
    try {
      const { records, lines } = await parse(rest.bytes, rest.lines)
      await this.#write(topic, records)
      this.#remember(topic, { sizeBytes: content.length, lines, hash })
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error
      const problem = error.message.replace(/([^.?])$/, '$1.')
      this.#sayOnce(topic, hash, `Line ${error.line} of ${nameOf(topic)}: ${problem} Nothing of it was written; mend the line and save.`)
    }
  }

  async #write(topic: string, records: readonly Parsed[]): Promise<void> {
    if (records.length === 0) return
    const { broker, screen } = this.#options
    const producer = broker.producer({ clientId: 'millrace-dev', lingerMs: 0, bufferBytesMax, compression: 'none' })
    try {
      const writer = await producer.writer(topic)
      for (const { line, record } of records) checkPartition(line, record, writer)
      // After all that was written before, also where the clock has not moved on.
      this.#lastTimestampMs = Math.max(Date.now(), this.#lastTimestampMs + 1)
      for (const { record } of records) {
        appendRecord(writer, record, this.#lastTimestampMs)
        producer.poll()
        if (producer.full) await producer.drained()
      }
      await producer.flush()
    } finally {
      await producer.close()
    }
    screen.say(`${nameOf(topic)}: ${records.length} ${records.length === 1 ? 'record' : 'records'} written to ${topic}.`)
  }

  #sayOnce(topic: string, hash: string, text: string): void {
    const said = `${hash} ${text}`
    if (this.#said.get(topic) !== said) this.#options.screen.warn(text)
    this.#said.set(topic, said)
  }

  #memory(): Readonly<Record<string, WrittenPart>> {
    return this.#memoryOfAll()[this.#options.kafka] ?? {}
  }

  #memoryOfAll(): Readonly<Record<string, Readonly<Record<string, WrittenPart>>>> {
    const { memory } = this.#options
    return existsSync(memory) ? JSON.parse(readFileSync(memory, 'utf8')) : {}
  }

  #remember(topic: string, part: WrittenPart | undefined): void {
    const { memory, kafka } = this.#options
    const all = { ...this.#memoryOfAll(), [kafka]: { ...this.#memory(), [topic]: part } }
    mkdirSync(dirname(memory), { recursive: true })
    // A whole file or the one before it, whenever the process is killed.
    writeFileSync(`${memory}.new`, `${JSON.stringify(all, null, 2)}\n`)
    renameSync(`${memory}.new`, memory)
  }
}

interface Parsed {
  readonly line: number
  readonly record: RecordLine
}

/** `linesBefore`: how many lines of the file stand before these bytes. */
async function parse(bytes: Buffer, linesBefore: number): Promise<{ readonly records: readonly Parsed[]; readonly lines: number }> {
  const records: Parsed[] = []
  let lines = linesBefore
  try {
    for await (const group of linesOf(Readable.from([bytes]))) {
      for (const { number, text } of group) {
        lines = linesBefore + number
        if (text.trim() !== '') records.push({ line: lines, record: parsedLine(number, text) })
      }
    }
  } catch (error) {
    throw error instanceof LineProblem ? new LineProblem(linesBefore + error.line, error.message) : error
  }
  return { records, lines }
}

function parsedLine(number: number, text: string): RecordLine {
  try {
    return parseRecordLine(text)
  } catch (error) {
    throw new LineProblem(number, error instanceof Error ? error.message : String(error))
  }
}

function checkPartition(line: number, { partition }: RecordLine, { topic, partitions }: TopicWriter): void {
  if (partition !== undefined && partition >= partitions)
    throw new LineProblem(line, `there is no partition ${partition}: ${topic} has ${partitions}`)
}

/** What stands behind the part that was written; undefined if that part is no longer as it was. */
function appended(
  content: Buffer,
  { sizeBytes, lines, hash }: WrittenPart,
): { readonly bytes: Buffer; readonly lines: number } | undefined {
  if (content.length < sizeBytes || hashOf(content.subarray(0, sizeBytes)) !== hash) return undefined
  const bytes = content.subarray(sizeBytes)
  if (sizeBytes === 0 || content[sizeBytes - 1] === lineFeed) return { bytes, lines }
  // The last line had no end: what follows has to begin with it, or it is another line now.
  const start = bytes[0] === lineFeed ? 1 : bytes[0] === 0x0d && bytes[1] === lineFeed ? 2 : 0
  return start === 0 ? undefined : { bytes: bytes.subarray(start), lines }
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function nameOf(topic: string): string {
  return `dev/${topic}${extension}`
}
