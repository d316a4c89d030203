// process() and processValues() with state and timers by key, as a definition in place of a supplier. State follows the key, so a stream whose key has changed is
// repartitioned first.

import type { FiredTimer, KeyedContext, KeyedProcessSpec, StateSpec, TimeDomain, TimersSpec } from '../graph/keyed-state.ts'
import { LogicalNode } from '../graph/logical-graph.ts'
import type { StoreSpec } from '../graph/operator-spec.ts'
import { storesOf } from '../graph/table-state.ts'
import type { StreamRecord } from '../ports/record.ts'
import { entryKey } from '../serdes/entry.ts'
import { long, string } from '../serdes/serdes.ts'
import { type AnySerde, addStep, requireSerde, type StreamFlow } from './flow.ts'
import { changelogOf } from './materialize.ts'
import type { WriteOptions } from './options.ts'
import { repartitionForJoin } from './repartition.ts'
import type { StateFaces, StateTypes } from './state-types.ts'

/** What a processor with state by key consists of, apart from what its functions give. */
export interface KeyedParts<S extends StateTypes, T extends string> {
  /** The states by name, made by `value()`, `list()`, `map()`, `set()`, `reducing()`, `aggregating()` and `broadcast()`. */
  readonly state?: S
  /** The timers by name, and by which clock they fire. */
  readonly timers?: Readonly<Record<T, TimeDomain>>
}

/**
 * Of `process()`: functions that are called for each record, and for each timer that fires, and give pairs of key and value that go on, with a timestamp if it is
 * to be another: an array, the yields of a generator, or nothing. Records with a null key are dropped, and counted; null values come.
 *
 * @example
 * ```ts
 * import { topology, value } from 'millrace'
 *
 * export default topology('moves', (builder) => {
 *   const positions = builder.stream<string, { room: string }>('positions')
 *   const moves = positions.process({
 *     state: { room: value<string>() },
 *     *process({ room }, person, _record, { state }) {
 *       const before = state.room.get()
 *       state.room.set(room)
 *       if (before !== undefined && before !== room) yield [before, { person, change: -1 }]
 *       if (before !== room) yield [room, { person, change: 1 }]
 *     },
 *   })
 *   moves.to('moves-by-room')
 * })
 * ```
 */
export interface KeyedProcess<K, V, NewKey, NewValue, S extends StateTypes, T extends string> extends KeyedParts<S, T> {
  /** Called for each record that has a key. What it gives has the record's timestamp, unless it says another, and its headers. */
  process(
    value: V,
    key: NonNullable<K>,
    record: StreamRecord<K, V>,
    context: KeyedContext<StateFaces<S>, T>,
  ): Iterable<readonly [key: NewKey, value: NewValue, timestamp?: number]> | undefined
  /**
   * Called for each timer that fires. What it gives has the timer's time, or stream time if the timer is one by the wall clock.
   */
  onTimer?(
    timer: FiredTimer<T>,
    key: NonNullable<K>,
    context: KeyedContext<StateFaces<S>, T>,
  ): Iterable<readonly [key: NewKey, value: NewValue, timestamp?: number]> | undefined
}

/**
 * Of `processValues()`: as `KeyedProcess`, but what its functions give are values for the key that came.
 *
 * @example
 * ```ts
 * import { topology, value } from 'millrace'
 *
 * export default topology('reminders', (builder) => {
 *   const carts = builder.stream<string, { items: number }>('carts')
 *   const reminders = carts.processValues({
 *     state: { items: value<number>() },
 *     timers: { forgotten: 'eventTime' },
 *     process({ items }, _customer, { timestamp }, { state, timers }) {
 *       state.items.set(items)
 *       if (items > 0) timers.forgotten.set(timestamp + 3_600_000)
 *       else timers.forgotten.clear()
 *       return []
 *     },
 *     onTimer: (_timer, _customer, { state }) => [{ itemsLeft: state.items.get() ?? 0 }],
 *   })
 *   reminders.to('reminders')
 * })
 * ```
 */
