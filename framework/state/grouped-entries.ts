// A byte store in which the entries of a key in a segment lie together, in one entry of the engine: so that all windows or sessions of a key are read by
// one get, and not by a range (0.1 ms against 0.006 ms with LevelDB). For stores whose operators look for a key's windows: sessions, sliding
// windows, joins of streams. What such an operator reads for one record is such a group or two, so a group is as large as that at most.
//
// To the layers above it is a store of single entries, in the same order.

import type { BinaryKey, ByteEntry, ByteStore, KeyRange, Mutation, RangeOptions } from '../ports/store.ts'

/** A range that lies within one group is read by a get. Bounds of others are what whole groups begin with: a segment, or a segment and a key. */
export interface GroupRange extends RangeOptions {
  readonly group?: BinaryKey
}

const sizeBytes = 4

export class GroupedEntries implements ByteStore {
  private readonly engine: ByteStore
  /** An entry's key is its group's and so many bytes more. */
  private readonly suffixBytes: number

  constructor(engine: ByteStore, suffixBytes: number) {
    this.engine = engine
    this.suffixBytes = suffixBytes
  }

  get(key: BinaryKey): Buffer | undefined {
    const group = this.groupOf(key)
    const suffix = key.slice(group.length)
    for (const [found, value] of this.entriesOf(this.engine.get(group))) {
      if (found === suffix) return value
      if (found > suffix) return undefined
    }
    return undefined
  }

  *range(options: GroupRange): Generator<ByteEntry> {
    const { group, reverse = false } = options
    if (group !== undefined) {
      yield* this.within(group, this.engine.get(group), options, reverse)
      return
    }
    for (const { key, value } of this.engine.range(options)) {
      yield* this.within(key, value, options, reverse)
    }
  }

  /** Mutations of single entries as mutations of their groups. */
  *grouped(mutations: Iterable<Mutation>): Generator<Mutation> {
    const changes = new Map<BinaryKey, Map<BinaryKey, Buffer | null>>()
    let store = ''
    for (const mutation of mutations) {
      const group = this.groupOf(mutation.key)
      const suffixes = changes.get(group) ?? new Map<BinaryKey, Buffer | null>()
      changes.set(group, suffixes)
      suffixes.set(mutation.key.slice(group.length), mutation.value === null ? null : Buffer.from(mutation.value))
      store = mutation.store
    }
    for (const [group, suffixes] of changes) yield { store, key: group, value: this.changed(group, suffixes) }
  }

  private changed(group: BinaryKey, changes: ReadonlyMap<BinaryKey, Buffer | null>): Buffer | null {
    const entries = new Map<BinaryKey, Buffer | null>(this.entriesOf(this.engine.get(group)))
    for (const [suffix, value] of changes) entries.set(suffix, value)
    const parts: Buffer[] = []
    for (const [suffix, value] of [...entries].sort(([left], [right]) => (left < right ? -1 : 1))) {
      if (value === null) continue
      const head = Buffer.allocUnsafe(this.suffixBytes + sizeBytes)
      head.latin1Write(suffix, 0)
      head.writeUInt32BE(value.length, this.suffixBytes)
      parts.push(head, value)
    }
    return parts.length === 0 ? null : Buffer.concat(parts)
  }

  private *within(group: BinaryKey, bytes: Buffer | undefined, { from, to }: KeyRange, reverse: boolean): Generator<ByteEntry> {
    const entries: ByteEntry[] = []
    for (const [suffix, value] of this.entriesOf(bytes)) {
      const key = group + suffix
      if ((from === undefined || key >= from) && (to === undefined || key < to)) entries.push({ key, value })
    }
    yield* reverse ? entries.reverse() : entries
  }

  private *entriesOf(bytes: Buffer | undefined): Generator<[suffix: BinaryKey, value: Buffer]> {
    if (bytes === undefined) return
    for (let at = 0; at < bytes.length; ) {
      const valueStart = at + this.suffixBytes + sizeBytes
      const end = valueStart + bytes.readUInt32BE(valueStart - sizeBytes)
      yield [bytes.latin1Slice(at, at + this.suffixBytes), bytes.subarray(valueStart, end)]
      at = end
    }
  }

  private groupOf(key: BinaryKey): BinaryKey {
    return key.slice(0, key.length - this.suffixBytes)
  }
}
