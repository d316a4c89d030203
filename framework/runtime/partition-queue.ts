// The queue of one topic partition: fetched batches, read in place by a cursor. Nothing is copied or decoded here.

import { MillraceError } from '../errors.ts'
import type { InvalidTimestamp, SourceTiming } from '../graph/topology.ts'
import type { DroppedRecords } from '../operators/dropped-records.ts'
import { Cell, FlowRecord } from '../operators/flow-record.ts'
import type { Flow, Outlet } from '../operators/operator.ts'
import type { FetchedRecords } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { RecordReader, TopicPartition } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import { type Missing, missingOf } from '../serdes/readiness.ts'
import type { InputQueue } from './input-queue.ts'

export interface PartitionSource {
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  readonly external: boolean
  readonly outlet: Outlet
  readonly timing: SourceTiming
  readonly clock: Pick<Clock, 'now'>
  /** Called with what the user's `timestampOf` threw; returns only if the record is to be left out. */
  readonly onTimestampFailure: (error: unknown, record: Flow) => void
  /** Called where the next record cannot be read yet. The queue has no head until `resume` is called. */
  readonly onMissing: (ready: Promise<void>) => void
}

export class PartitionQueue implements InputQueue {
  readonly topic: string
  readonly partition: number
  readonly external: boolean
  readonly outlet: Outlet
  partitionTimeMs = -1
  position = -1
  bufferedBytes = 0
  ready = false
  headTimestamp = -1
  private readonly timestampOf: SourceTiming['timestampOf']
  private readonly onInvalid: InvalidTimestamp
  private readonly clock: Pick<Clock, 'now'>
  private readonly onTimestampFailure: PartitionSource['onTimestampFailure']
  private readonly key: Serde<unknown>
  private readonly value: Serde<unknown>
  private readonly missing: Missing | undefined
  private readonly onMissing: PartitionSource['onMissing']
  /** Whether the record that the reader is at waits for what reading it takes. */
  private waiting = false
  private readonly dropped: DroppedRecords
  private readonly batches: Pick<FetchedRecords, 'reader' | 'sizeBytes'>[] = []
  private reader: RecordReader = noRecords

  constructor(input: TopicPartition, source: PartitionSource, dropped: DroppedRecords) {
    this.topic = input.topic
    this.partition = input.partition
    this.external = source.external
    this.outlet = source.outlet
    this.key = source.key
    this.value = source.value
    this.timestampOf = source.timing.timestampOf
    this.onInvalid = source.timing.onInvalid ?? (this.timestampOf === undefined ? 'fail' : 'skip')
    this.clock = source.clock
    this.onTimestampFailure = source.onTimestampFailure
    this.missing = missingOf(source.key, source.value)
    this.onMissing = source.onMissing
    this.dropped = dropped
  }

  /** Says whether the queue stopped being empty. */
  add(fetched: Pick<FetchedRecords, 'reader' | 'sizeBytes'>): boolean {
    this.batches.push(fetched)
    this.bufferedBytes += fetched.sizeBytes
    if (this.ready || this.waiting) return false
    if (this.batches.length === 1) this.reader = fetched.reader
    this.findHead()
    return this.ready
  }

  /** What has not come of the records before `offset` will not come: behind those that have, the position is there. */
  skipTo(offset: number): void {
    this.add({ reader: { ...noRecords, nextOffset: offset }, sizeBytes: 0 })
  }

  head(): Flow {
    return this.recordAt(this.headTimestamp)
  }

  private recordAt(timestamp: number): Flow {
    const { reader, topic, partition } = this
    const origin = { topic, partition, offset: reader.offset }
    const key = Cell.ofBytes(reader.bytes, reader.keyStart, reader.keyEnd, this.key)
    const value = Cell.ofBytes(reader.bytes, reader.valueStart, reader.valueEnd, this.value)
    return new FlowRecord(key, value, timestamp, reader.headers(), origin)
  }

  advance(): void {
    this.position = this.reader.offset + 1
    this.findHead()
  }

  /** What was missing is there. Says whether the queue stopped being empty. */
  resume(): boolean {
    this.waiting = false
    if (!this.takeHead()) this.findHead()
    return this.ready
  }

  /** Moves the cursor to the next record that counts, through the batches that have come. */
  private findHead(): void {
    for (;;) {
      while (this.reader.next()) if (this.takeHead()) return
      this.ready = false
      const done = this.batches.shift()
      if (done === undefined) return
      this.bufferedBytes -= done.sizeBytes
      if (done.reader.nextOffset > this.position) this.position = done.reader.nextOffset
      const next = this.batches[0]
      if (next === undefined) {
        this.reader = noRecords
        return
      }
      this.reader = next.reader
    }
  }

  /** Makes the record that the reader is at the head, or lets it wait; false if it does not count. */
  private takeHead(): boolean {
    const missing = this.missing?.(this.reader)
    if (missing !== undefined) {
      this.ready = false
      this.waiting = true
      this.onMissing(missing)
      return true
    }
    let timestamp = this.timestampOf === undefined ? this.reader.timestamp : this.chosenTimestamp(this.timestampOf)
    if (timestamp === undefined) return false
    // Not a number is no timestamp either.
    if (!(timestamp >= 0)) timestamp = this.instead(timestamp)
    if (timestamp < 0) {
      this.dropped.add('negative-timestamp')
      return false
    }
    this.headTimestamp = timestamp
    this.ready = true
    return true
  }

  /** What stands for a timestamp that is none; less than 0: nothing, the record is left out. */
  private instead(timestamp: number): number {
    if (this.onInvalid === 'skip') return -1
    if (this.onInvalid === 'partitionTime' && this.partitionTimeMs >= 0) return this.partitionTimeMs
    const { topic, partition, reader } = this
    const known = this.onInvalid === 'fail' ? '' : ', and its partition has no time yet that could stand for it'
    throw new MillraceError('timestamp-invalid', { topic, partition, offset: reader.offset, timestamp, known })
  }

  /** Undefined: the record is left out. */
  private chosenTimestamp(timestampOf: NonNullable<SourceTiming['timestampOf']>): number | undefined {
    if (timestampOf === 'wallClock') return this.clock.now()
    const record = this.recordAt(this.reader.timestamp)
    try {
      return timestampOf(record, this.partitionTimeMs)
    } catch (error) {
      this.onTimestampFailure(error, record)
      return undefined
    }
  }
}

const noRecords: RecordReader = {
  bytes: Buffer.alloc(0),
  offset: -1,
  timestamp: -1,
  keyStart: -1,
  keyEnd: -1,
  valueStart: -1,
  valueEnd: -1,
  next: () => false,
  headers: () => [],
  nextOffset: -1,
}
