// What a partition knows of transactions: which are open, from which offset on, and which were aborted between which offsets. Readers of committed records are told of the
// latter, and stop before the first record of the former.
//
// Derived from the batches in the log and from nothing else: at a start it is read from the summaries of sealed segments and the batches behind them.

import { type BatchHeader, batchHeaderBytes, controlFlag, transactionalFlag } from '../../wire/record-batch.ts'
import { RecordBatchWriter } from '../../wire/record-batch-writer.ts'
import { WireReader } from '../../wire/wire-reader.ts'

export interface AbortedRange {
  readonly producerId: number
  readonly firstOffset: number
  /** That of its end. */
  readonly lastOffset: number
}

/** Of one segment: what was open at its end, and what was aborted by an end that lies in it. */
export interface TransactionSummary {
  readonly open: readonly (readonly [producerId: number, firstOffset: number])[]
  readonly aborted: readonly AbortedRange[]
}

export class LogTransactions {
  readonly #open = new Map<number, number>()
  /** In the order of their ends. */
  #aborted: AbortedRange[] = []

  /** The first record of an open transaction; undefined if there is none. */
  get firstOpen(): number | undefined {
    return this.#open.size === 0 ? undefined : Math.min(...this.#open.values())
  }

  get openProducers(): readonly number[] {
    return [...this.#open.keys()]
  }

  isOpen(producerId: number): boolean {
    return this.#open.has(producerId)
  }

  /** Told of every batch that is in the log; `batch` holds at least its head, and all of a control batch. */
  note(header: BatchHeader, baseOffset: number, batch: Buffer, at: number): void {
    if ((header.attributes & transactionalFlag) === 0) return
    const { producerId } = header
    if ((header.attributes & controlFlag) === 0) {
      if (!this.#open.has(producerId)) this.#open.set(producerId, baseOffset)
      return
    }
    const firstOffset = this.#open.get(producerId)
    this.#open.delete(producerId)
    const lastOffset = baseOffset + header.lastOffset - header.baseOffset
    if (firstOffset !== undefined && endsWithAbort(batch, at)) this.#aborted.push({ producerId, firstOffset, lastOffset })
  }

  /** Takes over what a segment was sealed with. */
  resume({ open, aborted }: TransactionSummary): void {
    this.#open.clear()
    for (const [producerId, firstOffset] of open) this.#open.set(producerId, firstOffset)
    this.#aborted.push(...aborted)
  }

  /** Of the segment that begins at an offset and is the last one. */
  summary(from: number): TransactionSummary {
    return { open: [...this.#open], aborted: this.#aborted.filter(({ lastOffset }) => lastOffset >= from) }
  }

  /** Those that a reader meets between two offsets. */
  abortedBetween(from: number, to: number): readonly AbortedRange[] {
    return this.#aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < to)
  }

  /** Whether a batch belongs to a transaction that was aborted. */
  wasAborted({ attributes, producerId, baseOffset }: BatchHeader): boolean {
    if ((attributes & transactionalFlag) === 0) return false
    return this.#aborted.some(
      (range) => range.producerId === producerId && range.firstOffset <= baseOffset && baseOffset <= range.lastOffset,
    )
  }

  forget(ranges: readonly AbortedRange[]): void {
    const gone = new Set(ranges.map(({ lastOffset }) => lastOffset))
    this.#aborted = this.#aborted.filter(({ lastOffset }) => !gone.has(lastOffset))
  }

  /** Nothing is left of what ended before an offset. */
  forgetBefore(offset: number): void {
    this.#aborted = this.#aborted.filter(({ lastOffset }) => lastOffset >= offset)
  }
}

export const nothingOpen: TransactionSummary = { open: [], aborted: [] }

/** The batch that ends a transaction: one control record, whose key is a version and a type (0 abort, 1 commit), both int16. */
export function transactionEnd(producerId: number, producerEpoch: number, committed: boolean, nowMs: number): Buffer {
  const key = Buffer.from([0, 0, 0, committed ? 1 : 0])
  const writer = new RecordBatchWriter(Buffer.allocUnsafeSlow(128))
  // The value is a version and the epoch of the coordinator.
  writer.append(nowMs, key, 0, key.length, Buffer.alloc(6), wholeBytes, [])
  return writer.finish({ compression: 'none', producerId, producerEpoch, baseSequence: -1, transactional: true, control: true })
}

const wholeBytes = {
  write(value: Buffer, target: { bytes: Uint8Array; end: number; reserve(sizeBytes: number): void }) {
    target.reserve(value.length)
    target.bytes.set(value, target.end)
    target.end += value.length
  },
}

function endsWithAbort(batch: Buffer, at: number): boolean {
  const reader = new WireReader(batch, at + batchHeaderBytes)
  reader.varint()
  reader.int8()
  reader.varlong()
  reader.varint()
  if (reader.varint() < 4) return false
  reader.int16()
  return reader.int16() === 0
}
