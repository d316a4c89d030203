// The stores of one task in one LevelDB. An entry's key is the store's name, a 0 byte and the key; under the empty name lie the changelog
// positions, each under its topic. A batch is written with fsync: it comes once a commit, and without it a machine that loses power could keep
// a later batch and lose an earlier one.

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

  positions(): ReadonlyMap<string, Offset> {
    return this.reached
  }

  async write({ mutations, positions }: StateBatch): Promise<void> {
    const batch = this.database.batch()
    for (const { store, key, value } of mutations) {
      const entryKey = latin1(store + nameEnd + key)
      if (value === null) batch.del(entryKey)
      else batch.put(entryKey, value)
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
  private readonly prefix: string
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
    this.prefix = name + nameEnd
    this.folder = folder
    this.ranges = ranges
    this.damageOf = damageOf
  }

  get(key: BinaryKey): Buffer | undefined {
    try {
      return this.database.getSync(latin1(this.prefix + key))
    } catch (error) {
      throw this.damageOf(error) ?? error
    }
  }

  *range(options: RangeOptions): Generator<ByteEntry> {
    const lower = lowerBound(this.name, options)
    const upper = upperBound(this.name, options)
    const prefixBytes = this.prefix.length
    try {
      for (const { key, value } of this.ranges.read(this.folder, lower, upper, options.reverse ?? false)) {
        yield { key: key.latin1Slice(prefixBytes), value }
      }
    } catch (error) {
      throw this.damageOf(error) ?? error
    }
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