export interface KeyedValueProcess<K, V, NewValue, S extends StateTypes, T extends string> extends KeyedParts<S, T> {
  /** Called for each record that has a key. What it gives has the record's timestamp and headers. */
  process(
    value: V,
    key: NonNullable<K>,
    record: StreamRecord<K, V>,
    context: KeyedContext<StateFaces<S>, T>,
  ): Iterable<NewValue> | undefined
  /**
   * Called for each timer that fires.
   */
  onTimer?(timer: FiredTimer<T>, key: NonNullable<K>, context: KeyedContext<StateFaces<S>, T>): Iterable<NewValue> | undefined
}

/** Of process() and processValues() with state by key: the serdes are those of the stream's keys, and of its values if it is repartitioned. */
export interface KeyedProcessOptions<K, V> extends WriteOptions<K, V> {}

export interface KeyedStep {
  readonly name: string
  readonly method: string
  readonly keepsKeys: boolean
  /** Whether what goes on has the type of what came. */
  readonly keepsValues?: boolean
}

/** A definition whose types the dsl has checked. */
export interface AnyKeyedDefinition extends KeyedParts<StateTypes, string> {
  readonly process: KeyedProcessSpec['process']
  readonly onTimer?: KeyedProcessSpec['onTimer'] | undefined
}

/** Whether what process() is given is a definition, not a supplier. */
export function isDefinition(given: unknown): given is AnyKeyedDefinition {
  return typeof given === 'object' && given !== null && 'process' in given
}

export function addKeyedProcess(
  flow: StreamFlow,
  definition: AnyKeyedDefinition,
  step: KeyedStep,
  options: WriteOptions<unknown, unknown>,
): StreamFlow {
  const { graph } = flow
  const { name, method, keepsKeys, keepsValues = false } = step
  const stream = flow.changedKey ? repartitionForJoin(flow, name, options) : flow
  const key = requireSerde(flow, name, 'key', options.key, stream.key)
  const stores: StoreSpec[] = []
  const broadcasts: string[] = []
  const state: Record<string, StateSpec> = {}
  for (const [stateName, type] of Object.entries(definition.state ?? {})) {
    const made = type.make({ graph, name: `${name}-${stateName}`, key })
    state[stateName] = made.spec
    if (made.store !== null) stores.push(made.store)
    else if (made.spec.kind === 'broadcast') broadcasts.push(...storesOf(made.spec.table))
  }
  const timers = timersOf(flow, name, definition)
  if (timers !== null) stores.push(timerStore(timers, key))
  for (const store of stores) graph.add(graph.root, new LogicalNode(store.name, { kind: 'store', store }))
  const becomes = keepsKeys ? (keepsValues ? {} : { value: null }) : { key: null, value: null, changedKey: true }
  return addStep(stream, {
    name,
    operator: {
      kind: 'keyedProcess',
      method,
      key,
      keepsKeys,
      state,
      timers,
      process: definition.process.bind(definition),
      onTimer: definition.onTimer?.bind(definition) ?? null,
    },
    connects: stores.map((store) => store.name),
    becomes,
  })
}

function timersOf({ graph }: StreamFlow, name: string, { timers = {}, onTimer }: AnyKeyedDefinition): TimersSpec | null {
  const names = Object.keys(timers)
  const illegal = names.filter((timer) => !/^[\w-]+$/.test(timer))
  if (illegal.length > 0)
    graph.problems.report(name, `it has timers called ${illegal.join(', ')}.`, 'Use letters, digits, _ and - in their names.')
  if (names.length > 0 && !onTimer) graph.problems.report(name, 'it has timers and no onTimer().', 'Say what happens when one fires.')
  if (names.length === 0 && onTimer)
    graph.problems.report(name, 'it has onTimer() and no timers.', "Declare them, as in { timers: { alarm: 'eventTime' } }.")
  return names.length === 0 ? null : { store: `${name}-timers`, domains: timers }
}

/** The name of a timer stands behind the key, of those that were added with their time. */
function timerStore({ store, domains }: TimersSpec, key: AnySerde): StoreSpec {
  return {
    name: store,
    kind: 'keyValue',
    key: entryKey(key, string()) as AnySerde,
    value: long() as AnySerde,
    persistent: true,
    caching: false,
    changelog: changelogOf(store, true, { 'cleanup.policy': 'compact' }),
    due: { kind: 'timer', domains },
  }
}
