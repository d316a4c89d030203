// The kinds of state that process() and processValues() can have by key: what a processor declares in its `state`. Each makes a store, named after the
// processor and the state, and the compiler derives its serdes.

import type {
  BroadcastState,
  DueSpec,
  FoldedState,
  ListState,
  MapState,
  SetState,
  StateSpec,
  TimeDomain,
  TimeToLive,
  ValueState,
} from '../graph/keyed-state.ts'
import type { LogicalGraph } from '../graph/logical-graph.ts'
import type { Aggregation, StoreSpec } from '../graph/operator-spec.ts'
import type { Serde } from '../ports/serde.ts'
import { entryKey } from '../serdes/entry.ts'
import { bytes, long } from '../serdes/serdes.ts'
import { structuredJson } from '../serdes/structured-json.ts'
import { seenOf } from './aggregate-stream.ts'
import { foldingByName } from './aggregations.ts'
import type { Aggregated, Aggregators } from './aggregators.ts'
import { type Duration, durationMs } from './duration.ts'
import type { AnySerde } from './flow.ts'
import type { GlobalKTable } from './global-ktable.ts'
import { changelogOf } from './materialize.ts'
import type { StoreOptions } from './options.ts'

/** Of every state that is kept by key. */
export interface StateOptions extends Pick<StoreOptions, 'persistent' | 'logging'> {
  /**
   * How long an entry lives after it was last written: of a value the value, of a list, map or set each element. A duration is one of stream time, the highest
   * timestamp that has reached the processor. An entry that is over is not seen any more, and removed, from the changelog too, a sixteenth of that time later
   * at most. Default: for ever.
   */
  readonly ttl?: Duration | { readonly after: Duration; readonly by: TimeDomain }
}

export interface ValueStateOptions<V> extends StateOptions {
  readonly value?: Serde<NonNullable<V>>
}

export interface AggregatorsStateOptions<R> extends StateOptions {
  /** Says the type of what is seen of the state by those who read it from outside; nothing is written with it. */
  readonly result?: Serde<R>
}

export interface MapStateOptions<K, V> extends ValueStateOptions<V> {
  readonly key?: Serde<NonNullable<K>>
}

export interface SetStateOptions<M> extends StateOptions {
  readonly member?: Serde<NonNullable<M>>
}

/** Where a state belongs. */
export interface StatePlace {
  readonly graph: LogicalGraph
  /** Of the store. */
  readonly name: string
  /** Of the processor's keys. */
  readonly key: AnySerde
}

export interface MadeState {
  readonly spec: StateSpec
  /** null: it looks into a store of others. */
  readonly store: StoreSpec | null
}

/** A state as it is declared; `Face` is what the functions of the processor see of it. */
export class StateType<Face> {
  /** @internal */
  readonly make: (place: StatePlace) => MadeState
  /** Only for the types. */
  protected readonly face?: Face

  /** @internal */
  constructor(make: (place: StatePlace) => MadeState) {
    this.make = make
  }
}

export type StateTypes = Readonly<Record<string, StateType<unknown>>>

/** What the functions of a processor see of its state. */
export type StateFaces<S> = { readonly [Name in keyof S]: S[Name] extends StateType<infer Face> ? Face : never }

/**
 * One value for each key.
 *
 * @example
 * ```ts
 * import { topology, value } from 'millrace'
 *
 * export default topology('changes', (builder) => {
 *   const prices = builder.stream<string, number>('prices')
 *   const changes = prices.processValues({
 *     state: { last: value<number>() },
 *     process(price, _article, _record, { state }) {
 *       const last = state.last.get()
 *       state.last.set(price)
 *       return last === undefined || last === price ? [] : [price - last]
 *     },
 *   })
 *   changes.to('price-changes')
 * })
 * ```
 */
export function value<V>(options: ValueStateOptions<V> = {}): StateType<ValueState<V>> {
  return kept(
    options,
    madeHere('value', options.value),
    ({ key }, serde) => ({ key, value: serde }),
    (base) => ({ kind: 'value', ...base }),
  )
}

/**
 * A list of values for each key, in the order in which they are appended.
 *
 * @example
 * ```ts
 * import { list, topology } from 'millrace'
 *
 * export default topology('last-hour', (builder) => {
 *   const readings = builder.stream<string, number>('readings')
 *   const peaks = readings.processValues({
 *     state: { lastHour: list<number>({ ttl: '1h' }) },
 *     process(celsius, _sensor, _record, { state }) {
 *       state.lastHour.append(celsius)
 *       return [Math.max(...state.lastHour)]
 *     },
 *   })
 *   peaks.to('peaks-of-the-last-hour')
 * })
 * ```
 */
