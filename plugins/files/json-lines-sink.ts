// A sink that appends records to a file, a line of JSON each. What a task was given goes to the file, and the file to the disk, before the task commits.

import { type FileHandle, open } from 'node:fs/promises'
import type { Sink, SinkWriter, StreamRecord } from '../../framework/index.ts'

export interface JsonLinesSinkOptions<K, V> {
  /** From the folder in which the app runs; made if it is not there. */
  readonly file: string
  /** What a line holds. Default: key, value and timestamp, as `millrace produce` reads them. */
  format?(record: StreamRecord<K, V>): unknown
  /** Characters that are kept in memory before a commit is asked for. Default: 8 MiB. */
  readonly bufferedMax?: number
}

const bufferedMaxDefault = 8 << 20
const linesAtOnce = 1_000

/**
 * Appends each record to a file, as a line of JSON. All tasks of an app on one machine may write to the same file: lines stay whole.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { jsonLinesSink } from 'millrace/plugins/files'
 *
 * export default topology('archive', (builder) => {
 *   const orders = builder.stream<string, { cents: number }>('orders')
 *   orders.sinkTo(jsonLinesSink({ file: 'orders.jsonl', format: ({ key, value }) => ({ customer: key, cents: value.cents }) }))
 * })
 * ```
 */
export function jsonLinesSink<K, V>({
  file,
  format = ({ key, value, timestamp }) => ({ key, value, timestamp }),
  bufferedMax = bufferedMaxDefault,
}: JsonLinesSinkOptions<K, V>): Sink<K, V> {
  return {
    name: 'json-lines',
    open: async () => new JsonLinesWriter(await open(file, 'a'), format, bufferedMax),
  }
}

class JsonLinesWriter<K, V> implements SinkWriter<K, V> {
  private readonly handle: FileHandle
  private readonly format: (record: StreamRecord<K, V>) => unknown
  private readonly bufferedMax: number
  private lines: string[] = []
  private buffered = 0

  constructor(handle: FileHandle, format: (record: StreamRecord<K, V>) => unknown, bufferedMax: number) {
    this.handle = handle
    this.format = format
    this.bufferedMax = bufferedMax
  }

  get full(): boolean {
    return this.buffered > this.bufferedMax
  }

  write(record: StreamRecord<K, V>): void {
    const line = `${JSON.stringify(this.format(record))}\n`
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
    const bytes = Buffer.from(lines.join(''))
    let written = 0
    while (written < bytes.length) written += (await this.handle.write(bytes, written)).bytesWritten
  }
}
