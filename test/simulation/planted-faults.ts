// Faults that the simulation has to find, each planted around the ports of an instance or in the cluster, so that no line of what is shipped knows of them. Should one not be found, the
// simulation does not look where that fault would be.

import type {
  Admin,
  Broker,
  CommittedOffset,
  Fetched,
  Fetcher,
  FetcherOptions,
  GroupMember,
  MemberOptions,
  PartitionOffset,
  Producer,
  ProducerOptions,
  TransactionOffsets,
  Transactions,
} from '../../framework/ports/broker.ts'
import { asOffset, type RecordReader } from '../../framework/ports/record.ts'
import type { Mutation, StateBatch, StateEngine, StateFolder } from '../../framework/ports/store.ts'
import type { SimulationOptions } from './simulation.ts'

export type PlantedSabotage = NonNullable<SimulationOptions['sabotage']>

export const plantedFaults: Readonly<Record<string, PlantedSabotage>> = {
  'offsets are committed before what was written is': {
    broker: (broker) =>
      aroundProducers(broker, (producer, member) => ({
        commit: async (transactions, offsets, committed) => {
          await member()?.commit(offsets.offsets)
          await transactions.commit({ ...offsets, offsets: [] }, committed)
        },
        flush: async () => void producer.flush().catch(() => {}),
      })),
  },
  'offsets are committed behind the transaction that they belong to': {
    broker: (broker) =>
      aroundProducers(broker, (_, member) => ({
        commit: async (transactions, offsets, committed) => {
          await transactions.commit({ ...offsets, offsets: [] }, committed)
          await member()?.commit(offsets.offsets)
        },
      })),
  },
  'positions are committed one too far': {
    broker: (broker) =>
      aroundProducers(
        broker,
        () => ({ commit: (transactions, offsets, committed) => transactions.commit(moved(offsets, 1), committed) }),
        1,
      ),
  },
  'positions are committed one too short': {
    broker: (broker) =>
      aroundProducers(
        broker,
        () => ({ commit: (transactions, offsets, committed) => transactions.commit(moved(offsets, -1), committed) }),
        -1,
      ),
  },
  'stream times are not committed': {
    broker: (broker) =>
      aroundProducers(broker, () => ({
        commit: (transactions, offsets, committed) => transactions.commit(withoutMetadata(offsets), committed),
      })),
  },
  'the group takes offsets of any generation': {
    cluster: (cluster) => {
      const coordinator = cluster.coordinator('simulated')
      coordinator.checkCommit = () => {}
    },
  },
  'a transactional id is not taken over': {
    cluster: (cluster) => {
      const { transactions } = cluster
      const initialize = transactions.initialize.bind(transactions)
      let count = 0
      transactions.initialize = (transactionalId, timeoutMs) => initialize(`${transactionalId}-${count++}`, 1e9 + timeoutMs)
    },
  },
  'an abort commits': {
    broker: (broker) => aroundProducers(broker, () => ({ abort: (transactions) => transactions.commit(noOffsets) })),
  },
  'a transaction that nobody ends stays open': {
    cluster: (cluster) => {
      const { transactions } = cluster
      const initialize = transactions.initialize.bind(transactions)
      transactions.initialize = (transactionalId) => initialize(transactionalId, 1e9)
    },
  },
  'inputs are read uncommitted': {
    broker: (broker) => aroundFetchers(broker, (options) => ({ ...options, readCommitted: isRestoring(options) })),
  },
  'changelogs are restored uncommitted': {
    broker: (broker) => aroundFetchers(broker, (options) => ({ ...options, readCommitted: !isRestoring(options) })),
  },
  'standbys follow what is not committed': {
    broker: (broker) => aroundFetchers(broker, (options) => ({ ...options, readCommitted: !options.clientId.includes('standby') })),
  },
  'a standby loses its last record': {
    broker: (broker) => aroundFetchers(broker, (options) => options, withoutLast, 0, 'standby'),
  },
  'a restore loses its last record': {
    broker: (broker) => aroundFetchers(broker, (options) => options, withoutLast),
  },
  'a restore ends one offset too early': {
    broker: (broker) =>
      aroundAdmin(broker, (admin) => ({
        endOffsets: async (partitions, options) => {
          const ends = await admin.endOffsets(partitions, options)
          return ends.map((end) => (isChangelog(end.topic) ? { ...end, offset: asOffset(Math.max(0, end.offset - 1)) } : end))
        },
      })),
  },
  'committed offsets are not waited for': {
    cluster: (cluster) => {
      cluster.coordinator('simulated').isStable = () => true
    },
  },
  'the checkpoint is written before the batch': {
    engine: (engine) => aroundFolders(engine, (folder) => ({ write: (batch) => checkpointFirst(folder, batch) })),
  },
  'every second row does not reach the disk': {
    engine: (engine) =>
      aroundFolders(engine, (folder) => ({ write: (batch) => folder.write({ ...batch, mutations: everySecond(batch) }) })),
  },
  'what comes while a transaction is committed belongs to it': {
    broker: (broker) => around(broker, { producer: (options: ProducerOptions) => takingIn(broker.producer(options)) }),
  },
  'the disk is given what comes while a transaction is committed': {
    engine: (engine) =>
      aroundFolders(engine, (folder) => ({
        write: async ({ mutations, positions }) => {
          const come = await positions
          await folder.write({ mutations, positions: come })
        },
      })),
  },
  'the state of a transaction is written before it is committed': {
    engine: (engine) => aroundFolders(engine, (folder) => ({ write: (batch) => stateFirst(folder, batch) })),
  },
  'a produce request that is sent again is written again': {
    broker: (broker) => around(broker, { producer: (options: ProducerOptions) => forgetful(broker.producer(options)) }),
  },
  'what was fetched first after an assignment is left out': {
    broker: (broker) => aroundFetchers(broker, (options) => options, undefined, 1),
  },
}

