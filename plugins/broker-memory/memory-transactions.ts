// The Transactions of a producer of a memory cluster.

import { MillraceError, type TransactionOffsets, type Transactions } from '../../framework/index.ts'
import type { MemoryCluster } from './memory-cluster.ts'
import type { MemoryNetwork } from './memory-network.ts'
import type { ProducerIdentity } from './transaction-coordinator.ts'

/** What it needs of its producer. */
export interface TransactionWrites {
  flush(): Promise<void>
  /** What is appended from now on belongs to the next transaction. */
  hold(): void
  /** The next transaction begins. */
  release(): void
  /** Forgets what was not sent, and resolves when nothing is on its way any more. */
  discard(): Promise<void>
}

const timeoutMsDefault = 10_000

export class MemoryTransactions implements Transactions {
  open = false
  /** One is being committed. */
  private ending = false
  private readonly cluster: MemoryCluster
  private readonly network: MemoryNetwork
  private readonly transactionalId: string
  private readonly timeoutMs: number
  private readonly writes: TransactionWrites
  private known: ProducerIdentity | undefined
  private crashed = false

  constructor(
    cluster: MemoryCluster,
    network: MemoryNetwork,
    options: { readonly transactionalId: string; readonly transactionTimeoutMs: number | undefined },
    writes: TransactionWrites,
  ) {
    this.cluster = cluster
    this.network = network
    this.transactionalId = options.transactionalId
    this.timeoutMs = options.transactionTimeoutMs ?? timeoutMsDefault
    this.writes = writes
  }

  get identity(): ProducerIdentity {
    this.checkAlive()
    if (this.known === undefined) throw new MillraceError('producer-uninitialized', { transactionalId: this.transactionalId })
    return this.known
  }

  /** What is open stays so, until its time is up. */
  crash(): void {
    this.crashed = true
  }

  private checkAlive(): void {
    if (this.crashed) throw new MillraceError('client-closed', { client: this.transactionalId })
  }

  async initialize(): Promise<void> {
    this.known = await this.network.send('initialize', () => this.cluster.transactions.initialize(this.transactionalId, this.timeoutMs))
  }

  async commit(offsets: TransactionOffsets, committed?: () => void): Promise<void> {
    const { cluster, network, identity, open } = this
    this.open = false
    this.ending = true
    this.writes.hold()
    await this.writes.flush()
    if (offsets.offsets.length > 0) {
      const group = cluster.coordinator(offsets.groupId)
      await network.send('add offsets', () => cluster.transactions.addOffsets(identity, group, offsets))
      // As with Kafka a producer may die between the two requests.
      await (network.clock ?? cluster.clock).turn()
    }
    if (open || offsets.offsets.length > 0) {
      this.checkAlive()
      await network.send('end transaction', () => cluster.transactions.end(identity, 'committed'))
    }
    this.ending = false
    committed?.()
    this.writes.release()
  }

  async abort(): Promise<void> {
    const { cluster, network, identity } = this
    await this.writes.discard()
    if (this.open || this.ending) {
      this.checkAlive()
      await network.send('end transaction', () => cluster.transactions.end(identity, 'aborted'))
    }
    this.open = false
    this.ending = false
    this.writes.release()
  }
}
