// Windows as plain values. What is wrong with one is said where it is used, by windowedBy().

import type { Closing, JoinWindow, SessionWindow, SlidingWindow, TimeWindow, UnlimitedWindow, WindowTiming } from '../graph/window-spec.ts'
import { type Duration, durationMs } from './duration.ts'

/** What closes windows besides stream time; made by `idle`, or a word. */
export type Closes = Closing | 'eventTime' | 'wallClock' | 'endOfInput'

export interface ClosingOptions {
  /**
   * When a window is closed, so that its result is final, and records that would still belong to it are late. `eventTime`: when stream time has passed its end and
   * grace, as in Kafka Streams. `idle('30s')`: then, or when no record, not even a late one, has come to its partition for so long by the
   * clock on the wall. `wallClock`: then, or when the clock on the wall has passed its end and grace; for timestamps of now, for of a backlog all windows have
   * passed. `endOfInput`: only when a bounded input ends, so that no record is ever late. Default: `eventTime`.
   */
  readonly closes?: Closes
}

export interface TimeWindowOptions extends ClosingOptions {
  /** How long a window takes records after its end, by stream time. Default: 0, so a record that comes after its window's end is dropped. */
  readonly grace?: Duration
}

/** Of windows that can be cut by the clock. */
export interface ClockWindowOptions extends TimeWindowOptions {
  /**
   * By what time a record belongs to windows: its timestamp, or the clock on the wall when it is taken. Of the latter, windows are closed by that clock, and
   * records that are taken again after a crash belong to other windows than before. Default: `event`.
   */
  readonly time?: 'event' | 'processing'
}

export interface AlignedWindowOptions extends ClockWindowOptions {
  /**
   * How far the windows' starts are moved from 1970-01-01T00:00Z: with `'15m'` hours begin at a quarter past. None begins before 1970; records before the first one
   * are dropped, and counted as `before-first-window`. Default: 0.
   */
  readonly offset?: Duration
}

/**
 * For the `closes` of a window: it is closed also when no record has come to its partition for so long, by the clock on the wall. That it was is written to the
 * changelog, so that a restart does not take it back; sliding windows that reach beyond the last record stay open.
 *
 * @example
 * ```ts
 * import { idle, topology, tumbling } from 'millrace'
 *
 * export default topology('alarms-by-minute', (builder) => {
 *   const alarms = builder.stream<string, string>('alarms').groupByKey()
 *   alarms.windowedBy(tumbling('1m', { closes: idle('5s') }), { emit: 'final' }).count().toStream().to('alarms-by-minute')
 * })
 * ```
 */
export function idle(duration: Duration): Closing {
  return { kind: 'idle', idleMs: durationMs(duration) }
}

export function timing({ closes, time }: ClockWindowOptions): WindowTiming {
  const closing = typeof closes === 'object' ? closes : closes === undefined || closes === 'eventTime' ? undefined : { kind: closes }
  return { ...(closing === undefined ? {} : { closes: closing }), ...(time === 'processing' ? { time } : {}) }
}

function aligned({ offset, ...options }: AlignedWindowOptions): WindowTiming & { readonly offsetMs?: number } {
  return { ...timing(options), ...(offset === undefined ? {} : { offsetMs: durationMs(offset) }) }
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
export function tumbling(size: Duration, options: AlignedWindowOptions = {}): TimeWindow {
  const sizeMs = durationMs(size)
  return { kind: 'time', sizeMs, advanceMs: sizeMs, graceMs: durationMs(options.grace ?? 0), ...aligned(options) }
}

export interface HoppingWindowOptions extends AlignedWindowOptions {
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
  return { kind: 'time', sizeMs: durationMs(size), advanceMs: durationMs(advance), graceMs: durationMs(grace), ...aligned(options) }
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
  return { kind: 'sliding', differenceMs: durationMs(difference), graceMs: durationMs(options.grace ?? 0), ...timing(options) }
}

/**
 * Sessions of activity: records of a key that follow each other within `gap` are one session, from the first one's time to the last one's, both
 * inclusive. A record between two sessions may make one of them. A session takes records until stream time has passed its end by more than the gap and the grace. With
 * `naming: 'kafka-streams'` it is the JVM's store that decides: without a record cache it hides a session in the last millisecond of that, and a record of its time takes
 * its place; with a longer retention it shows closed ones, which a record may join to an open one.
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
export function session(gap: Duration, options: ClockWindowOptions = {}): SessionWindow {
  return { kind: 'session', gapMs: durationMs(gap), graceMs: durationMs(options.grace ?? 0), ...timing(options) }
}

export interface SessionByOptions extends ClockWindowOptions {
  /** The longest gap: sessions are kept so long. A longer one of a record is cut to it. */
  readonly gapMax: Duration
}

/**
 * Sessions with a gap of its own behind each record: a session lasts until its records' times and gaps are over, and a record that comes within it, or whose own
 * gap reaches it, belongs to it. The end of such a session has the gap in it: it is when the session would end if nothing came any more, and the
 * timestamp of its result.
 *
 * Flink: `EventTimeSessionWindows.withDynamicGap`.
 *
 * @example
 * ```ts
 * import { sessionBy, topology } from 'millrace'
 *
 * export default topology('visits', (builder) => {
 *   const pages = builder.stream<string, { page: string; minutes: number }>('pages-by-visitor').groupByKey()
 *   const visits = pages.windowedBy(sessionBy((page: { minutes: number }) => page.minutes * 60_000, { gapMax: '2h' }))
 *   visits.count().toStream().to('visits')
 * })
 * ```
 */
export function sessionBy<V, K = unknown>(gap: (value: V, key: K) => Duration, options: SessionByOptions): SessionWindow {
  const gapMs = durationMs(options.gapMax)
  const gapOf = (value: unknown, key: unknown) => Math.min(gapMs, Math.max(0, durationMs(gap(value as V, key as K))))
  return { kind: 'session', gapMs, gapOf, graceMs: durationMs(options.grace ?? 0), ...timing(options) }
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
