// Records that a task leaves out on purpose, counted by reason. Nothing is dropped that is not counted here.

export type DropReason =
  /** The record has no key where one is needed: an aggregation, a join, a table. */
  | 'null-key'
  /** The record has no value where one is needed: an unwindowed aggregation, a join. */
  | 'null-value'
  /** All its windows, or one of them, were closed already. Counted once for each window, as Kafka Streams does. */
  | 'late'
  /** Its time lies before the first window: with an `offset` that begins behind 1970, and that of unlimited windows at their start. */
  | 'before-first-window'
  /** An answer to a left row of a foreign-key join that has changed since it asked. */
  | 'outdated'
  /** Its bytes could not be read, and the policy is to skip such a record. */
  | 'undecodable'
  /** Its timestamp, or the one extracted, is negative. */
  | 'negative-timestamp'
  /** The partitioner of a sink gave an empty list. */
  | 'no-partition'
  /** A timer has fired that the topology does not know any more: an earlier version of it has set it. */
  | 'unknown-timer'
  /** A call of mapAsync failed, and what it does then is to leave the record out. */
  | 'call-failed'
  /** A window had as many elements, or bytes of them, as it may have; the record, or an older one, has gone out of it. */
  | 'window-full'
  /** A callback threw, and the policy is to go on with the next record. */
  | 'callback-failed'
  /** Its serde could not write it, or it is too large for its topic, and the policy is to go on with the next record. */
  | 'not-written'

export class DroppedRecords {
  private readonly byReason = new Map<DropReason, number>()

  add(reason: DropReason): void {
    this.byReason.set(reason, this.count(reason) + 1)
  }

  count(reason: DropReason): number {
    return this.byReason.get(reason) ?? 0
  }

  counts(): ReadonlyMap<DropReason, number> {
    return this.byReason
  }
}
