// Which rows of a store are due when: an index by time that lies beside the store, in the same folder and the same batches, without a changelog of its own,
// because it follows from the rows; a restore makes it anew from what it reads. An entry of it is its key alone: clock, time, key of the row.
// To put a row adds an entry and takes none out, since nobody has read when the row was due before: what is taken out may be outdated.

import type { DueSpec, TimeDomain } from '../graph/keyed-state.ts'
import { noHeaders } from '../ports/record.ts'
import type { BinaryKey } from '../ports/store.ts'
import { entryParts } from '../serdes/entry.ts'
import { KeptRow } from './kept-row.ts'
import { binaryLong, readBinaryLong } from './key-layout.ts'
import type { DueRows } from './keyed-contract.ts'
import type { Rows } from './rows.ts'

const clocks: Readonly<Record<TimeDomain, string>> = { eventTime: '\0', processingTime: '\x01' }
const clockAndTimeBytes = 9

/** The store of an index in the folder. No store of a topology can be called so. */
export function dueStoreName(store: string): string {
  return `${store}$due`
}

/** Parts of a time to live after which at the latest a row is removed: fewer entries for a row that is put often. */
const lifeParts = 16

/** The key of the index entry of a row. */
export function dueKey(spec: DueSpec, key: BinaryKey, value: unknown, timestamp: number): BinaryKey {
  if (spec.kind === 'timer') {
    // Of a timer that the topology does not know any more stream time is as good a clock as any.
    const domain = spec.domains[timerNameOf(key)] ?? 'eventTime'
    return clocks[domain] + binaryLong(value as number) + key
  }
  const step = Math.max(1, Math.floor(spec.afterMs / lifeParts))
  return clocks[spec.by] + binaryLong(Math.ceil((timestamp + spec.afterMs) / step) * step) + key
}

/** `silence`, and of timers that were added `silence@1767225600000`. */
export function timerNameOf(key: BinaryKey): string {
  const [, entry] = entryParts(key)
  const at = entry.indexOf('@')
  return at === -1 ? entry : entry.slice(0, at)
}

export class DueIndex implements DueRows {
  private readonly spec: DueSpec
  private readonly rows: Rows<Uint8Array>
  private readonly heads: Readonly<Record<TimeDomain, Head>>

  constructor(spec: DueSpec, rows: Rows<Uint8Array>) {
    this.spec = spec
    this.rows = rows
    this.heads = { eventTime: new Head(clocks.eventTime, rows), processingTime: new Head(clocks.processingTime, rows) }
  }

  note(key: BinaryKey, value: unknown, timestamp: number): void {
    const entry = dueKey(this.spec, key, value, timestamp)
    this.rows.put(entry, 0, present)
    this.heads[entry.startsWith(clocks.eventTime) ? 'eventTime' : 'processingTime'].add(entry)
  }

  firstMs(domain: TimeDomain): number {
    const first = this.heads[domain].first()
    return first === undefined ? Infinity : timeOf(first)
  }

  lastMs(domain: TimeDomain): number {
    for (const [last] of this.rows.range({ ...boundsOf(clocks[domain]), reverse: true })) return timeOf(last)
    return -1
  }

  *take(domain: TimeDomain, upToMs: number): Generator<{ readonly key: BinaryKey; readonly dueMs: number }> {
    const head = this.heads[domain]
    for (let first = head.first(); first !== undefined && timeOf(first) <= upToMs; first = head.first()) {
      head.removeFirst()
      this.rows.put(first, 0, gone)
      yield { key: first.slice(clockAndTimeBytes), dueMs: timeOf(first) }
    }
  }
}

const present = new KeptRow<Uint8Array>(null, Buffer.alloc(0), 0, noHeaders)
const gone = new KeptRow<Uint8Array>(null, null, 0, noHeaders)

function timeOf(entry: BinaryKey): number {
  return readBinaryLong(entry, 1)
}

function boundsOf(clock: string): { readonly from: BinaryKey; readonly to: BinaryKey } {
  return { from: clock, to: String.fromCharCode(clock.charCodeAt(0) + 1) }
}

const pageEntries = 256
const headEntriesMax = 1024

/**
 * The first entries of a clock, in memory: asking for the first one after every record costs nothing, and a range is read only for each page of entries that are
 * due. All entries before `coveredTo` are in it; those behind lie in the store alone.
 */
class Head {
  private readonly clock: string
  private readonly rows: Rows<Uint8Array>
  private entries: BinaryKey[] = []
  /** Where the entries begin that are not removed. */
  private start = 0
  /** undefined: everything is covered. */
  private coveredTo: BinaryKey | undefined

  constructor(clock: string, rows: Rows<Uint8Array>) {
    this.clock = clock
    this.rows = rows
    this.coveredTo = clock
  }

  first(): BinaryKey | undefined {
    if (this.start === this.entries.length && this.coveredTo !== undefined) this.load(this.coveredTo)
    return this.entries[this.start]
  }

  removeFirst(): void {
    this.start++
    if (this.start < pageEntries && this.start < this.entries.length) return
    this.entries.splice(0, this.start)
    this.start = 0
  }

  add(entry: BinaryKey): void {
    const { entries, coveredTo } = this
    if (coveredTo !== undefined && entry >= coveredTo) return
    const at = this.placeOf(entry)
    if (entries[at] === entry) return
    entries.splice(at, 0, entry)
    if (entries.length - this.start <= headEntriesMax) return
    this.coveredTo = entries[this.start + pageEntries]
    entries.length = this.start + pageEntries
  }

  private load(from: BinaryKey): void {
    this.entries = []
    this.start = 0
    for (const [entry] of this.rows.range({ from, to: boundsOf(this.clock).to })) {
      if (this.entries.length === pageEntries) {
        this.coveredTo = entry
        return
      }
      this.entries.push(entry)
    }
    this.coveredTo = undefined
  }

  /** Where an entry stands, or belongs. New ones are mostly the last. */
  private placeOf(entry: BinaryKey): number {
    let low = this.start
    let high = this.entries.length
    if (high > low && entry > this.entries[high - 1]!) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.entries[middle]! < entry) low = middle + 1
      else high = middle
    }
    return low
  }
}
