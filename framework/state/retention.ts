// How long a window or session store keeps its rows, by the store's own stream time: the latest time (window start, session end) that was put.
// Reads hide what is past the retention; what lies in a segment all of whose rows may be past it is refused and dropped
// (Kafka Streams: AbstractRocksDBSegmentedBytesStore, AbstractSegments; InMemoryWindowStore).

const smallestSegmentMs = 60_000

export interface RetentionOptions {
  readonly retentionMs: number
  /** In memory there are no segments: each time expires by itself. */
  readonly bySegment: boolean
  /** -1 before the first put, as in Kafka Streams. */
  readonly streamTime: number
  /** Whether a row is shown a millisecond longer, as in Kafka Streams' stores of windows that are sent when they close. */
  readonly showsOneMore: boolean
  /** Default: as Kafka Streams cuts window stores. */
  readonly segmentIntervalMs?: number
}

export class Retention {
  readonly segmentIntervalMs: number
  private readonly retentionMs: number
  private readonly bySegment: boolean
  private readonly shownMs: number
  private latest: number
  private written: number

  constructor({ retentionMs, bySegment, streamTime, showsOneMore, segmentIntervalMs }: RetentionOptions) {
    this.segmentIntervalMs = segmentIntervalMs ?? Math.max(Math.floor(retentionMs / 2), smallestSegmentMs)
    this.retentionMs = retentionMs
    this.bySegment = bySegment
    this.shownMs = showsOneMore ? retentionMs + 1 : retentionMs
    this.latest = streamTime
    this.written = streamTime
  }

  get streamTime(): number {
    return this.latest
  }

  /** Moves stream time on; says whether a row of this time is kept. */
  admits(time: number): boolean {
    if (time > this.latest) this.latest = time
    return this.keeps(time)
  }

  /** A null in a store that keeps duplicates is no row: in memory it moves stream time on all the same, on disk it does not. */
  passesNull(time: number): void {
    if (!this.bySegment) this.admits(time)
  }

  /** Whether nothing of this time or a later one was put yet: then there is nothing to look for. */
  isNew(time: number): boolean {
    return time > this.latest
  }

  /** All that was put so far is on its way to the engine, or there. */
  passesOn(): void {
    this.written = this.latest
  }

  /** The engine has nothing later. */
  get writtenUpTo(): number {
    return this.written
  }

  /** Whether the engine has nothing of this time or a later one: a look into it is dear. */
  isUnwritten(time: number): boolean {
    return time > this.written
  }

  segmentOf(time: number): number {
    return Math.floor(time / this.segmentIntervalMs)
  }

  shows(time: number): boolean {
    return time > this.latest - this.shownMs
  }

  /** Whether a row of this time is still there, shown or not: it goes with its segment. */
  keeps(time: number): boolean {
    return this.bySegment ? this.segmentOf(time) >= this.firstSegment : this.shows(time)
  }

  /** Segments before it are dropped. */
  get firstSegment(): number {
    // Truncated as Java divides: a negative time belongs to segment 0.
    return Math.max(0, Math.trunc((this.latest - this.retentionMs) / this.segmentIntervalMs))
  }
}
