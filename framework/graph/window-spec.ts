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

/** A tumbling window is a hopping one that advances by its size. */
export interface TimeWindow extends WindowTiming {
  readonly kind: 'time'
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

/** The key of a windowed result. */
export interface Windowed<K> {
  readonly key: K
  readonly start: number
  /** Infinity of unlimited windows. */
  readonly end: number
}
