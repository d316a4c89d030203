// The stores of a running app, to be read from outside of its topology: by whoever runs in the same process (Kafka Streams: KafkaStreams#store, StoreQueryParameters,
// QueryableStoreProvider). Only what this instance has is found; which instance has what is for others to say.

import { MillraceError } from '../errors.ts'
import type { StoreKind, StoreSpec } from '../graph/operator-spec.ts'
import type { Topology } from '../graph/topology.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByKind, QueryableStoreKind } from '../ports/store.ts'
import type { TaskState } from '../state/contract.ts'
import type { AppState } from './app-state.ts'
import { compositeStore } from './composite-stores.ts'
import { didYouMean } from './did-you-mean.ts'
import { withSeenValues } from './seen-values.ts'

/** What of an app can be read now. */
export interface QuerySource {
  readonly topology: Topology
  readonly state: AppState
  /** Of all tasks that this instance has, and of its standbys. */
  readonly tasks: readonly TaskPlace[]
  /** Of all instances. */
  readonly planned: readonly { readonly subTopology: number; readonly partition: number }[]
  /** Of other instances that have said one, by task that runs there: host and port. */
  readonly servers: ReadonlyMap<string, string>
  /** Of the global tables; undefined if there are none, and until they are read. */
  readonly globals: TaskState | undefined
}

export interface TaskPlace {
  readonly id: string
  readonly partition: number
  readonly state: TaskState
  /** False while its state is being restored, and of a standby. */
  readonly running: boolean
  readonly standby: boolean
}

export interface StoreQuery {
  /** Only the store of this partition. Default: of all that this instance has. */
  readonly partition?: number
  /** Also while the app rebalances or restores, and of standbys: then what is read may be older than what was read before. Default: false. */
  readonly stale?: boolean
}

/** Gives a store by its name, to be read as one of its kinds. */
export interface ReadStore {
  <K, V>(name: string, kind: 'keyValue', query?: StoreQuery): ByKind<K, V>['keyValue']
  <K, V>(name: string, kind: 'timestampedKeyValue', query?: StoreQuery): ByKind<K, V>['timestampedKeyValue']
  <K, V>(name: string, kind: 'window', query?: StoreQuery): ByKind<K, V>['window']
  <K, V>(name: string, kind: 'timestampedWindow', query?: StoreQuery): ByKind<K, V>['timestampedWindow']
  <K, V>(name: string, kind: 'session', query?: StoreQuery): ByKind<K, V>['session']
  <K, V>(name: string, kind: 'versioned', query?: StoreQuery): ByKind<K, V>['versioned']
}

/** What is known of a store without reading it. */
export interface StoreDescription {
  readonly name: string
  /** As which it can be queried; the first one shows all that it has. */
  readonly kinds: readonly QueryableStoreKind[]
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  /** Whether every instance has all of it. */
  readonly global: boolean
  /** Those that this instance has now. */
  readonly partitions: readonly number[]
  /** How many there are on all instances; 0 for what is global, and before the app has looked at its topics. */
  readonly partitionCount: number
  /** Host and port of the instance that has each partition which another one has, where that has said them (`applicationServer`). */
  readonly servers: ReadonlyMap<number, string>
}

/** As which a store can be read; the first one shows all that it has. None for what is an operator's own. */
export const kindsOf: Partial<Readonly<Record<StoreKind, readonly QueryableStoreKind[]>>> = {
  timestampedKeyValue: ['timestampedKeyValue', 'keyValue'],
  keyValue: ['keyValue'],
  window: ['timestampedWindow', 'window'],
  plainWindow: ['window'],
  joinWindow: ['window'],
  session: ['session'],
  versioned: ['versioned'],
}

export class StoreQueries {
  private readonly source: () => QuerySource

  constructor(source: () => QuerySource) {
    this.source = source
  }

