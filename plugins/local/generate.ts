// Records that a function makes, so many a second: for demos, tests of load, and to begin with.

import type { Source, SourceContext, SourceReader, SourceRecord, Timer } from '../../framework/index.ts'

export interface GenerateOptions {
  /** Records a second, by the clock of the app. Default: as fast as they are taken. */
  readonly rate?: number
  /** How many there are; then the source ends. Default: without an end. */
  readonly count?: number
  /** Timestamp of the first record, in milliseconds since 1970; those behind it follow as the rate has it, so the timestamps are the same in each run. Default: when a record is read. */
  readonly startMs?: number
}

export type GeneratedRecord<K, V> = Pick<SourceRecord<K, V>, 'key' | 'value' | 'timestamp' | 'headers'>

/** Records given at once. */
const recordsMax = 1_000

/**
 * A source of records that are made by a function of their index, 0 for the first. The function has to give the same for an index whenever it is asked: after
 * a restart the source goes on behind the last index that was committed, at the rate, without making up for the time between.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { generate } from 'millrace/plugins/local'
 *
 * const ticks = generate((index) => ({ key: `sensor-${index % 3}`, value: 20 + (index % 7) }), { rate: 10 })
 *
 * export default topology('ticks', (builder) => {
 *   builder.fromSource(ticks).print({ as: 'table' })
 * })
 * ```
 */
export function generate<K, V>(record: (index: number) => GeneratedRecord<K, V>, options: GenerateOptions = {}): Source<K, V> {
  const { rate = Infinity, count = Infinity, startMs } = options
  if (!(rate > 0)) throw new Error(`generate: rate must be more than 0 records a second, not ${rate}`)
  if (!(count >= 0)) throw new Error(`generate: count must be a number of records, not ${count}`)
  const timestampOf = startMs === undefined ? undefined : (index: number) => startMs + Math.floor((index * 1000) / rate)
  const make = (index: number): SourceRecord<K, V> => {
    const timestamp = timestampOf?.(index)
    return { ...(timestamp === undefined ? {} : { timestamp }), ...record(index), position: index + 1 }
  }
  return {
    name: 'generate',
    bounded: count !== Infinity,
    open: async (context) => new GeneratedReader(make, { rate, count }, context),
  }
}

class GeneratedReader<K, V> implements SourceReader<K, V> {
  private readonly make: (index: number) => SourceRecord<K, V>
  private readonly rate: number
  private readonly count: number
  private readonly context: SourceContext
  private readonly openedMs: number
  private next: number
  private closed = false
  private timer: Timer | undefined
  private wake: (() => void) | undefined

  constructor(make: (index: number) => SourceRecord<K, V>, { rate, count }: { rate: number; count: number }, context: SourceContext) {
    this.make = make
    this.rate = rate
    this.count = count
    this.context = context
    this.openedMs = context.clock.monotonicMs()
    this.next = context.position
  }

  async read(): Promise<readonly SourceRecord<K, V>[] | 'end'> {
    if (this.next >= this.count) return 'end'
    await this.until(this.next)
    const records: SourceRecord<K, V>[] = []
    while (!this.closed && records.length < recordsMax && this.next < this.count && this.dueInMs(this.next) <= 0)
      records.push(this.make(this.next++))
    return this.closed ? 'end' : records
  }

  async close(): Promise<void> {
    this.closed = true
    this.timer?.cancel()
    this.wake?.()
  }

  private dueInMs(index: number): number {
    return this.openedMs + ((index - this.context.position) * 1000) / this.rate - this.context.clock.monotonicMs()
  }

  /** Waits until a record is due; a clock of whole milliseconds may wake it a little early. */
  private async until(index: number): Promise<void> {
    for (let dueInMs = this.dueInMs(index); dueInMs > 0 && !this.closed; dueInMs = this.dueInMs(index)) {
      await new Promise<void>((woken) => {
        this.wake = woken
        this.timer = this.context.clock.after(Math.ceil(dueInMs), woken)
      })
    }
  }
}
