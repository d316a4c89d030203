// What a partition knows of its idempotent producers (KIP-98): the epoch and the last five batches of each, so that a batch that is sent again is
// answered with the offsets it has already, and one that comes out of order is refused.
//
// Derived from the heads of the batches in the log and from nothing else: at a start it is read from the snapshot of the last sealed segment
// and the batches after it. Producers that have been silent for a day are forgotten, as in Kafka; over `producersMax` the one silent longest.

import { type BatchHeader, controlFlag } from '../../wire/record-batch.ts'
import { addToSequence, isAppendTime, lastSequenceOf } from './batch-check.ts'

const batchesKept = 5
const producersMax = 10_000
const forgottenAfterMs = 24 * 60 * 60 * 1000

export interface KeptBatch {
  readonly baseSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

export interface ProducerSnapshot {
  readonly producerId: number
  readonly epoch: number
  readonly batches: readonly KeptBatch[]
  /** When the log last heard of it, by the broker's clock. */
  readonly seenAtMs: number
}

export type SequenceCheck =
  | { readonly kind: 'next' }
  | { readonly kind: 'duplicate'; readonly of: KeptBatch }
  | { readonly kind: 'refused'; readonly error: 'INVALID_PRODUCER_EPOCH' | 'OUT_OF_ORDER_SEQUENCE_NUMBER'; readonly message: string }

const next: SequenceCheck = { kind: 'next' }

export class ProducerStates {
  /** In order of last use. */
  readonly #states = new Map<number, ProducerSnapshot>()

  constructor(snapshots: readonly ProducerSnapshot[] = []) {
    for (const snapshot of snapshots) this.#states.set(snapshot.producerId, snapshot)
  }

  check(header: BatchHeader): SequenceCheck {
    if (header.producerId < 0) return next
    const state = this.#states.get(header.producerId)
    // A producer of which nothing is left (deleted records, a day of silence) may go on with any sequence number, as in Kafka.
    if (state === undefined) return next
    if (header.producerEpoch < state.epoch) {
      return refused('INVALID_PRODUCER_EPOCH', `producer ${header.producerId} has epoch ${state.epoch}, the batch ${header.producerEpoch}`)
    }
    if (header.producerEpoch > state.epoch) {
      if (header.baseSequence === 0) return next
      return refused('OUT_OF_ORDER_SEQUENCE_NUMBER', `a new epoch begins with sequence 0, not ${header.baseSequence}`)
    }
    const lastSequence = lastSequenceOf(header)
    const duplicate = state.batches.find((batch) => batch.baseSequence === header.baseSequence && batch.lastSequence === lastSequence)
    if (duplicate !== undefined) return { kind: 'duplicate', of: duplicate }
    const due = addToSequence(state.batches.at(-1)?.lastSequence ?? -1, 1)
    if (header.baseSequence === due) return next
    return refused('OUT_OF_ORDER_SEQUENCE_NUMBER', `producer ${header.producerId} is due sequence ${due}, and sent ${header.baseSequence}`)
  }

  /** Told of every batch that is in the log. */
  note(header: BatchHeader, baseOffset: number, nowMs: number): void {
    if (header.producerId < 0) return
    const known = this.#states.get(header.producerId)
    if ((header.attributes & controlFlag) !== 0) {
      // The end of a transaction that was taken from its producer has a newer epoch: from then on that one is fenced.
      if (known !== undefined && header.producerEpoch > known.epoch)
        this.#states.set(header.producerId, { ...known, epoch: header.producerEpoch, batches: [] })
      return
    }
    const batches = known?.epoch === header.producerEpoch ? known.batches.slice(-(batchesKept - 1)) : []
    const batch: KeptBatch = {
      baseSequence: header.baseSequence,
      lastSequence: lastSequenceOf(header),
      baseOffset,
      lastOffset: baseOffset + header.lastOffset - header.baseOffset,
      timestamp: isAppendTime(header) ? header.maxTimestamp : -1,
    }
    this.#states.delete(header.producerId)
    this.#states.set(header.producerId, {
      producerId: header.producerId,
      epoch: header.producerEpoch,
      batches: [...batches, batch],
      seenAtMs: nowMs,
    })
    this.#forget(nowMs)
  }

  snapshot(): readonly ProducerSnapshot[] {
    return [...this.#states.values()]
  }

  #forget(nowMs: number): void {
    for (const [producerId, state] of this.#states) {
      if (this.#states.size <= producersMax && nowMs - state.seenAtMs <= forgottenAfterMs) return
      this.#states.delete(producerId)
    }
  }
}

function refused(error: 'INVALID_PRODUCER_EPOCH' | 'OUT_OF_ORDER_SEQUENCE_NUMBER', message: string): SequenceCheck {
  return { kind: 'refused', error, message }
}
