// The state of process() by key, as data and as users see it: what a processor declares (value, list, map …), what it becomes in the graph, and the faces that
// its functions are handed. Each state is a key-value store; those with several entries a key have keys composed of both (serdes/entry.ts).

import type { StreamRecord, Timestamp } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { Aggregation, TableView } from './operator-spec.ts'

/** By which clock something is due: `eventTime` is the highest timestamp that has reached the processor, `processingTime` the wall clock. */
export type TimeDomain = 'eventTime' | 'processingTime'

export interface TimeToLive {
  readonly afterMs: number
  readonly by: TimeDomain
}

/** When the rows of a store are due, for its index by time (state/due-index.ts). */
export type DueSpec =
  /** Each row so long after it was written. */
  | ({ readonly kind: 'ttl' } & TimeToLive)
  /** Each row at the time that is its value, by the clock of the timer that its key names. */
  | { readonly kind: 'timer'; readonly domains: Readonly<Record<string, TimeDomain>> }

interface Kept {
  readonly store: string
  readonly ttl: TimeToLive | null
}

/** One state of a processor. */
export type StateSpec =
  | ({ readonly kind: 'value' } & Kept)
  | ({ readonly kind: 'list' } & Kept)
  | ({ readonly kind: 'map'; readonly key: Serde<unknown> } & Kept)
  | ({ readonly kind: 'set'; readonly member: Serde<unknown> } & Kept)
  | ({ readonly kind: 'reducing'; readonly reducer: (left: unknown, right: unknown) => unknown } & Kept)
  | ({ readonly kind: 'aggregating'; readonly aggregation: Aggregation } & Kept)
  | { readonly kind: 'broadcast'; readonly table: TableView }

export interface TimersSpec {
  readonly store: string
  readonly domains: Readonly<Record<string, TimeDomain>>
}

export interface KeyedProcessSpec {
  readonly kind: 'keyedProcess'
  /** The method of the dsl that made it, for the manifest. */
  readonly method: string
  readonly key: Serde<unknown>
  /** Whether what its functions give are values for the key that came, else pairs. */
  readonly keepsKeys: boolean
  readonly state: Readonly<Record<string, StateSpec>>
  readonly timers: TimersSpec | null
  readonly process: (value: unknown, key: unknown, record: StreamRecord<unknown, unknown>, context: AnyKeyedContext) => KeyedResults
  readonly onTimer: ((timer: FiredTimer<string>, key: unknown, context: AnyKeyedContext) => KeyedResults) | null
}

/** What a function gives where the record that came goes on as it is. */
export const unchanged: readonly unknown[] = Object.freeze([])

export type KeyedResults = Iterable<unknown> | undefined
export type AnyKeyedContext = KeyedContext<Record<string, unknown>, string>

// ------------------------------------------------------------------------------------------------ what processors see

/**
 * One value of the current key.
 *
 * @example
 * ```ts
 * import { topology, value } from 'millrace'
 *
 * export default topology('numbered', (builder) => {
 *   const visits = builder.stream<string, string>('visits')
 *   const numbered = visits.processValues({
 *     state: { count: value<number>() },
 *     process(page, _visitor, _record, { state }) {
 *       return [{ page, visit: state.count.update((count = 0) => count + 1) }]
 *     },
 *   })
 *   numbered.to('numbered-visits')
 * })
 * ```
 */
export interface ValueState<V> {
  /** undefined: the key has none, or it has expired. */
  get(): V | undefined
  /** Refuses null and undefined: to have none is to clear it. */
  set(value: V): void
  /** Sets what the function makes of the value, and gives it. */
  update(next: (value: V | undefined) => V): V
  /** Writes a tombstone. */
  clear(): void
}

/**
 * Values of the current key, in the order in which they were appended. Each lies by itself: to append one reads nothing and writes one.
 *
 * @example
 * ```ts
 * import { list, topology } from 'millrace'
 *
 * export default topology('bundles', (builder) => {
 *   const orders = builder.stream<string, { item: string; last: boolean }>('orders')
 *   const bundles = orders.processValues({
 *     state: { items: list<string>() },
 *     process(order, _customer, _record, { state }) {
 *       state.items.append(order.item)
 *       if (!order.last) return
 *       const bundle = [...state.items]
 *       state.items.clear()
 *       return [bundle]
 *     },
 *   })
 *   bundles.to('bundles')
 * })
 * ```
 */
export interface ListState<V> extends Iterable<V> {
  /** Puts them behind the last one, without reading anything. */
  append(...values: V[]): void
  /** Takes the first one out; undefined if there is none. */
  shift(): V | undefined
  /** Takes out all: a tombstone for each. */
  clear(): void
}

/**
 * Entries of the current key, as in a Map, but in the order of their serialized keys (strings by their UTF-8 bytes). Each lies by itself: to set or delete one
 * writes one.
 *
 * @example
 * ```ts
 * import { map, topology } from 'millrace'
 *
 * export default topology('baskets', (builder) => {
 *   const changes = builder.stream<string, { item: string; pieces: number }>('basket-changes')
 *   const baskets = changes.processValues({
 *     state: { pieces: map<string, number>() },
 *     process({ item, pieces }, _customer, _record, { state }) {
 *       const now = (state.pieces.get(item) ?? 0) + pieces
 *       if (now > 0) state.pieces.set(item, now)
 *       else state.pieces.delete(item)
 *       return [Object.fromEntries(state.pieces)]
 *     },
 *   })
 *   baskets.to('baskets')
 * })
 * ```
 */