const noOffsets: TransactionOffsets = { groupId: '', generation: -1, memberId: '', offsets: [] }

function moved(offsets: TransactionOffsets, by: number): TransactionOffsets {
  return { ...offsets, offsets: offsets.offsets.map((one) => movedBy(one, by)) }
}

function withoutMetadata(offsets: TransactionOffsets): TransactionOffsets {
  return { ...offsets, offsets: offsets.offsets.map((one) => ({ ...one, metadata: '' })) }
}

function movedBy(offset: CommittedOffset, by: number): CommittedOffset {
  return { ...offset, offset: asOffset(Math.max(0, offset.offset + by)) }
}

function isChangelog(topic: string): boolean {
  return topic.endsWith('-changelog')
}

function isRestoring({ clientId }: FetcherOptions): boolean {
  return clientId.includes('restore')
}

// ------------------------------------------------------------------------------------------------------- around the ports

interface ProducerTricks {
  commit?(transactions: Transactions, offsets: TransactionOffsets, committed?: () => void): Promise<void>
  abort?(transactions: Transactions): Promise<void>
  flush?(): Promise<void>
}

/** `moves`: what members that commit themselves, at least once, do to their offsets. */
function aroundProducers(
  broker: Broker,
  tricks: (producer: Producer, member: () => GroupMember | undefined) => ProducerTricks,
  moves = 0,
): Broker {
  let member: GroupMember | undefined
  return around(broker, {
    producer: (options: ProducerOptions) => {
      const producer = broker.producer(options)
      const { commit, abort, flush } = tricks(producer, () => member)
      const { transactions } = producer
      return around(producer, {
        ...(flush === undefined ? {} : { flush }),
        ...(transactions === undefined
          ? {}
          : {
              transactions: around(transactions, {
                ...(commit === undefined
                  ? {}
                  : { commit: (offsets: TransactionOffsets, committed?: () => void) => commit(transactions, offsets, committed) }),
                ...(abort === undefined ? {} : { abort: () => abort(transactions) }),
              }),
            }),
      })
    },
    member: (options: MemberOptions) => {
      const opened = broker.member(options)
      member = opened
      if (moves === 0) return opened
      return around(opened, { commit: (offsets: readonly CommittedOffset[]) => opened.commit(offsets.map((one) => movedBy(one, moves))) })
    },
  })
}