  /** Every store that can be queried, by name. */
  get all(): readonly StoreDescription[] {
    const { topology, tasks, planned, servers: byTask } = this.source()
    const globals = globalStores(topology)
    return [...topology.stores.values()].flatMap((spec) => {
      const kinds = kindsOf[spec.kind]
      if (kinds === undefined) return []
      const { name, key } = spec
      const value = seenSerde(spec)
      const partitions = tasks.filter(({ state, standby }) => !standby && state.views(name) !== undefined).map(({ partition }) => partition)
      const home = topology.subTopologies.find(({ stores, global }) => !global && stores.includes(name))?.id
      const ofHome = planned.filter(({ subTopology }) => subTopology === home)
      const servers = new Map(
        ofHome.flatMap(({ partition }) => {
          const server = byTask.get(`${home}_${partition}`)
          return server === undefined ? [] : [[partition, server] as const]
        }),
      )
      return [{ name, kinds, key, value, global: globals.has(name), partitions, partitionCount: ofHome.length, servers }]
    })
  }

  /**
   * A store by its name, to be read as one of its kinds. Throws `store-not-queryable` for what the topology does not have, and `store-unavailable`, now or at
   * any later read, while the app does not run, or when the store has moved to another instance. What is read is as of the last record processed.
   */
  store<K, V, Kind extends QueryableStoreKind>(name: string, kind: Kind, query: StoreQuery = {}): ByKind<K, V>[Kind] {
    const { seen } = this.specOf(name, kind)
    const stores = (): readonly ByKind<K, V>[Kind][] =>
      this.placesOf(name, query).map((state) => state.views(name)![kind] as ByKind<K, V>[Kind])
    // Said now rather than at the first read.
    stores()
    const composite = compositeStore<K, V, Kind>(name, kind, {
      stores,
      check: (store) => {
        if (!stores().includes(store)) throw unavailable(name, 'its task has moved to another instance')
      },
    })
    return seen === undefined ? composite : withSeenValues<K, V, Kind>(composite, kind, seen.of)
  }

  private specOf(name: string, kind: QueryableStoreKind): StoreSpec {
    const { topology } = this.source()
    const spec = topology.stores.get(name)
    const refuse = (problem: string, remedy: string) => new MillraceError('store-not-queryable', { store: name, kind, problem, remedy })
    if (spec === undefined) {
      const names = this.all.map((store) => store.name)
      throw refuse(
        'the topology has none of this name',
        names.length === 0 ? 'It has no stores.' : `${didYouMean(name, names)} There are: ${names.join(', ')}.`.trim(),
      )
    }
    const kinds = kindsOf[spec.kind]
    if (kinds === undefined) throw refuse('it is what an operator works with, and holds no rows', 'Query a table, or a store of your own.')
    if (!kinds.includes(kind)) throw refuse(`it is read as ${kinds.join(' or ')}`, `Ask for it as ${kinds[0]}.`)
    return spec
  }

  private placesOf(name: string, { partition, stale = false }: StoreQuery): readonly TaskState[] {
    const { topology, state, tasks, globals } = this.source()
    const problem = whyNot(state, stale)
    if (globalStores(topology).has(name)) {
      if (state === 'closed' || state === 'failed' || globals === undefined)
        throw unavailable(name, problem ?? 'the global tables are being read')
      return [globals]
    }
    if (problem !== undefined) throw unavailable(name, problem)
    const here = tasks.filter((task) => (stale || task.running) && task.state.views(name) !== undefined)
    if (partition === undefined) {
      if (here.length === 0) throw unavailable(name, 'this instance has no task with it')
      return here.map((task) => task.state)
    }
    const found = here.find((task) => task.partition === partition)
    if (found === undefined) throw unavailable(name, `this instance does not have its partition ${partition}`)
    return [found.state]
  }
}

/** Of the values that a reader is given; `json` of which no more is known where the type of a result cannot travel. */
export function seenSerde({ value, seen }: StoreSpec): Serde<unknown> {
  return seen?.serde ?? value
}

function whyNot(state: AppState, stale: boolean): string | undefined {
  switch (state) {
    case 'running':
      return undefined
    case 'created':
    case 'starting':
      return 'the app has not started yet'
    case 'rebalancing':
    case 'restoring':
      return stale ? undefined : `the app is ${state}`
    default:
      return `the app is ${state}`
  }
}

function unavailable(store: string, problem: string): MillraceError {
  return new MillraceError('store-unavailable', { store, problem })
}

function globalStores({ subTopologies }: Topology): ReadonlySet<string> {
  return new Set(subTopologies.filter(({ global }) => global).flatMap(({ stores }) => stores))
}
