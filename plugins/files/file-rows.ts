// The rows of a file, one after the other, however it is written: lines of JSON or CSV, gzip-compressed or not. A position is the number of rows that were read, so
// a file that has grown is read on from where the last run stopped.

import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface, type Interface } from 'node:readline'
import { type Duplex, pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { parse as parseCsv } from 'csv-parse'

export interface FileForm {
  readonly file: string
  readonly format: 'json-lines' | 'csv'
  readonly gzip: boolean
  /** What stands between two cells of CSV. */
  readonly delimiter: string
}

export class FileRows {
  /** Of the file, compressed as it is. */
  readonly sizeBytes: number
  private readonly bytes: ReturnType<typeof createReadStream>
  private readonly iterator: AsyncIterator<unknown>
  private readonly lines: Interface | undefined
  private failure: Error | undefined
  private closed = false

  private constructor(form: FileForm, bytes: ReturnType<typeof createReadStream>, sizeBytes: number) {
    this.bytes = bytes
    this.sizeBytes = sizeBytes
    const steps: Duplex[] = []
    if (form.gzip) steps.push(createGunzip())
    // A row is an object by the names of the first line, which may begin with a byte order mark; quoted cells may go over several lines.
    if (form.format === 'csv') steps.push(parseCsv({ columns: true, bom: true, skip_empty_lines: true, delimiter: form.delimiter }))
    const last: Readable = steps.at(-1) ?? bytes
    if (steps.length > 0) pipeline([bytes, ...steps], (error) => this.fail(error))
    else bytes.once('error', (error) => this.fail(error))
    if (form.format === 'csv') this.iterator = last[Symbol.asyncIterator]()
    else {
      this.lines = createInterface({ input: last, crlfDelay: Infinity })
      this.iterator = this.lines[Symbol.asyncIterator]()
    }
  }

  /** Rejects if the file is not there or cannot be read. */
  static async open(form: FileForm): Promise<FileRows> {
    const bytes = createReadStream(form.file)
    await new Promise<void>((opened, failed) => bytes.once('open', () => opened()).once('error', failed))
    return new FileRows(form, bytes, (await stat(form.file)).size)
  }

  /** How much of the file was taken up; what was read ahead counts. */
  get readBytes(): number {
    return this.bytes.bytesRead
  }

  /** The next row: the text of a line, or an object of texts; undefined at the end. Rejects where the file is broken. */
  async next(): Promise<unknown> {
    const { done, value } = await this.iterator.next().catch((error: unknown) => {
      throw this.failure ?? error
    })
    if (done !== true) return value
    if (this.failure !== undefined) throw this.failure
    return undefined
  }

  close(): void {
    this.closed = true
    this.lines?.close()
    this.bytes.destroy()
  }

  private fail(error: Error | null | undefined): void {
    if (error !== null && error !== undefined && !this.closed) this.failure ??= error
  }
}
