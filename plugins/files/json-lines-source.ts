// A file with a record as JSON in each line, read as a source: its position is the number of lines that were read.

import { createReadStream, type ReadStream } from 'node:fs'
import { createInterface, type Interface } from 'node:readline'
import type { Source, SourceContext, SourceReader, SourceRecord } from '../../framework/index.ts'

export interface JsonLinesSourceOptions<K, V> {
  /** From the folder in which the app runs. */
  readonly file: string
  /**
   * Makes a record of a line. Default: the line is `{"key": …, "value": …, "timestamp": …}`, as `millrace consume` prints, key and value are as they stand there,
   * and nothing is checked: give a function for lines that others write.
   */
  parse?(line: unknown): Pick<SourceRecord<K, V>, 'key' | 'value' | 'timestamp' | 'headers'>
}

/** Records given at once. */
const recordsMax = 1_000

/**
 * A bounded source: the lines of a file, each JSON; empty ones are left out. A file that has grown is read on from where the last run stopped.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { jsonLinesSource } from 'millrace/plugins/files'
 *
 * export default topology('load-flights', (builder) => {
 *   const flights = builder.fromSource(jsonLinesSource<string, { delay: number }>({ file: 'flights.jsonl' }))
 *   flights.to('flights')
 * })
 * ```
 */
export function jsonLinesSource<K, V>({ file, parse = asWritten }: JsonLinesSourceOptions<K, V>): Source<K, V> {
  return {
    name: 'json-lines',
    bounded: true,
    async open(context) {
      const stream = createReadStream(file)
      await new Promise<void>((opened, failed) => stream.once('open', () => opened()).once('error', failed))
      return new JsonLinesReader({ file, parse }, context, stream)
    },
  }
}

class JsonLinesReader<K, V> implements SourceReader<K, V> {
  private readonly options: Required<JsonLinesSourceOptions<K, V>>
  private readonly lines: Interface
  private readonly iterator: AsyncIterator<string>
  private readonly stream: ReadStream
  private readonly start: number
  private lineNumber = 0

  constructor(options: Required<JsonLinesSourceOptions<K, V>>, { position }: SourceContext, stream: ReadStream) {
    this.options = options
    this.start = position
    this.stream = stream
    this.lines = createInterface({ input: stream, crlfDelay: Infinity })
    this.iterator = this.lines[Symbol.asyncIterator]()
  }

  async read(): Promise<readonly SourceRecord<K, V>[] | 'end'> {
    const records: SourceRecord<K, V>[] = []
    while (records.length < recordsMax) {
      const { done, value: line } = await this.iterator.next()
      if (this.stream.errored !== null) throw this.stream.errored
      if (done === true) return records.length > 0 ? records : 'end'
      this.lineNumber++
      if (this.lineNumber > this.start && line.trim() !== '') records.push(this.recordOf(line))
    }
    return records
  }

  async close(): Promise<void> {
    this.lines.close()
    this.stream.destroy()
  }

  private recordOf(line: string): SourceRecord<K, V> {
    try {
      return { ...this.options.parse(JSON.parse(line)), position: this.lineNumber }
    } catch (error) {
      throw new Error(`line ${this.lineNumber} of ${this.options.file}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }
}

function asWritten<K, V>(line: unknown): Pick<SourceRecord<K, V>, 'key' | 'value' | 'timestamp'> {
  if (typeof line !== 'object' || line === null || !('value' in line)) throw new Error('it is no record: write {"key": …, "value": …}')
  const { key = null, value, timestamp } = line as { key?: unknown; value: unknown; timestamp?: unknown }
  if (timestamp === undefined) return { key: key as K, value: value as V }
  if (typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp))
    throw new Error(`timestamp must be a whole number, not ${JSON.stringify(timestamp)}`)
  return { key: key as K, value: value as V, timestamp }
}
