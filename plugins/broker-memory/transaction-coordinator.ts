// The transactions of a memory cluster, by transactional id, as a Kafka broker coordinates them. Who initializes an id has its newest epoch; whoever comes with an older one
// is fenced. A transaction lives from the first record or offset until it is ended, by its producer, by the next one of its id, or by the clock.

import { type Clock, MillraceError, type Timer, type TransactionOffsets } from '../../framework/index.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import type { LogTransaction, PartitionLog, StoredRecord } from './partition-log.ts'

/** A producer as the coordinator knows it. */
export interface ProducerIdentity {
  readonly transactionalId: string
  readonly epoch: number
  readonly timeoutMs: number
}

interface OpenTransaction extends LogTransaction {
  readonly logs: Set<PartitionLog>
  readonly groups: Set<GroupCoordinator>
  readonly timer: Timer
}

interface Current {
  identity: ProducerIdentity
  open: OpenTransaction | undefined
  /** Why the last epoch is over. */
  fencedBy: 'takeover' | 'timeout'
}

export class TransactionCoordinator {
  private readonly clock: Clock
  private readonly changed: () => void
  private readonly ids = new Map<string, Current>()

  constructor(clock: Clock, changed: () => void) {
    this.clock = clock
    this.changed = changed
  }

  initialize(transactionalId: string, timeoutMs: number): ProducerIdentity {
    const before = this.ids.get(transactionalId)
    if (before !== undefined) this.close(before, 'aborted')
    const identity = { transactionalId, epoch: (before?.identity.epoch ?? -1) + 1, timeoutMs }
    this.ids.set(transactionalId, { identity, open: undefined, fencedBy: 'takeover' })
    return identity
  }

  append(identity: ProducerIdentity, log: PartitionLog, record: StoredRecord): void {
    const open = this.opened(identity)
    open.logs.add(log)
    log.append(record, open)
  }

  /** Rejects what comes of a generation that is over; the offsets count when the transaction is committed. Who names no member is not asked to be one, as in Kafka. */
  addOffsets(identity: ProducerIdentity, group: GroupCoordinator, offsets: TransactionOffsets): void {
    this.current(identity)
    const { memberId, generation, groupInstanceId } = offsets
    const namesNobody = generation < 0 && memberId === '' && groupInstanceId === undefined
    if (!namesNobody) group.checkCommit(memberId, generation, groupInstanceId)
    const open = this.opened(identity)
    open.groups.add(group)
    group.addPending(open, offsets.offsets)
  }

  /** Without an open transaction nothing happens: the same end may be asked for again when an answer was lost. */
  end(identity: ProducerIdentity, outcome: 'committed' | 'aborted'): void {
    this.close(this.current(identity), outcome)
  }

  private current(identity: ProducerIdentity): Current {
    const current = this.ids.get(identity.transactionalId)
    if (current?.identity.epoch === identity.epoch) return current
    const problem = current?.fencedBy === 'timeout' ? 'it took too long.' : 'it was taken over.'
    const { transactionalId, timeoutMs } = identity
    throw new MillraceError('producer-fenced', { transactionalId, timeoutMs, problem })
  }

  private opened(identity: ProducerIdentity): OpenTransaction {
    const current = this.current(identity)
    current.open ??= {
      outcome: 'open',
      logs: new Set(),
      groups: new Set(),
      timer: this.clock.after(identity.timeoutMs, () => this.giveUp(current)),
    }
    return current.open
  }

  /** The producer of it is fenced as if another one had come. */
  private giveUp(current: Current): void {
    this.close(current, 'aborted')
    current.identity = { ...current.identity, epoch: current.identity.epoch + 1 }
    current.fencedBy = 'timeout'
  }

  private close(current: Current, outcome: 'committed' | 'aborted'): void {
    const { open } = current
    if (open === undefined) return
    current.open = undefined
    open.timer.cancel()
    open.outcome = outcome
    for (const log of open.logs) log.endTransaction(open)
    for (const group of open.groups) group.endPending(open)
    this.changed()
  }
}
