// Windows as plain values, made by tumbling(), hopping() … of the dsl. Times in milliseconds.

export type AggregationWindow = TimeWindow | UnlimitedWindow

/** A tumbling window is a hopping one that advances by its size. */
export interface TimeWindow {
  readonly kind: 'time'
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
export interface SlidingWindow {
  readonly kind: 'sliding'
  readonly differenceMs: number
  readonly graceMs: number
}

/** Windows of activity: a session of a key ends when nothing has come for longer than the gap. Both ends are inclusive. */
export interface SessionWindow {
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
}

/** The key of a windowed result. */
export interface Windowed<K> {
  readonly key: K
  readonly start: number
  /** Infinity of unlimited windows. */
  readonly end: number
}