export function list<V>(options: ValueStateOptions<V> = {}): StateType<ListState<V>> {
  const shape = ({ key }: StatePlace, serde: AnySerde) => ({ key: entryKey(key, long()) as AnySerde, value: serde, numbered: true })
  return kept(options, madeHere('value', options.value), shape, (base) => ({ kind: 'list', ...base }))
}

/**
 * A map for each key.
 *
 * @example
 * ```ts
 * import { map, topology } from 'millrace'
 *
 * export default topology('pages', (builder) => {
 *   const visits = builder.stream<string, string>('visits')
 *   const counted = visits.processValues({
 *     state: { pages: map<string, number>() },
 *     process(page, _visitor, _record, { state }) {
 *       const count = (state.pages.get(page) ?? 0) + 1
 *       state.pages.set(page, count)
 *       return [{ page, count }]
 *     },
 *   })
 *   counted.to('visits-by-page')
 * })
 * ```
 */
export function map<K, V>(options: MapStateOptions<K, V> = {}): StateType<MapState<K, V>> {
  const entries = madeHere('key', options.key)
  return kept(
    options,
    madeHere('value', options.value),
    (place, serde) => ({ key: entryKey(place.key, entries(place)) as AnySerde, value: serde }),
    (base, place) => ({ kind: 'map', ...base, key: entries(place) }),
  )
}

/**
 * A set for each key.
 *
 * @example
 * ```ts
 * import { set, topology } from 'millrace'
 *
 * export default topology('new-devices', (builder) => {
 *   const logins = builder.stream<string, { device: string }>('logins')
 *   const fresh = logins.processValues({
 *     state: { devices: set<string>() },
 *     process: (login, _user, _record, { state }) => (state.devices.add(login.device) ? [login] : []),
 *   })
 *   fresh.to('logins-from-new-devices')
 * })
 * ```
 */
export function set<M>(options: SetStateOptions<M> = {}): StateType<SetState<M>> {
  const members = madeHere('member', options.member)
  return kept(
    options,
    () => bytes() as AnySerde,
    (place, serde) => ({ key: entryKey(place.key, members(place)) as AnySerde, value: serde }),
    (base, place) => ({ kind: 'set', ...base, member: members(place) }),
  )
}

/**
 * One value for each key, into which the function folds each one that is added.
 *
 * @example
 * ```ts
 * import { reducing, topology } from 'millrace'
 *
 * export default topology('records', (builder) => {
 *   const jumps = builder.stream<string, number>('jumps')
 *   const records = jumps.processValues({
 *     state: { best: reducing<number>((best, metres) => Math.max(best, metres)) },
 *     process(metres, _athlete, _record, { state }) {
 *       const before = state.best.get() ?? 0
 *       state.best.add(metres)
 *       return metres > before ? [metres] : []
 *     },
 *   })
 *   records.to('records')
 * })
 * ```
 */
export function reducing<V>(reducer: (left: V, right: V) => V, options: ValueStateOptions<V> = {}): StateType<FoldedState<V, V>> {
  return kept(
    options,
    madeHere('value', options.value),
    ({ key }, serde) => ({ key, value: serde }),
    (base) => ({ kind: 'reducing', ...base, reducer: reducer as (left: unknown, right: unknown) => unknown }),
  )
}

/** What all aggregators of a set take. */
export type AddedTo<A> = {
  [Name in keyof A]: A[Name] extends { add(state: never, value: infer V): unknown } ? (value: V) => void : never
}[keyof A] extends (value: infer V) => void
  ? V
  : never

/**
 * An aggregate for each key: of named aggregators, as in `aggregate({ … })`, or of an initial one and a function that adds to it.
 *
 * @example
 * ```ts
 * import { aggregating, count, mean, topology } from 'millrace'
 *
 * export default topology('ratings', (builder) => {
 *   const stars = builder.stream<string, number>('stars')
 *   const ratings = stars.processValues({
 *     state: {
 *       rating: aggregating({ votes: count(), mean: mean((given: number) => given) }),
 *       worst: aggregating(() => 5, (worst: number, given: number) => Math.min(worst, given)),
 *     },
 *     process(given, _article, _record, { state }) {
 *       state.rating.add(given)
 *       state.worst.add(given)
 *       return [{ ...state.rating.get(), worst: state.worst.get() }]
 *     },
 *   })
 *   ratings.to('ratings')
 * })
 * ```
 */
