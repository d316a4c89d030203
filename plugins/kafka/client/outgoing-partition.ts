// What a producer has for one partition: the batch that is being filled, finished batches that wait, and batches on their way.
//
//   open ──full, due──→ queue ──sent──→ inFlight ──acknowledged──→ gone
//                         ↑                │
//                         └──tried again───┘   in its old place, by sequence; until it has arrived, one batch at a time
//
// While a transaction is being committed, what is appended goes to batches of the next one, which have no place among the others before `release`.
//
// Invariant: the sequences of `inFlight` and then of `queue` follow each other without a gap. So the broker keeps the order, and drops what comes twice. Where a batch
// is left out there is a gap, until nothing is on its way and those behind it are stamped anew.

import type { Headers, Offset, Serde } from '../../../framework/index.ts'
import { batchHeaderBytes } from '../wire/record-batch.ts'
import { type BatchStamp, RecordBatchWriter } from '../wire/record-batch-writer.ts'
import { type ProduceBatch, restamped, sequenceAfter, split } from './produce-batch.ts'

/** What a partition needs of its producer. */
export interface BatchSource {
  readonly nowMs: number
  /** Whether what is appended belongs to the next transaction. */
  readonly holds: boolean
  /** For a new batch. */
  memory(): Buffer
  nextOrdinal(): number
}

class OpenBatch extends RecordBatchWriter {
  openedAtMs = 0
}

export class OutgoingPartition {
  readonly topic: string
  readonly partition: number
  queue: ProduceBatch[] = []
  inFlight: ProduceBatch[] = []
  /** Not sent until the pause before the next attempt is over. */
  waiting = false
  /** After a failure, until a batch has arrived: then one at a time, or those behind would come too early. */
  cautious = false
  acknowledged: Offset | undefined
  readonly #source: BatchSource
  #open: OpenBatch | undefined
  /** Of the next transaction, in their order; the last one is being filled. */
  #held: OpenBatch[] = []
  #nextSequence = 0
  /** The sequence that the broker expects behind a batch that was left out; undefined: there is no gap. */
  #gapAt: number | undefined

  constructor(source: BatchSource, topic: string, partition: number) {
    this.#source = source
    this.topic = topic
    this.partition = partition
  }

  /** Bytes of the batch that the next record comes into; 0 if there is none. */
  get fillingBytes(): number {
    const batch = this.#source.holds ? this.#held.at(-1) : this.#open
    return batch === undefined || batch.records === 0 ? 0 : batch.end
  }

  get isIdle(): boolean {
    return this.#held.length === 0 && this.inFlight.length === 0 && !this.hasMore
  }

