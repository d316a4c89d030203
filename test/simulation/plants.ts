// Faults that are planted to see whether the simulation finds them: each is a mistake that somebody could make, at a port of the runtime.

import type { Admin, Broker, Producer, Transactions } from '../../framework/ports/broker.ts'
import { asOffset } from '../../framework/ports/record.ts'
import type { MemoryCluster } from '../../plugins/broker-memory/index.ts'
import type { Detour } from './interposed.ts'
import { put, reach, type Writing } from './simulated-disk.ts'

export interface Plant {
  readonly name: string
  readonly broker?: (broker: Broker, cluster: MemoryCluster, detour: Detour) => Broker
  readonly writing?: Writing
}

type Commit = Transactions['commit']

function withCommit(name: string, changed: (commit: Commit, cluster: MemoryCluster, detour: Detour) => Commit): Plant {
  return { name, broker: (broker, cluster, detour) => withTransactions(broker, { commit: (inner) => changed(inner, cluster, detour) }) }
}

function withTransactions(
  broker: Broker,
  changes: {
    readonly commit?: (inner: Commit, all: Transactions) => Commit
    readonly abort?: (all: Transactions) => Transactions['abort']
  },
): Broker {
  return {
    ...portOf(broker),
    producer: (options) => {
      const producer = broker.producer(options)
      const { transactions } = producer
      if (transactions === undefined) return producer
      const commit = transactions.commit.bind(transactions)
      const changed: Transactions = {
        initialize: () => transactions.initialize(),
        get open() {
          return transactions.open
        },
        commit: changes.commit?.(commit, transactions) ?? commit,
        abort: changes.abort?.(transactions) ?? (() => transactions.abort()),
      }
      return new Proxy<Producer>(producer, { get: (target, property) => (property === 'transactions' ? changed : bound(target, property)) })
    },
  }
}

function withAdmin(name: string, changes: (admin: Admin, cluster: MemoryCluster) => Partial<Admin>): Plant {
  return {
    name,
    broker: (broker, cluster) => {
      const changed = changes(broker.admin, cluster)
      const admin = new Proxy<Admin>(broker.admin, { get: (target, property) => Reflect.get(changed, property) ?? bound(target, property) })
      return { ...portOf(broker), admin }
    },
  }
}

function portOf(broker: Broker): Broker {
  return {
    connect: () => broker.connect(),
    admin: broker.admin,
    fetcher: (options) => broker.fetcher(options),
    producer: (options) => broker.producer(options),
    member: (options) => broker.member(options),
    close: () => broker.close(),
  }
}

function bound(target: object, property: string | symbol): unknown {
  const member: unknown = Reflect.get(target, property, target)
  return typeof member === 'function' ? member.bind(target) : member
}

function restoresUpTo(name: string, end: (offset: number) => number): Plant {
  return withAdmin(name, (admin) => ({
    endOffsets: async (partitions, options) => {
      const ends = await admin.endOffsets(partitions, options)
      return ends.map((one) => (one.topic.endsWith('-changelog') ? { ...one, offset: asOffset(Math.max(0, end(one.offset))) } : one))
    },
  }))
}

export const plants: readonly Plant[] = [
  withCommit('offsets are committed before the transaction that they belong to', (commit, cluster, detour) => async (offsets) => {
    cluster.coordinator(offsets.groupId).commit(offsets.memberId, offsets.generation, offsets.offsets)
    await detour('behind committing offsets')
    await commit({ ...offsets, offsets: [] })
  }),
  withCommit('offsets are committed behind the transaction that they belong to', (commit, cluster, detour) => async (offsets) => {
    await commit({ ...offsets, offsets: [] })
    await detour('before committing offsets')
    cluster.coordinator(offsets.groupId).commit(offsets.memberId, offsets.generation, offsets.offsets)
  }),
  withCommit('a generation that is over may commit', (commit, cluster) => async (offsets) => {
    const coordinator = cluster.coordinator(offsets.groupId)
    const memberId = coordinator.describe().members[0]?.memberId ?? offsets.memberId
    await commit({ ...offsets, memberId, generation: coordinator.currentGeneration })
  }),
  withCommit('committed offsets are one too low', (commit) => (offsets) => {
    return commit({ ...offsets, offsets: offsets.offsets.map((one) => ({ ...one, offset: asOffset(Math.max(0, one.offset - 1)) })) })
  }),
  withCommit('committed offsets are one too high', (commit) => (offsets) => {
    return commit({ ...offsets, offsets: offsets.offsets.map((one) => ({ ...one, offset: asOffset(one.offset + 1) })) })
  }),
  {
    name: 'what is to be aborted is committed',
    broker: (broker) =>
      withTransactions(broker, { abort: (all) => () => all.commit({ groupId: '', memberId: '', generation: 0, offsets: [] }) }),
  },
  {
    name: 'what is not committed is read',
    broker: (broker) => ({ ...portOf(broker), fetcher: (options) => broker.fetcher({ ...options, readCommitted: false }) }),
  },
  withAdmin('committed offsets are read while a transaction with later ones is open', (_, cluster) => ({
    committed: async (groupId, partitions) => partitions.flatMap((one) => cluster.groups.get(groupId)?.committed(one) ?? []),
  })),
  restoresUpTo('a restore loses its tail', (end) => Math.floor(end * 0.8)),
  restoresUpTo('a restore ends at the record before the last', (end) => end - 2),
  {
    name: 'the position of the state is written before the state',
    writing: async (kept, rows, positions, pause) => {
      reach(kept, positions)
      await pause()
      put(kept, rows)
    },
  },
  {
    name: 'half of a batch is written when the process dies',
    writing: async (kept, rows, positions, pause) => {
      put(kept, rows.slice(0, rows.length >> 1))
      reach(kept, positions)
      await pause()
      put(kept, rows.slice(rows.length >> 1))
    },
  },
]
