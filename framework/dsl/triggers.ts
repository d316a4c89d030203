// Triggers say when the result of a global window is sent, and when it begins anew. A trigger is a value with pure functions: what it knows of a key is its state,
// which lies in the store beside the aggregate, and the one timer that it may have set.

import type { GlobalWindow, Trigger, TriggerDecision } from '../graph/window-spec.ts'
import { type Duration, durationMs } from './duration.ts'

export interface TriggerTimeOptions {
  /** By the stream time of the operator, so that the same input gives the same results; or by the clock on the wall, which goes on when nothing comes. Default: `eventTime`. */
  readonly by?: 'eventTime' | 'wallClock'
}

/**
 * One window for each key, without an end: its trigger says when its result is sent, and, if it purges, when it begins anew. A result's key has the number of
 * its first record and the one after its last.
 *
 * Flink: `GlobalWindows.create()` with a `Trigger`.
 *
 * @example
 * ```ts
 * import { globalWindow, onIdle, purging, sum, topology } from 'millrace'
 *
 * export default topology('baskets', (builder) => {
 *   const items = builder.stream<string, { price: number }>('items').groupByKey()
 *   const baskets = items.windowedBy(globalWindow(purging(onIdle('10m', { by: 'wallClock' }))))
 *   baskets.aggregate({ total: sum((item) => item.price) }).to('baskets')
 * })
 * ```
 */
export function globalWindow<S>(trigger: Trigger<S>): GlobalWindow {
  return { kind: 'global', trigger: trigger as Trigger<unknown> }
}

/**
 * Sends the result after each `records` records of a key. Flink: `CountTrigger`.
 *
 * @example
 * ```ts
 * import { globalWindow, max, onCount, topology } from 'millrace'
 *
 * export default topology('records', (builder) => {
 *   const throws = builder.stream<string, number>('throws').groupByKey()
 *   throws.windowedBy(globalWindow(onCount(10))).aggregate({ record: max((metres) => metres) }).to('records')
 * })
 * ```
 */
export function onCount(records: number): Trigger<number> {
  return {
    name: `count(${records})`,
    by: 'eventTime',
    initial: 0,
    onRecord: (before) => (before + 1 >= records ? { state: 0, fire: true } : { state: before + 1 }),
  }
}

/**
 * Sends the result at each multiple of a duration since 1970-01-01T00:00Z, if a record has come since the last time. Flink: `ContinuousEventTimeTrigger`.
 *
 * @example
 * ```ts
 * import { count, globalWindow, onEvery, topology } from 'millrace'
 *
 * export default topology('clicks', (builder) => {
 *   builder.stream<string, string>('clicks').groupByKey().windowedBy(globalWindow(onEvery('1m'))).count().to('clicks-so-far')
 * })
 * ```
 */
export function onEvery(duration: Duration, { by = 'eventTime' }: TriggerTimeOptions = {}): Trigger<null> {
  const everyMs = durationMs(duration)
  return {
    name: `every(${everyMs}, ${by})`,
    by,
    initial: null,
    onRecord: (state, { timeMs, timerMs }) => ({ state, timerMs: timerMs ?? (Math.floor(timeMs / everyMs) + 1) * everyMs }),
    onTimer: (state) => ({ state, fire: true }),
  }
}

/**
 * Sends the result when no record of the key has come for a duration.
 *
 * @example
 * ```ts
 * import { globalWindow, last, onIdle, topology } from 'millrace'
 *
 * export default topology('resting-places', (builder) => {
 *   const positions = builder.stream<string, { x: number; y: number }>('positions').groupByKey()
 *   positions.windowedBy(globalWindow(onIdle('5m'))).aggregate({ at: last((position) => position) }).to('resting-places')
 * })
 * ```
 */
export function onIdle(duration: Duration, { by = 'eventTime' }: TriggerTimeOptions = {}): Trigger<null> {
  const idleMs = durationMs(duration)
  return {
    name: `idle(${idleMs}, ${by})`,
    by,
    initial: null,
    onRecord: (state, { timeMs }) => ({ state, timerMs: timeMs + idleMs }),
    onTimer: (state) => ({ state, fire: true }),
  }
}

/**
 * The same trigger, but with each result the window begins anew. Flink: `PurgingTrigger`.
 *
 * @example
 * ```ts
 * import { count, globalWindow, onEvery, purging, topology } from 'millrace'
 *
 * export default topology('clicks-by-minute', (builder) => {
 *   const clicks = builder.stream<string, string>('clicks').groupByKey()
 *   clicks.windowedBy(globalWindow(purging(onEvery('1m', { by: 'wallClock' })))).count().to('clicks-by-minute')
 * })
 * ```
 */
export function purging<S>(trigger: Trigger<S>): Trigger<S> {
  const purge = (decision: TriggerDecision<S>): TriggerDecision<S> => (decision.fire === true ? { ...decision, purge: true } : decision)
  const { onTimer } = trigger
  return {
    ...trigger,
    name: `purging(${trigger.name})`,
    onRecord: (state, event) => purge(trigger.onRecord(state, event)),
    ...(onTimer === undefined ? {} : { onTimer: (state: S, timeMs: number) => purge(onTimer(state, timeMs)) }),
  }
}
