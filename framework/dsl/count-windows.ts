// Windows of so many records of a key, as plain values. What is wrong with one is said where it is used, by windowedBy().

import type { CountWindow } from '../graph/window-spec.ts'
import { type Duration, durationMs } from './duration.ts'

export interface CountWindowOptions {
  /** What happens to windows that are not full when a bounded input ends: they stay in the store, for more to come, or are sent. Default: `keep`. */
  readonly atEnd?: 'keep' | 'send'
}

export interface TumblingCountOptions extends CountWindowOptions {
  /** A window ends so long after its first record, if it is not full before; the next one begins with the next record. Default: only when it is full. */
  readonly orAfter?: Duration
  /**
   * By what `orAfter` is measured: the stream time of the operator, so that the same input gives the same windows; or the clock on the wall, which goes on when
   * nothing comes. When a window is to end lies in the changelog, so a restart does not begin anew. Default: `eventTime`.
   */
  readonly by?: 'eventTime' | 'wallClock'
}

/**
 * Windows of `size` records of a key, one after the other. A window's result is sent once, when its last record has come; its start and end are the
 * numbers of its first record and of the one after its last, counted from 0 for each key. Time plays no part, unless `orAfter` says so.
 *
 * Flink: `countWindow(size)`. Quix Streams: `tumbling_count_window`.
 *
 * @example
 * ```ts
 * import { collect, topology, tumblingCount } from 'millrace'
 *
 * export default topology('batches', (builder) => {
 *   const readings = builder.stream<string, number>('readings').groupByKey()
 *   readings.windowedBy(tumblingCount(100, { orAfter: '30s', by: 'wallClock' })).aggregate({ values: collect((value) => value) }).to('batches')
 * })
 * ```
 */
export function tumblingCount(size: number, { orAfter, by = 'eventTime', atEnd }: TumblingCountOptions = {}): CountWindow {
  return {
    kind: 'count',
    size,
    step: size,
    ...(orAfter === undefined ? {} : { orAfter: { ms: durationMs(orAfter), by } }),
    ...(atEnd === 'send' ? { sendsAtEnd: true } : {}),
  }
}

export interface SlidingCountOptions extends CountWindowOptions {
  /** How many records one window begins behind the one before: from 1 to the size. */
  readonly step: number
  /**
   * `false`: the first window begins with the first record, and is sent when it is full, as by Quix Streams' `hopping_count_window`. `true`: there is one to
   * send after each `step` records, of the last `size`, the first ones with fewer, as by Flink's `countWindow(size, slide)`. Default: `false`.
   */
  readonly partial?: boolean
}

/**
 * Windows of `size` records of a key that begin every `step` records; otherwise as `tumblingCount`.
 *
 * @example
 * ```ts
 * import { max, slidingCount, topology } from 'millrace'
 *
 * export default topology('peaks', (builder) => {
 *   const readings = builder.stream<string, number>('readings')
 *   readings.groupByKey().windowedBy(slidingCount(10, { step: 1 })).aggregate({ peak: max((value) => value) }).to('peaks')
 * })
 * ```
 */
export function slidingCount(size: number, { step, partial, atEnd }: SlidingCountOptions): CountWindow {
  return {
    kind: 'count',
    size,
    step,
    ...(partial === true ? { partial } : {}),
    ...(atEnd === 'send' ? { sendsAtEnd: true } : {}),
  }
}
