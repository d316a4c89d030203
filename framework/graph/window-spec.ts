// Windows as plain values, made by tumbling(), hopping() … of the dsl. Times in milliseconds.

export type AggregationWindow = TimeWindow | UnlimitedWindow

/**
 * What closes a window besides stream time, which always does: that nothing has come for a while, or that the clock on the wall has passed its end. Or
 * nothing but the end of the input.
 */
export type Closing = { readonly kind: 'idle'; readonly idleMs: number } | { readonly kind: 'wallClock' } | { readonly kind: 'endOfInput' }

/** By what time records belong to windows, and what closes them; both undefined: by their timestamps, and by stream time, as in Kafka Streams. */
export interface WindowTiming {
  readonly closes?: Closing
  /** By the clock on the wall when a record is taken. */
  readonly time?: 'processing'
}

export interface Calendar {
  readonly unit: 'day' | 'week' | 'month'
  readonly timeZone: string
  /** Of the window that holds a time. */
  startOf(timeMs: number): number
  endOf(timeMs: number): number
}

/** A tumbling window is a hopping one that advances by its size. */
export interface TimeWindow extends WindowTiming {
  readonly kind: 'time'
  /** Windows of the calendar of a place, whose sizes differ: `sizeMs` is that of the longest. */
  readonly calendar?: Calendar
  /** How long after 1970-01-01T00:00Z a window begins; others begin as many advances before and behind it. Default: 0. */
  readonly offsetMs?: number
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
}

/** One window, from a time on, without an end. */
export interface UnlimitedWindow {
  readonly kind: 'unlimited'
  readonly startMs: number
}

/** Windows around each record: two records of a key are in one window if they are at most this far apart. Both ends are inclusive. */
export interface SlidingWindow extends WindowTiming {
  readonly kind: 'sliding'
  readonly differenceMs: number
  readonly graceMs: number
}

/** Windows of activity: a session of a key ends when nothing has come for longer than the gap. Both ends are inclusive. */
export interface SessionWindow extends WindowTiming {
  readonly kind: 'session'
  /** The gap behind each record, not more than `gapMs`. The end of such a session has the gap in it. undefined: it is always `gapMs`. */
  readonly gapOf?: (value: unknown, key: unknown) => number
  readonly gapMs: number
  readonly graceMs: number
}

/** A right record joins a left one if left - before <= right <= left + after, by timestamp. */
export interface JoinWindow {
  readonly kind: 'join'
  readonly beforeMs: number
  readonly afterMs: number
  readonly graceMs: number
}

/** Windows of n records of a key: tumbling if the step equals the size. */
export interface CountWindow {
  readonly kind: 'count'
  readonly size: number
  readonly step: number
  /** The first windows begin before the first record, so that there is one to send after each step. */
  readonly partial?: true
  /** A window ends so long after its first record, full or not. Only of tumbling ones. */
  readonly orAfter?: { readonly ms: number; readonly by: 'eventTime' | 'wallClock' }
  /** What is in windows when the input ends is sent. */
  readonly sendsAtEnd?: true
}

/** One window for each key, whose trigger says when its result is sent. */
export interface GlobalWindow {
  readonly kind: 'global'
  readonly trigger: Trigger<unknown>
}

/**
 * When the result of a global window is sent, and when the window begins anew. Its functions must be pure: what it knows is its state, which is JSON and lies in
 * the store.
 *
 * @example
 * ```ts
 * import { count, globalWindow, type Trigger, topology } from 'millrace'
 *
 * // Sends at the first record, and then at each one that comes an hour or more after the last that was sent.
 * const sparse: Trigger<number | null> = {
 *   name: 'sparse',
 *   by: 'eventTime',
 *   initial: null,
 *   onRecord: (lastMs, { timeMs }) => (lastMs === null || timeMs >= lastMs + 3_600_000 ? { state: timeMs, fire: true } : { state: lastMs }),
 * }
 *
 * export default topology('visits', (builder) => {
 *   builder.stream<string, string>('visits').groupByKey().windowedBy(globalWindow(sparse)).count().to('visits-so-far')
 * })
 * ```
 */
export interface Trigger<S> {
  /** What the manifest shows. */
  readonly name: string
  /** The scale of its times: the stream time of the operator, or the clock on the wall. */
  readonly by: 'eventTime' | 'wallClock'
  readonly initial: S
  /** What follows from a record, which the aggregate holds already. */
  onRecord(state: S, event: TriggerEvent): TriggerDecision<S>
  /** What follows when the timer is due; the time is the present one. It is not set any more then. */
  onTimer?(state: S, timeMs: number): TriggerDecision<S>
}

export interface TriggerEvent {
  readonly key: unknown
  readonly value: unknown
  readonly timestamp: number
  /** Now, by the scale of the trigger. */
  readonly timeMs: number
  /** How many records the window holds. */
  readonly records: number
  /** When the timer of the key is due; null: it has none. */
  readonly timerMs: number | null
}

export interface TriggerDecision<S> {
  readonly state: S
  /** Send the result. Default: false. */
  readonly fire?: boolean
  /** Begin anew with the next record. Default: false. */
  readonly purge?: boolean
  /** Set the timer of the key to this time; null: there is none any more. Default: it stays. */
  readonly timerMs?: number | null
}

/** The key of a windowed result. */
export interface Windowed<K> {
  readonly key: K
  readonly start: number
  /** Infinity of unlimited windows. */
  readonly end: number
}
