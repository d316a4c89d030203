// Windows as plain values, made by tumbling(), hopping() … of the dsl. Times in milliseconds.

export type AggregationWindow = TimeWindow

/** A tumbling window is a hopping one that advances by its size. */
export interface TimeWindow {
  readonly kind: 'time'
  readonly sizeMs: number
  readonly advanceMs: number
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
  readonly end: number
}
