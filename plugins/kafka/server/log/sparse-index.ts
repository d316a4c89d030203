// Where batches begin in a segment: an entry every few kilobytes, found by offset or by time. What lies between two entries is scanned.
// An entry says: at this position begins a batch with this base offset, and no record before it in the segment is younger than that timestamp.

export const indexIntervalBytes = 16 * 1024

/** As it is written beside a sealed segment. */
export interface IndexEntries {
  readonly offsets: readonly number[]
  readonly positions: readonly number[]
  /** The highest timestamp of all that lies before the entry. */
  readonly timestamps: readonly number[]
}

export class SparseIndex {
  readonly #offsets: number[]
  readonly #positions: number[]
  readonly #timestamps: number[]

  constructor(entries: IndexEntries = { offsets: [], positions: [], timestamps: [] }) {
    this.#offsets = [...entries.offsets]
    this.#positions = [...entries.positions]
    this.#timestamps = [...entries.timestamps]
  }

  /** Told of every batch in order; keeps some of them. */
  note(baseOffset: number, position: number, timestampBefore: number): void {
    const last = this.#positions.at(-1)
    if (position - (last ?? 0) < indexIntervalBytes) return
    this.#offsets.push(baseOffset)
    this.#positions.push(position)
    this.#timestamps.push(timestampBefore)
  }

  /** A position from which a scan meets the batch that holds the offset, or the first one after it. */
  positionBeforeOffset(offset: number): number {
    return this.#positions[lastAtMost(this.#offsets, offset)] ?? 0
  }

  /** A position from which a scan meets the first record with this timestamp or a later one. */
  positionBeforeTime(timestamp: number): number {
    return this.#positions[lastAtMost(this.#timestamps, timestamp - 1)] ?? 0
  }

  entries(): IndexEntries {
    return { offsets: this.#offsets, positions: this.#positions, timestamps: this.#timestamps }
  }
}

/** The last index of an ascending list whose number is not above `limit`; -1 if there is none. */
function lastAtMost(ascending: readonly number[], limit: number): number {
  let low = -1
  let high = ascending.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (ascending[middle]! <= limit) low = middle
    else high = middle - 1
  }
  return low
}