export interface MapState<K, V> extends Iterable<[K, V]> {
  /** undefined: there is none, or it has expired. */
  get(key: K): V | undefined
  /** Reads one entry. */
  has(key: K): boolean
  /** Writes one entry. */
  set(key: K, value: V): void
  /** Whether there was such an entry. */
  delete(key: K): boolean
  /** In the order of their bytes. */
  keys(): Iterable<K>
  /** In the order of their keys. */
  values(): Iterable<V>
  /** In the order of their keys; what iterating over the map itself gives. */
  entries(): Iterable<[K, V]>
  /** Takes out all: a tombstone for each. */
  clear(): void
}

/**
 * Members of the current key, as in a Set, but in the order of their bytes. Each lies by itself: to add or delete one writes one.
 *
 * @example
 * ```ts
 * import { set, topology } from 'millrace'
 *
 * export default topology('first-visits', (builder) => {
 *   const visits = builder.stream<string, string>('visits')
 *   const first = visits.processValues({
 *     state: { pages: set<string>({ ttl: '30d' }) },
 *     process: (page, _visitor, _record, { state }) => (state.pages.add(page) ? [page] : []),
 *   })
 *   first.to('first-visits')
 * })
 * ```
 */
export interface SetState<M> extends Iterable<M> {
  /** Reads one entry. */
  has(member: M): boolean
  /** Whether it is new. One that was there is written again only if it has a time to live, which begins anew. */
  add(member: M): boolean
  /** Whether it was there. */
  delete(member: M): boolean
  /** Takes out all: a tombstone for each. */
  clear(): void
}

/**
 * What is added to the current key, folded into one: R is what is seen of it.
 *
 * @example
 * ```ts
 * import { aggregating, mean, topology } from 'millrace'
 *
 * export default topology('unusual', (builder) => {
 *   const readings = builder.stream<string, number>('readings')
 *   const unusual = readings.processValues({
 *     state: { usual: aggregating({ mean: mean((celsius: number) => celsius) }) },
 *     process(celsius, _sensor, _record, { state }) {
 *       const { mean } = state.usual.get() ?? { mean: celsius }
 *       state.usual.add(celsius)
 *       return Math.abs(celsius - mean) > 10 ? [{ celsius, mean }] : []
 *     },
 *   })
 *   unusual.to('unusual-readings')
 * })
 * ```
 */
export interface FoldedState<V, R> {
  /** undefined: nothing was added, or it has expired. */
  get(): R | undefined
  /** Reads one value and writes one. */
  add(value: V): void
  /** Writes a tombstone. */
  clear(): void
}

/**
 * The rows of a global table, by any key: the same on every instance, whatever the current key is. They can only be read.
 *
 * @example
 * ```ts
 * import { broadcast, topology } from 'millrace'
 *
 * export default topology('flagged', (builder) => {
 *   const limits = builder.globalTable<string, number>('limits')
 *   const payments = builder.stream<string, { country: string; cents: number }>('payments')
 *   const flagged = payments.processValues({
 *     state: { limits: broadcast(limits) },
 *     process: (payment, _account, _record, { state }) => (payment.cents > (state.limits.get(payment.country) ?? 0) ? [payment] : []),
 *   })
 *   flagged.to('flagged-payments')
 * })
 * ```
 */
export interface BroadcastState<K, V> extends Iterable<[K, V]> {
  /** undefined: there is no such row. */
  get(key: K): V | undefined
}

/**
 * A timer of the current key. It is in a changelog as soon as it is set, and fires once, also after a restart.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 *
 * export default topology('silent', (builder) => {
 *   const readings = builder.stream<string, number>('readings')
 *   const silent = readings.processValues({
 *     timers: { silence: 'eventTime' },
 *     process(_celsius, _sensor, { timestamp }, { timers }) {
 *       timers.silence.set(timestamp + 30_000)
 *       return []
 *     },
 *     onTimer: ({ time }) => [{ silentSince: time - 30_000 }],
 *   })
 *   silent.to('silent-sensors')
 * })
 * ```
 */
export interface KeyTimer {
  /** Fires at this time, in milliseconds since 1970, and no more at the one that was set before. */
  set(time: number): void
  /** Fires at this time too; once, if it was added already. */
  add(time: number): void
  /** Fires no more at any time, neither set nor added. */
  clear(): void
}

export interface FiredTimer<Name extends string> {
  readonly name: Name
  /** When it was to fire. */
  readonly time: Timestamp
}

/** What the functions of a keyed processor are handed besides the record. Valid only during the call: it is about the key that is worked on. */
export interface KeyedContext<States, Timers extends string> {
  readonly state: States
  readonly timers: Readonly<Record<Timers, KeyTimer>>
  /** The highest timestamp that has reached this processor; while a timer fires, at least its time. */
  readonly streamTime: Timestamp
  readonly wallClock: Timestamp
}
