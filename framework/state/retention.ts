// How long a window store keeps its rows, by the store's own stream time: the latest window start that was put. Reads hide what is past the retention;
// what is in a segment all of whose windows may be past it is refused and dropped (Kafka Streams: AbstractRocksDBSegmentedBytesStore, AbstractSegments).

import type { BinaryKey } from '../ports/store.ts'
import { binaryLong } from './key-layout.ts'

const smallestSegmentMs = 60_000

export class Retention {
  readonly segmentIntervalMs: number
  private readonly retentionMs: number
  /** -1 before the first put, as in Kafka Streams. */
  private latestStart: number

  constructor(retentionMs: number, segmentIntervalMs: number, streamTime = -1) {
    this.retentionMs = retentionMs
    this.segmentIntervalMs = segmentIntervalMs
    this.latestStart = streamTime
  }

  /** Segments as Kafka Streams' persistent window stores have them. */
  static segmentIntervalOf(retentionMs: number): number {
    return Math.max(Math.floor(retentionMs / 2), smallestSegmentMs)
  }

  get streamTime(): number {
    return this.latestStart
  }

  /** Moves stream time on; says whether the window's segment is kept still. */
  admits(start: number): boolean {
    if (start > this.latestStart) this.latestStart = start
    return Math.floor(start / this.segmentIntervalMs) >= this.firstSegment
  }

  shows(start: number): boolean {
    return start > this.latestStart - this.retentionMs
  }

  /** Where the engine's keys of kept segments begin. */
  get firstKey(): BinaryKey {
    return binaryLong(Math.max(0, this.firstSegment))
  }

  private get firstSegment(): number {
    // Truncated as Java divides: a negative time belongs to segment 0.
    return Math.trunc((this.latestStart - this.retentionMs) / this.segmentIntervalMs)
  }
}
