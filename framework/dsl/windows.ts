// Windows as plain values. What is wrong with one is said where it is used, by windowedBy().

import type { CountWindow, JoinWindow, SessionWindow, SlidingWindow, TimeWindow, UnlimitedWindow } from '../graph/window-spec.ts'
import { type Duration, durationMs } from './duration.ts'

export interface TimeWindowOptions {
  /** How long a window takes records after its end, by stream time. Default: 0, so a record that comes after its window's end is dropped. */
  readonly grace?: Duration
}

/**
 * Windows of one size, one after the other, aligned to 1970-01-01T00:00Z: a record belongs to exactly one. The start is inclusive, the end is not.
 *
 * Kafka Streams: `TimeWindows.ofSizeAndGrace`.
 *
 * @example
 * ```ts
 * import { topology, tumbling } from 'millrace'
 *
 * export default topology('clicks-by-minute', (builder) => {
 *   const clicks = builder.stream<string, string>('clicks')
 *   clicks.groupByKey().windowedBy(tumbling('1m', { grace: '10s' })).count().toStream().to('clicks-by-minute')
 * })
 * ```
 */
export function tumbling(size: Duration, options: TimeWindowOptions = {}): TimeWindow {
  const sizeMs = durationMs(size)
  return { kind: 'time', sizeMs, advanceMs: sizeMs, graceMs: durationMs(options.grace ?? 0) }
}

export interface HoppingWindowOptions extends TimeWindowOptions {
  /** How far one window's start is from the next one's: more than 0, at most the size. */
  readonly advance: Duration
}

/**
 * Windows of one size that begin every `advance`: a record belongs to each window that spans its time.
 *
 * Kafka Streams: `TimeWindows.ofSizeAndGrace(…).advanceBy(…)`.
 *
 * @example
 * ```ts
 * import { hopping, topology } from 'millrace'
 *
 * export default topology('load', (builder) => {
 *   const requests = builder.stream<string, string>('requests')
 *   requests.groupByKey().windowedBy(hopping('5m', { advance: '1m' })).count().toStream().to('load')
 * })
 * ```
 */
export function hopping(size: Duration, options: HoppingWindowOptions): TimeWindow {
  const { advance, grace = 0 } = options
  return { kind: 'time', sizeMs: durationMs(size), advanceMs: durationMs(advance), graceMs: durationMs(grace) }
}

/**
 * Windows around each record: for every set of records of a key that are at most `difference` apart there is a window, which begins or ends with one of
 * them. Both ends are inclusive.
 *
 * Kafka Streams: `SlidingWindows.ofTimeDifferenceAndGrace` (KIP-450).
 *
 * @example
 * ```ts
 * import { sliding, topology } from 'millrace'
 *
 * export default topology('attempts', (builder) => {
 *   const logins = builder.stream<string, string>('failed-logins')
 *   logins.groupByKey().windowedBy(sliding('1m', { grace: '10s' })).count().toStream().to('attempts')
 * })
 * ```
 */
export function sliding(difference: Duration, options: TimeWindowOptions = {}): SlidingWindow {
  return { kind: 'sliding', differenceMs: durationMs(difference), graceMs: durationMs(options.grace ?? 0) }
}

/**
 * Sessions of activity: records of a key that follow each other within `gap` are one session, from the first one's time to the last one's, both
 * inclusive. A record between two sessions may make one of them.
 *
 * Kafka Streams: `SessionWindows.ofInactivityGapAndGrace` (KIP-94).
 *
 * @example
 * ```ts
 * import { session, topology } from 'millrace'
 *
 * export default topology('visits', (builder) => {
 *   const pages = builder.stream<string, string>('pages-by-visitor')
 *   pages.groupByKey().windowedBy(session('30m')).count().toStream().to('visits')
 * })
 * ```
 */
export function session(gap: Duration, options: TimeWindowOptions = {}): SessionWindow {
  return { kind: 'session', gapMs: durationMs(gap), graceMs: durationMs(options.grace ?? 0) }
}

/**
 * Windows of `size` records of a key, one after the other. A window's result is sent once, when its last record has come; its start and end are the
 * numbers of its first record and of the one after its last, counted from 0 for each key. Time plays no part.
 *
 * @example
 * ```ts
 * import { mean, topology, tumblingCount } from 'millrace'
 *
 * export default topology('averages', (builder) => {
 *   const readings = builder.stream<string, number>('readings')
 *   readings.groupByKey().windowedBy(tumblingCount(10)).aggregate({ average: mean((value) => value) }).to('averages')
 * })
 * ```
 */
export function tumblingCount(size: number): CountWindow {
  return { kind: 'count', size, step: size }
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
export function slidingCount(size: number, options: { readonly step: number }): CountWindow {
  return { kind: 'count', size, step: options.step }
}

export interface UnlimitedWindowOptions {
  /** Since 1970-01-01T00:00Z. Records before it are in no window. Default: 0. */
  readonly start?: Duration
}

/**
 * One window without an end: it never closes, and its result has the key `{ key, start, end: Infinity }`.
 *
 * Kafka Streams: `UnlimitedWindows`.
 *
 * @example
 * ```ts
 * import { topology, unlimited } from 'millrace'
 *
 * export default topology('since-the-start', (builder) => {
 *   const clicks = builder.stream<string, string>('clicks')
 *   clicks.groupByKey().windowedBy(unlimited()).count().toStream((_count, { key }) => key).to('clicks-ever')
 * })
 * ```
 */
export function unlimited(options: UnlimitedWindowOptions = {}): UnlimitedWindow {
  return { kind: 'unlimited', startMs: durationMs(options.start ?? 0) }
}

export interface JoinWindowOptions {
  /** How much earlier than a left record a right one may be, if not `difference`; less than 0: it must be later. */
  readonly before?: Duration
  /** How much later than a left record a right one may be, if not `difference`. */
  readonly after?: Duration
  /** How long, by stream time, unmatched records of left and outer joins wait for late ones. Default: 0. */
  readonly grace?: Duration
}

/**
 * How far apart in time two records may be that are to be joined.
 *
 * Kafka Streams: `JoinWindows.ofTimeDifferenceAndGrace`.
 *
 * @example
 * ```ts
 * import { topology, within } from 'millrace'
 *
 * export default topology('clicked', (builder) => {
 *   const shown = builder.stream<string, string>('shown')
 *   const clicks = builder.stream<string, string>('clicks')
 *   shown.leftJoin(clicks, (ad, click) => ({ ad, clicked: click !== null }), within('10m', { before: 0 })).to('clicked')
 * })
 * ```
 */
export function within(difference: Duration, options: JoinWindowOptions = {}): JoinWindow {
  const { before = difference, after = difference, grace = 0 } = options
  return { kind: 'join', beforeMs: durationMs(before), afterMs: durationMs(after), graceMs: durationMs(grace) }
}
