// The stores of one task in one LevelDB. An entry's key is the store's name, a 0 byte and the key; under the empty name lie the changelog
// positions, each under its topic. A batch is written with fsync: it comes once a commit, and without it a machine that loses power could keep
// a later batch and lose an earlier one.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ClassicLevel } from 'classic-level'
import {
  asOffset,
  type BinaryKey,
  type ByteEntry,
  type ByteStore,
  type KeyRange,
  MillraceError,
  type Offset,
  type RangeOptions,
  type StateBatch,
  type StateFolder,
} from '../../framework/index.ts'
import type { RangeWorker } from './range-worker.ts'

type Database = ClassicLevel<Buffer, Buffer>

const nameEnd = '\0'
/** Comes after every key of the store. */
const afterName = '\x01'
const positionsName = ''

/** Of longer keys no views are kept. */
const viewedBytesMax = 256

/** What LevelDB says when it reads a damaged file, a truncated one among them; a write that fails so may only lack space. */
const readDamage = ['LEVEL_CORRUPTION', 'LEVEL_IO_ERROR']
const writeDamage = ['LEVEL_CORRUPTION']

export class LeveldbFolder implements StateFolder {
  private readonly database: Database
  private readonly folder: string
  private readonly ranges: RangeWorker
  private readonly reached = new Map<string, Offset>()
  private readonly onDamage: (problem: string) => void
  private readonly onClose: () => void

  private constructor(database: Database, folder: string, ranges: RangeWorker, onDamage: (problem: string) => void, onClose: () => void) {
    this.database = database
    this.folder = folder
    this.ranges = ranges
    this.onDamage = onDamage
    this.onClose = onClose
  }

  static async of(
    database: Database,
    location: string,
    ranges: RangeWorker,
    onDamage: (problem: string) => void,
    onClose: () => void,
  ): Promise<LeveldbFolder> {
    const folder = new LeveldbFolder(database, location, ranges, onDamage, onClose)
    try {
      await folder.readPositions()
    } catch (error) {
      await database.close()
      throw folder.damageOf(error, readDamage) ?? error
    }
    return folder
  }

  store(name: string): ByteStore {
    return new LeveldbStore(this.database, name, this.folder, this.ranges, (error) => this.damageOf(error, readDamage))
  }

  sizeBytes(): number {
    let sum = 0
    // LevelDB may delete a file in between.
    for (const name of readdirSync(this.folder)) sum += statSync(join(this.folder, name), { throwIfNoEntry: false })?.size ?? 0
    return sum
  }

  positions(): ReadonlyMap<string, Offset> {
    return this.reached
  }

  async write({ mutations, positions: coming }: StateBatch): Promise<void> {
    const batch = this.database.batch()
    const entryKey = new EntryKey()
    for (const { store, key, value } of mutations) {
      if (value === null) batch.del(entryKey.of(store, key))
      else batch.put(entryKey.of(store, key), value)
    }
    let positions: ReadonlyMap<string, Offset>
    try {
      positions = await coming
    } catch (error) {
      await batch.close()
      throw error
    }
    for (const [topic, position] of positions) batch.put(latin1(positionsName + nameEnd + topic), bigEndian(position))
    if (batch.length === 0) return await batch.close()
    await this.guarded(batch.write({ sync: true }))
    for (const [topic, position] of positions) this.reached.set(topic, position)
  }

  async clear(store: string, range: KeyRange = {}): Promise<void> {
    await this.guarded(this.database.clear({ gte: lowerBound(store, range), lt: upperBound(store, range) }))
  }

  async close(): Promise<void> {
    await this.ranges.forget(this.folder)
    await this.database.close()
    this.onClose()
  }

  private async readPositions(): Promise<void> {
    const bounds = { gte: latin1(positionsName + nameEnd), lt: latin1(positionsName + afterName) }
    for await (const [key, value] of this.database.iterator(bounds)) {
      this.reached.set(key.latin1Slice(nameEnd.length), asOffset(Number(value.readBigInt64BE(0))))
    }
  }

  private async guarded(write: Promise<void>): Promise<void> {
    try {
      await write
    } catch (error) {
      const damage = this.damageOf(error, writeDamage)
      if (damage !== undefined) throw damage
      const problem = error instanceof Error ? error.message : String(error)
      throw new MillraceError('state-not-writable', { folder: this.folder, problem }, error)
    }
  }

  /** What to throw if the error says that the files are damaged. The next opening will find it said in the folder. */
  private damageOf(error: unknown, codes: readonly unknown[]): MillraceError | undefined {
    if (!codes.includes((error as { readonly code?: unknown }).code)) return undefined
    const problem = error instanceof Error ? error.message : String(error)
    this.onDamage(problem)
    return new MillraceError('state-corrupt', { folder: this.folder, problem }, error)
  }
}

class LeveldbStore implements ByteStore {
  private readonly database: Database
  private readonly name: string
  private readonly prefixBytes: number
  private readonly entryKey = new EntryKey()
  private readonly folder: string
  private readonly ranges: RangeWorker
  private readonly damageOf: (error: unknown) => MillraceError | undefined

  constructor(
    database: Database,
    name: string,
    folder: string,
    ranges: RangeWorker,
    damageOf: (error: unknown) => MillraceError | undefined,
  ) {
    this.database = database
    this.name = name
    this.prefixBytes = name.length + nameEnd.length
    this.folder = folder
    this.ranges = ranges
    this.damageOf = damageOf
  }

  get(key: BinaryKey): Buffer | undefined {
    try {
      return this.database.getSync(this.entryKey.of(this.name, key))
    } catch (error) {
      throw this.damageOf(error) ?? error
    }
  }

  *range(options: RangeOptions): Generator<ByteEntry> {
    const lower = lowerBound(this.name, options)
    const upper = upperBound(this.name, options)
    const { prefixBytes } = this
    try {
      for (const { key, value } of this.ranges.read(this.folder, lower, upper, options.reverse ?? false)) {
        yield { key: key.latin1Slice(prefixBytes), value }
      }
    } catch (error) {
      throw this.damageOf(error) ?? error
    }
  }
}

/** Writes an entry's key into the same memory each time: LevelDB copies a key when it is put or looked for. */
class EntryKey {
  private bytes = Buffer.allocUnsafeSlow(256)
  /** Of the bytes, by size: most keys of a store have a few sizes, and a view costs more than to write a key. */
  private views: Buffer[] = []
  private store = ''
  private start = 0

  of(store: string, key: BinaryKey): Buffer {
    if (store !== this.store || this.start === 0) this.begin(store)
    const size = this.start + key.length
    if (size > this.bytes.length) this.grow(size)
    this.bytes.latin1Write(key, this.start)
    if (size > viewedBytesMax) return this.bytes.subarray(0, size)
    this.views[size] ??= this.bytes.subarray(0, size)
    return this.views[size]
  }

  private begin(store: string): void {
    this.store = store
    this.start = store.length + nameEnd.length
    if (this.start > this.bytes.length) this.grow(this.start)
    this.bytes.latin1Write(store + nameEnd, 0)
  }

  private grow(sizeBytes: number): void {
    const larger = Buffer.allocUnsafeSlow(sizeBytes * 2)
    this.bytes.copy(larger, 0, 0, this.start)
    this.bytes = larger
    this.views = []
  }
}

function lowerBound(store: string, { from }: KeyRange): Buffer {
  return latin1(store + nameEnd + (from ?? ''))
}

function upperBound(store: string, { to }: KeyRange): Buffer {
  return latin1(to === undefined ? store + afterName : store + nameEnd + to)
}

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

function bigEndian(position: Offset): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(BigInt(position))
  return bytes
}