export function aggregating<A extends Aggregators<never>>(
  aggregators: A,
  options?: AggregatorsStateOptions<Aggregated<A>>,
): StateType<FoldedState<AddedTo<A>, Aggregated<A>>>
export function aggregating<V, A>(
  initializer: () => A,
  adder: (aggregate: A, value: V) => A,
  options?: ValueStateOptions<A>,
): StateType<FoldedState<V, A>>
export function aggregating(
  initial: Aggregators<never> | (() => unknown),
  adder?: ((aggregate: never, value: never) => unknown) | AggregatorsStateOptions<unknown>,
  options: ValueStateOptions<unknown> = {},
): StateType<FoldedState<never, never>> {
  if (typeof initial === 'function') {
    const aggregation = { kind: 'aggregate', initializer: initial, adder: adder as Aggregation['adder'], result: null } as const
    return folded(aggregation, options, madeHere('value', options.value))
  }
  const given = (adder as AggregatorsStateOptions<unknown> | undefined) ?? {}
  return folded(foldingByName(initial as Aggregators<unknown>), given, () => structuredJson())
}

function folded(aggregation: Aggregation, options: AggregatorsStateOptions<unknown>, serde: SerdeOf): StateType<FoldedState<never, never>> {
  return kept(
    options,
    serde,
    ({ key }, stored) => ({ key, value: stored, ...seenOf(aggregation, options.result as AnySerde | undefined) }),
    (base) => ({ kind: 'aggregating', ...base, aggregation }),
  )
}

/**
 * A global table, to be read by any key: the same rows for every key of the stream, on every instance.
 *
 * @example
 * ```ts
 * import { broadcast, topology } from 'millrace'
 *
 * export default topology('converted', (builder) => {
 *   const rates = builder.globalTable<string, number>('rates')
 *   const payments = builder.stream<string, { currency: string; amount: number }>('payments')
 *   const euros = payments.processValues({
 *     state: { rates: broadcast(rates) },
 *     process: ({ currency, amount }, _account, _record, { state }) => [amount * (state.rates.get(currency) ?? 1)],
 *   })
 *   euros.to('payments-in-euros')
 * })
 * ```
 */
export function broadcast<K, V>(table: GlobalKTable<K, V>): StateType<BroadcastState<K, V>> {
  return new StateType(() => ({ spec: { kind: 'broadcast', table: table.view }, store: null }))
}

type SerdeOf = (place: StatePlace) => AnySerde

/** A serde that the author or the compiler gave; that it is missing is a problem of the call that should have it. */
function madeHere(what: 'key' | 'value' | 'member', given: object | undefined): SerdeOf {
  if (given !== undefined) return () => given as AnySerde
  const at = new Error('a state without a serde was made here')
  return ({ graph, name }) => {
    const remedy = `Give one in the options, as in { ${what}: string() }; the compiler derives it from the type.`
    graph.problems.report(name, `there is no serde for its ${what}s.`, remedy, at)
    return bytes() as AnySerde
  }
}

function kept<Face>(
  { ttl, persistent = true, logging }: StateOptions,
  serde: SerdeOf,
  shape: (place: StatePlace, value: AnySerde) => Pick<StoreSpec, 'key' | 'value' | 'numbered' | 'seen'>,
  spec: (base: { readonly store: string; readonly ttl: TimeToLive | null }, place: StatePlace) => StateSpec,
): StateType<Face> {
  return new StateType<Face>((place) => {
    const { graph, name } = place
    const life = ttl === undefined ? null : lifeOf(ttl)
    if (life !== null && life.afterMs <= 0)
      graph.problems.report(name, `a time to live of ${life.afterMs} ms is over at once.`, 'Give more than 0, or none.')
    const due: { readonly due?: DueSpec } = life === null ? {} : { due: { kind: 'ttl', ...life } }
    const changelog = changelogOf(name, logging, { 'cleanup.policy': 'compact' })
    return {
      spec: spec({ store: name, ttl: life }, place),
      store: { name, kind: 'keyValue', ...shape(place, serde(place)), persistent, caching: false, changelog, ...due },
    }
  })
}

function lifeOf(ttl: NonNullable<StateOptions['ttl']>): TimeToLive {
  return typeof ttl === 'object' ? { afterMs: durationMs(ttl.after), by: ttl.by } : { afterMs: durationMs(ttl), by: 'eventTime' }
}