  /** Whether anything waits that is not held back. */
  get hasMore(): boolean {
    return this.queue.length > 0 || (this.#open !== undefined && this.#open.records > 0)
  }

  /** Whether a batch was begun before that, and is not finished. */
  isDue(dueBeforeMs: number): boolean {
    return this.#open !== undefined && this.#open.records > 0 && this.#open.openedAtMs <= dueBeforeMs
  }

  /** Gives the size of the record. */
  append<V>(
    timestamp: number,
    keyBytes: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: V | null,
    valueSerde: Pick<Serde<V>, 'write'>,
    headers: Headers,
  ): number {
    const batch = this.#source.holds ? (this.#held.at(-1) ?? this.beginHeld()) : (this.#open ?? this.#begin())
    if (batch.records === 0) batch.openedAtMs = this.#source.nowMs
    return batch.append(timestamp, keyBytes, keyStart, keyEnd, value, valueSerde, headers)
  }

  undoAppend(): void {
    const batch = this.#source.holds ? this.#held.at(-1) : this.#open
    batch?.undoAppend()
  }

  #begin(): OpenBatch {
    const batch = new OpenBatch(this.#source.memory())
    this.#open = batch
    return batch
  }

  /** Of what is held back, the next record begins a batch. */
  beginHeld(): OpenBatch {
    const batch = new OpenBatch(this.#source.memory())
    this.#held.push(batch)
    return batch
  }

  /** What was held back belongs to the transaction that begins now. The one before has left nothing. */
  release(stamp: Omit<BatchStamp, 'baseSequence'>): void {
    const held = this.#held
    this.#held = []
    for (const batch of held) {
      this.seal(stamp)
      this.#open = batch
    }
  }

  /** Finishes the batch that is being filled, of those that are not held back, and puts it behind those that wait. */
  seal(stamp: Omit<BatchStamp, 'baseSequence'>): void {
    const open = this.#open
    if (open === undefined || open.records === 0) return
    const baseSequence = this.#nextSequence
    const bytes = open.finish({ ...stamp, baseSequence })
    this.queue.push({
      bytes,
      memory: open.bytes,
      records: open.records,
      baseSequence,
      sizeBytes: open.end - batchHeaderBytes,
      createdAtMs: open.openedAtMs,
      ordinal: this.#source.nextOrdinal(),
    })
    this.#nextSequence = sequenceAfter(baseSequence, open.records)
    this.#open = undefined
  }

  /** Takes the next batch to send, if one may be sent now. */
  send(): ProduceBatch | undefined {
    if (this.waiting || (this.cautious && this.inFlight.length > 0)) return undefined
    const batch = this.queue.shift()
    if (batch !== undefined) this.inFlight.push(batch)
    return batch
  }

  arrived(batch: ProduceBatch): void {
    this.#land(batch)
    this.cautious = false
    // A broker that knows nothing of this producer takes what comes first.
    if (this.#gapAt !== undefined) this.#gapAt = sequenceAfter(batch.baseSequence, batch.records)
  }

  get hasGap(): boolean {
    return this.#gapAt !== undefined
  }

  /** The broker has not written a batch, and is not to. */
  leftOut(batch: ProduceBatch): void {
    this.#land(batch)
    // Of several the broker waits for the first.
    this.#gapAt ??= batch.baseSequence
  }

  /** Nothing may be in flight. */
  closeGap(stamp: Omit<BatchStamp, 'baseSequence'>): void {
    const gapAt = this.#gapAt
    if (gapAt === undefined) return
    let next = gapAt
    this.queue = this.queue.map((batch) => {
      if (isAfter(gapAt, batch.baseSequence)) return batch
      const baseSequence = next
      next = sequenceAfter(baseSequence, batch.records)
      return batch.baseSequence === baseSequence ? batch : restamped(batch, { ...stamp, baseSequence })
    })
    this.#nextSequence = next
    this.#gapAt = undefined
  }

  /** Puts a batch that did not arrive back to where it was, as it is from now on. */
  returned(landed: ProduceBatch, batch = landed): void {
    this.#land(landed)
    const isBehind = (other: ProduceBatch) => isAfter(other.baseSequence, batch.baseSequence)
    const at = this.queue.findIndex(isBehind)
    this.queue.splice(at < 0 ? this.queue.length : at, 0, batch)
    this.cautious = true
  }

  /** Puts a batch that is too large for the broker back as two. */
  returnedInHalves(batch: ProduceBatch, stamp: BatchStamp): void {
    this.returned(batch)
    this.queue.splice(this.queue.indexOf(batch), 1, ...split(batch, stamp))
  }

  /** Whether an older batch has not arrived yet. */
  hasBefore(batch: ProduceBatch): boolean {
    return [...this.inFlight, ...this.queue].some((other) => isAfter(batch.baseSequence, other.baseSequence))
  }

  /** Begins anew with sequence 0, under a new producer id. Nothing may be in flight. */
  restart(stamp: Omit<BatchStamp, 'baseSequence'>): void {
    this.#nextSequence = 0
    this.#gapAt = undefined
    this.queue = this.queue.map((batch) => {
      const baseSequence = this.#nextSequence
      this.#nextSequence = sequenceAfter(baseSequence, batch.records)
      return restamped(batch, { ...stamp, baseSequence })
    })
  }

  /** Drops what waits and what is being filled, and begins anew with sequence 0. Nothing may be in flight. */
  discard(): void {
    this.queue = []
    this.#open = undefined
    this.#held = []
    this.#nextSequence = 0
    this.#gapAt = undefined
    this.waiting = false
    this.cautious = false
  }

  #land(batch: ProduceBatch): void {
    this.inFlight = this.inFlight.filter((other) => other !== batch)
  }
}

/** In the circle of sequences, as far as batches in one buffer can be apart. */
function isAfter(left: number, right: number): boolean {
  const distance = (left - right + 0x8000_0000) % 0x8000_0000
  return distance > 0 && distance < 0x4000_0000
}
