// A sink that appends records to a file: lines of JSON or of CSV, gzip-compressed or not. What a task was given goes to the file, and the file to the disk, before
// the task commits.

import { randomUUID } from 'node:crypto'
import { type FileHandle, link, open, unlink, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { stringify } from 'csv-stringify/sync'
import { jsonLineOf, type Sink, type SinkWriter, type StreamRecord } from '../../framework/index.ts'

interface ToFileOptions {
  /** Default: gzip if the name ends in `.gz`. Each flush is a piece of its own, which gzip and its libraries read as one file. */
  readonly compression?: 'gzip' | 'none'
  /** Characters that are kept in memory before a commit is asked for. Default: 8 MiB. */
  readonly bufferedMax?: number
}

export interface ToJsonLinesOptions<K, V> extends ToFileOptions {
  readonly format?: 'json-lines'
  /** What a line holds. Default: key, value and timestamp, as `millrace produce` and `fromFile` read them. A number that is none of JSON's is written as its word: `"Infinity"`. */
  line?(record: StreamRecord<K, V>): unknown
}

export interface ToCsvOptions<K, V> extends ToFileOptions {
  readonly format: 'csv'
  /** The names in the first line, which a new file gets, and the order of the cells. */
  readonly columns: readonly string[]
  /** The cells of a record, by name. Default: `key`, `timestamp`, and the members of a value that is an object; else `value`. */
  row?(record: StreamRecord<K, V>): Readonly<Record<string, unknown>>
}

const bufferedMaxDefault = 8 << 20
const linesAtOnce = 1_000
const compress = promisify(gzip)

/**
 * Appends each record to a file: as a line of JSON, or of CSV with names in the first line. All tasks of an app on one machine may write to the same file:
 * lines stay whole. `file` is made if it is not there, from the folder in which the app runs. At least once: after a crash, records since the last commit are there twice.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { toFile } from 'millrace/plugins/files'
 *
 * export default topology('archive', (builder) => {
 *   const orders = builder.stream<string, { cents: number }>('orders')
 *   orders.sinkTo(toFile('orders.jsonl.gz', { line: ({ key, value }) => ({ customer: key, cents: value.cents }) }))
 *   orders.sinkTo(toFile('orders.csv', { format: 'csv', columns: ['key', 'cents'] }))
 * })
 * ```
 */
export function toFile<K, V>(file: string, options: ToJsonLinesOptions<K, V> | ToCsvOptions<K, V> = {}): Sink<K, V> {
  const { bufferedMax = bufferedMaxDefault, compression = file.endsWith('.gz') ? 'gzip' : 'none' } = options
  const { head, lineOf } = options.format === 'csv' ? csvLines(options) : jsonLines(options)
  const encode = compression === 'gzip' ? (text: string) => compress(text) : async (text: string) => Buffer.from(text)
  return {
    name: options.format ?? 'json-lines',
    async open() {
      if (head !== '') await begin(file, await encode(head))
      return new FileWriter(await open(file, 'a'), { lineOf, encode, bufferedMax })
    },
  }
}

interface Lines<K, V> {
  /** What a new file begins with. */
  readonly head: string
  lineOf(record: StreamRecord<K, V>): string
}

function jsonLines<K, V>({ line = ({ key, value, timestamp }) => ({ key, value, timestamp }) }: ToJsonLinesOptions<K, V>): Lines<K, V> {
  return { head: '', lineOf: (record) => `${jsonLineOf(line(record))}\n` }
}

function csvLines<K, V>({ columns, row = cells }: ToCsvOptions<K, V>): Lines<K, V> {
  // An object where a cell should be is written as JSON, and what is a text there, as a time or bytes, without its quotation marks.
  const text = (value: object): string => {
    const line = jsonLineOf(value)
    return line.startsWith('"') ? (JSON.parse(line) as string) : line
  }
  const cast = { boolean: String, date: text, object: text }
  const options = { columns: [...columns], cast }
  return { head: stringify([[...columns]]), lineOf: (record) => stringify([row(record)], options) }
}

function cells({ key, value, timestamp }: StreamRecord<unknown, unknown>): Readonly<Record<string, unknown>> {
  return hasMembers(value) ? { key, timestamp, ...value } : { key, timestamp, value }
}

function hasMembers(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || value instanceof Date) return false
  return !(value instanceof Map || value instanceof Set || ArrayBuffer.isView(value))
}

/** Makes the file with its first line if it is not there: in one step, so that of several tasks that begin at once one does it. */
async function begin(file: string, head: Uint8Array): Promise<void> {
  const whole = `${file}.${randomUUID()}`
  await writeFile(whole, head, { flag: 'wx' })
  try {
    await link(whole, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await unlink(whole)
  }
}

interface Writing<K, V> {
  lineOf(record: StreamRecord<K, V>): string
  encode(text: string): Promise<Uint8Array>
  readonly bufferedMax: number
}

class FileWriter<K, V> implements SinkWriter<K, V> {
  private readonly handle: FileHandle
  private readonly writing: Writing<K, V>
  private lines: string[] = []
  private buffered = 0

  constructor(handle: FileHandle, writing: Writing<K, V>) {
    this.handle = handle
    this.writing = writing
  }

  get full(): boolean {
    return this.buffered > this.writing.bufferedMax
  }

  write(record: StreamRecord<K, V>): void {
    const line = this.writing.lineOf(record)
    this.lines.push(line)
    this.buffered += line.length
  }

  async flush(): Promise<void> {
    if (this.lines.length === 0) return
    const { lines } = this
    this.lines = []
    this.buffered = 0
    for (let start = 0; start < lines.length; start += linesAtOnce) await this.append(lines.slice(start, start + linesAtOnce))
    await this.handle.datasync()
  }

  async close(): Promise<void> {
    await this.handle.close()
  }

  /** One write of the operating system, so that no other task's lines come between; it writes less than it was given only where the disk is full. */
  private async append(lines: readonly string[]): Promise<void> {
    const bytes = await this.writing.encode(lines.join(''))
    let written = 0
    while (written < bytes.length) written += (await this.handle.write(bytes, written)).bytesWritten
  }
}
