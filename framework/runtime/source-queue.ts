// The queue of a source that is no topic: what its reader gave and is not yet processed, in the order of its positions. A record without a timestamp has the time
// at which it becomes the next one.

import { Cell, FlowRecord } from '../operators/flow-record.ts'
import type { Flow, Outlet } from '../operators/operator.ts'
import type { Clock } from '../ports/clock.ts'
import type { SourceRecord } from '../ports/connector.ts'
import { noHeaders } from '../ports/record.ts'
import type { InputQueue } from './input-queue.ts'

export interface SourceQueueOptions {
  /** The node of the source. */
  readonly node: string
  readonly topic: string
  readonly position: number
  readonly outlet: Outlet
  readonly clock: Clock
}

export class SourceQueue implements InputQueue {
  readonly node: string
  readonly topic: string
  readonly partition = 0
  readonly external = true
  readonly outlet: Outlet
  readonly bufferedBytes = 0
  partitionTimeMs = -1
  headTimestamp = -1
  position: number
  private readonly clock: Clock
  private records: readonly SourceRecord<unknown, unknown>[] = []
  private next = 0
  /** The position behind the last record that came. */
  private positionBehind: number

  constructor({ node, topic, position, outlet, clock }: SourceQueueOptions) {
    this.node = node
    this.topic = topic
    this.position = position
    this.positionBehind = position
    this.outlet = outlet
    this.clock = clock
  }

  /** Records that came and are not processed. */
  get size(): number {
    return this.records.length - this.next
  }

  get ready(): boolean {
    return this.next < this.records.length
  }

  /** Says whether it has a record now and had none before. Throws where positions go back, because a restart would then read others than it should. */
  add(records: readonly SourceRecord<unknown, unknown>[]): boolean {
    const placed = records.map((record) => {
      const { position = this.positionBehind + 1 } = record
      if (!Number.isSafeInteger(position) || position < this.positionBehind)
        throw new Error(
          `it gave the position ${position} behind the position ${this.positionBehind}; they are whole numbers that never go back`,
        )
      this.positionBehind = position
      return { ...record, position }
    })
    const wasReady = this.ready
    this.records = [...this.records.slice(this.next), ...placed]
    this.next = 0
    if (wasReady || !this.ready) return false
    this.stampHead()
    return true
  }

  head(): Flow {
    const { key, value, headers = noHeaders } = this.records[this.next]!
    const origin = { topic: this.topic, partition: this.partition, offset: this.position }
    return new FlowRecord(Cell.of(key ?? null), Cell.of(value ?? null), this.headTimestamp, headers, origin)
  }

  advance(): void {
    this.position = this.records[this.next]!.position!
    this.next++
    if (this.ready) this.stampHead()
  }

  private stampHead(): void {
    this.headTimestamp = this.records[this.next]!.timestamp ?? this.clock.now()
  }
}
