// A file as a bounded source: which records its rows are, where reading goes on, and how far it has come.

import { type Duration, durationMs, type Source, type SourceContext, type SourceReader, type SourceRecord } from '../../framework/index.ts'
import { type FileForm, FileRows } from './file-rows.ts'

/** What a row says of its record. */
export type RowRecord<K, V> = Pick<SourceRecord<K, V>, 'key' | 'value' | 'timestamp' | 'headers'>

/** A row of a CSV file: its cells by the names in the first line, each a text. */
export type CsvRow = Readonly<Record<string, string>>

interface FileOptions {
  /** Default: gzip if the name ends in `.gz`. */
  readonly compression?: 'gzip' | 'none'
  /** How often the log is told how far a long file is read; `'none'` for never. Default: 10 s. */
  readonly progressEvery?: Duration | 'none'
}

export interface JsonLinesFileOptions<K, V> extends FileOptions {
  readonly format?: 'json-lines'
  /**
   * Makes a record of a line. Default: the line is `{"key": …, "value": …, "timestamp": …}`, as `millrace consume` prints, key and value are as they stand there,
   * and nothing is checked: give a function for lines that others write.
   */
  parse?(line: unknown): RowRecord<K, V>
}

export interface CsvFileOptions<K, V> extends FileOptions {
  readonly format: 'csv'
  /** Between two cells. Default: a comma, and a tab if the name ends in `.tsv`. */
  readonly delimiter?: string
  /** Makes a record of a row. Default: the row is the value, and the key is null. */
  parse?(row: CsvRow): RowRecord<K, V>
}

/** Records given at once. */
const recordsMax = 1_000
const progressEveryDefault = '10s'

/**
 * A bounded source: the rows of a file, in order. Lines of JSON (the default; empty ones are left out) or CSV with names in its first line; gzip-compressed, too, in
 * one piece or several. One task reads it, its position is the number of rows, and a file that has grown is read on from where the last run stopped. A
 * row that is no record ends the app, with the row's number. `file` is found from the folder in which the app runs.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { fromFile } from 'millrace/plugins/files'
 *
 * const prices = fromFile<string, number>('stocks.csv.gz', {
 *   format: 'csv',
 *   parse: ({ symbol = '', date = '', price }) => ({ key: symbol, value: Number(price), timestamp: Date.parse(date) }),
 * })
 *
 * export default topology('prices', (builder) => {
 *   builder.fromSource(prices).to('prices')
 * })
 * ```
 */
export function fromFile<K = null, V = CsvRow>(file: string, options: CsvFileOptions<K, V>): Source<K, V>
export function fromFile<K, V>(file: string, options?: JsonLinesFileOptions<K, V>): Source<K, V>
export function fromFile<K, V>(file: string, options: JsonLinesFileOptions<K, V> | CsvFileOptions<K, V> = {}): Source<K, V> {
  const plainName = file.replace(/\.gz$/, '')
  if (options.format === undefined && /\.[ct]sv$/.test(plainName))
    throw new Error(`${file} is no file of JSON lines by its name: say format: 'csv'`)
  const form: FileForm = {
    file,
    format: options.format ?? 'json-lines',
    gzip: options.compression === undefined ? plainName !== file : options.compression === 'gzip',
    delimiter: (options.format === 'csv' ? options.delimiter : undefined) ?? (plainName.endsWith('.tsv') ? '\t' : ','),
  }
  const { progressEvery = progressEveryDefault } = options
  const progressMs = progressEvery === 'none' ? Infinity : durationMs(progressEvery)
  const recordOf = options.format === 'csv' ? ofCsv(options.parse) : ofLine(options.parse)
  return {
    name: form.format,
    bounded: true,
    open: async (context) => new FileReader(form, recordOf, progressMs, context, await FileRows.open(form)),
  }
}

type RecordOf<K, V> = (row: unknown) => RowRecord<K, V> | undefined

class FileReader<K, V> implements SourceReader<K, V> {
  private readonly form: FileForm
  private readonly recordOf: RecordOf<K, V>
  private readonly progressMs: number
  private readonly context: SourceContext
  private readonly rows: FileRows
  private rowNumber = 0
  private toldMs: number

  constructor(form: FileForm, recordOf: RecordOf<K, V>, progressMs: number, context: SourceContext, rows: FileRows) {
    this.form = form
    this.recordOf = recordOf
    this.progressMs = progressMs
    this.context = context
    this.rows = rows
    this.toldMs = context.clock.monotonicMs()
  }

  async read(): Promise<readonly SourceRecord<K, V>[] | 'end'> {
    const records: SourceRecord<K, V>[] = []
    while (records.length < recordsMax) {
      const row = await this.nextRow()
      if (row === undefined) return records.length > 0 ? records : 'end'
      this.rowNumber++
      if (this.rowNumber % recordsMax === 0) this.tellProgress()
      if (this.rowNumber <= this.context.position) continue
      const record = this.parsed(row)
      if (record !== undefined) records.push({ ...record, position: this.rowNumber })
    }
    return records
  }

  async close(): Promise<void> {
    this.rows.close()
  }

  /** Of lines the number is that of the line; of CSV that of the row, since a cell may have lines. */
  private get place(): string {
    return `${this.form.format === 'csv' ? 'row' : 'line'} ${this.rowNumber} of ${this.form.file}`
  }

  private async nextRow(): Promise<unknown> {
    try {
      return await this.rows.next()
    } catch (error) {
      throw new Error(`behind ${this.place}: ${messageOf(error)}`, { cause: error })
    }
  }

  private parsed(row: unknown): RowRecord<K, V> | undefined {
    try {
      return this.recordOf(row)
    } catch (error) {
      throw new Error(`${this.place}: ${messageOf(error)}`, { cause: error })
    }
  }

  private tellProgress(): void {
    const { clock, logger } = this.context
    const nowMs = clock.monotonicMs()
    if (nowMs - this.toldMs < this.progressMs) return
    this.toldMs = nowMs
    const { readBytes, sizeBytes } = this.rows
    const percent = sizeBytes === 0 ? 100 : Math.floor((100 * readBytes) / sizeBytes)
    logger.log('info', `${percent} % of ${this.form.file} is read`, { file: this.form.file, rows: this.rowNumber, readBytes, sizeBytes })
  }
}

function ofLine<K, V>(parse: ((line: unknown) => RowRecord<K, V>) | undefined = asWritten): RecordOf<K, V> {
  return (line) => ((line as string).trim() === '' ? undefined : parse(JSON.parse(line as string)))
}

function ofCsv<K, V>(parse: ((row: CsvRow) => RowRecord<K, V>) | undefined): RecordOf<K, V> {
  return (row) => (parse === undefined ? { key: null as K, value: row as V } : parse(row as CsvRow))
}

function asWritten<K, V>(line: unknown): RowRecord<K, V> {
  if (typeof line !== 'object' || line === null || !('value' in line)) throw new Error('it is no record: write {"key": …, "value": …}')
  const { key = null, value, timestamp } = line as { key?: unknown; value: unknown; timestamp?: unknown }
  if (timestamp === undefined) return { key: key as K, value: value as V }
  if (typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp))
    throw new Error(`timestamp must be a whole number, not ${JSON.stringify(timestamp)}`)
  return { key: key as K, value: value as V, timestamp }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