export function aroundFetchers(
  broker: Broker,
  changed: (options: FetcherOptions) => FetcherOptions,
  fetched: (fetched: Fetched) => Fetched = (one) => one,
  skipped = 0,
  named = 'restore',
): Broker {
  return around(broker, {
    fetcher: (options: FetcherOptions): Fetcher => {
      const fetcher = broker.fetcher(changed(options))
      const take = (): readonly Fetched[] => fetcher.take().map((one) => (options.clientId.includes(named) ? fetched(one) : one))
      const assign = (positions: readonly PartitionOffset[]): void => {
        const skip = isRestoring(options) ? 0 : skipped
        fetcher.assign(positions.map((one) => (one.offset > 0 ? { ...one, offset: asOffset(one.offset + skip) } : one)))
      }
      return around(fetcher, { take, ...(skipped === 0 ? {} : { assign }) })
    },
  })
}

function aroundAdmin(broker: Broker, tricks: (admin: Admin) => Partial<Admin>): Broker {
  return around(broker, { admin: around(broker.admin, tricks(broker.admin)) })
}

export function aroundFolders(engine: StateEngine, tricks: (folder: StateFolder) => Partial<StateFolder>): StateEngine {
  return around(engine, {
    open: async (name: string) => {
      const folder = await engine.open(name)
      return around(folder, tricks(folder))
    },
  })
}

/** The same object but for some of its members. */
export function around<T extends object>(target: T, changed: Partial<T>): T {
  return new Proxy(target, {
    get(of, name) {
      if (Object.hasOwn(changed, name)) return changed[name as keyof T]
      const value = of[name as keyof T]
      return typeof value === 'function' ? value.bind(of) : value
    },
    set(of, name, value) {
      of[name as keyof T] = value
      return true
    },
  })
}

// --------------------------------------------------------------------------------------------------------------- tricks

/** Reading goes on behind the last record, which nobody is given. */
export function withoutLast(fetched: Fetched): Fetched {
  if (fetched.kind === 'problem') return fetched
  const { reader } = fetched
  const end = fetched.lastStableOffset
  const short: RecordReader = around(reader, {
    next: () => {
      if (!reader.next()) return false
      // The last one is told by what comes behind it: nothing, or the end of a transaction.
      return reader.offset < end - 2 || reader.next()
    },
  })
  return { ...fetched, reader: short }
}

async function checkpointFirst(folder: StateFolder, { mutations, positions }: StateBatch): Promise<void> {
  const copied = [...mutations].map(({ store, key, value }) => ({ store, key, value: value === null ? null : Buffer.from(value) }))
  await folder.write({ mutations: [], positions })
  await folder.write({ mutations: copied, positions: new Map() })
}

async function stateFirst(folder: StateFolder, { mutations, positions }: StateBatch): Promise<void> {
  await folder.write({ mutations, positions: new Map() })
  await folder.write({ mutations: [], positions })
}

/** It does not know when one transaction ends and the next begins. */
function takingIn(producer: Producer): Producer {
  Reflect.set(producer, 'hold', () => {})
  return producer
}

function* everySecond({ mutations }: StateBatch): Generator<Mutation> {
  let count = 0
  for (const mutation of mutations) if (count++ % 2 === 0) yield mutation
}

/** The broker does not know what it has had already. */
function forgetful(producer: Producer): Producer {
  const deliver = Reflect.get(producer, 'deliver') as (batch: object) => void
  Reflect.set(producer, 'deliver', (batch: object) => {
    Reflect.set(batch, 'written', false)
    deliver.call(producer, batch)
  })
  return producer
}
