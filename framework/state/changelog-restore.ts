// Brings stores up to their changelogs, straight into the state engine: records are merged by key in memory, then written in large
// batches with the position that they reach. Nothing of it passes the layers above, which are empty meanwhile.

import { MillraceError } from '../errors.ts'
import type { StoreKind } from '../graph/operator-spec.ts'
import { asOffset, type Offset, type RecordReader } from '../ports/record.ts'
import type { BinaryKey, Mutation } from '../ports/store.ts'
import { type Missing, missingOf } from '../serdes/readiness.ts'
import type { Changelog, StateRestore } from './contract.ts'
import { dueKey, dueStoreName } from './due-index.ts'
import { entryOfRecord } from './kept-row.ts'
import { readBinaryInteger, readBinaryLong } from './key-layout.ts'
import { progressMutation, type StoreLayers } from './store-layers.ts'

/** What a merged record costs beyond its key and value. */
export const mergedOverheadBytes = 120

/** An entry of the index of what is due is its key alone: behind the timestamp of all rows lies nothing. */
const dueEntry = entryOfRecord(0, Buffer.alloc(0), 0, 0)

/** Kept as a position while a store is being emptied: after a crash it is emptied again. */
const noPosition = asOffset(-1)

type Merged = Map<BinaryKey, Buffer | null>

interface Restoring {
  readonly changelog: Changelog
  readonly layers: StoreLayers
  position: Offset
  merged: Merged
  /** Entries for the index of what is due. */
  due: Merged
  /** What was merged before and is being written, where it is looked at again: the store may not show it yet. */
  underWay: Merged
  readonly missing: Missing | undefined
}

/** Their changelogs hold no plain values; what is in them was written by the app itself. */
const wrapsValues: readonly StoreKind[] = ['unmatched', 'suppressBuffer', 'graceBuffer', 'subscriptions', 'countWindow', 'globalWindow']

export class ChangelogRestore implements StateRestore {
  records = 0
  private readonly byTopic = new Map<string, Restoring>()
  private mergedBytes = 0
  private readonly mergedBytesMax: number
  /** What serdes fetch so that what is restored can be read. */
  private readonly preparing = new Set<Promise<void>>()
  private writing: Promise<void> = Promise.resolve()

  /** `heldBytesMax`: what is merged, and beside it what was merged before and is on its way to the engine. */
  constructor(stores: ReadonlyMap<string, StoreLayers>, changelogs: readonly Changelog[], heldBytesMax: number) {
    this.mergedBytesMax = heldBytesMax / 2
    for (const changelog of changelogs) {
      const layers = stores.get(changelog.store)
      if (layers === undefined) continue
      const position = layers.folder.positions().get(changelog.topic) ?? noPosition
      this.byTopic.set(changelog.topic, {
        changelog,
        layers,
        position,
        merged: new Map(),
        due: new Map(),
        underWay: new Map(),
        missing: missingIn(layers),
      })
    }
  }

  async begin(topic: string, logStart: Offset, logEnd: Offset): Promise<Offset> {
    const restoring = this.of(topic)
    if (restoring.position < logStart || restoring.position > logEnd) {
      await this.empty(restoring)
      restoring.position = logStart
    }
    return restoring.position
  }

  position(topic: string): Offset {
    return this.of(topic).position
  }

  apply(topic: string, reader: RecordReader, recordsMax: number): boolean {
    const restoring = this.of(topic)
    for (let left = recordsMax; left > 0; left--) {
      if (!reader.next()) {
        if (reader.nextOffset > restoring.position) restoring.position = asOffset(reader.nextOffset)
        return false
      }
      if (reader.offset < restoring.position) continue
      this.records++
      // A source topic may have records without a key: they are no rows.
      if (reader.keyStart >= 0) {
        this.prepare(restoring, reader)
        this.merge(restoring, reader)
      }
      restoring.position = asOffset(reader.offset + 1)
      // Looked at with each record, for one may have a megabyte.
      if (this.full) return true
    }
    return true
  }

  get full(): boolean {
    return this.mergedBytes > this.mergedBytesMax
  }

  async writeBehind(): Promise<void> {
    await this.writing
    await this.prepared()
    this.writing = this.writeMerged()
    // It is awaited, and fails, in the next call.
    this.writing.catch(() => {})
  }

  /** Resolves when it is on disk, and when all that was restored can be read. */
  async write(): Promise<void> {
    await this.writeBehind()
    await this.writing
  }

  private async prepared(): Promise<void> {
    if (this.preparing.size === 0) return
    await Promise.all(this.preparing)
    this.preparing.clear()
  }

  /** Takes what is merged, and hands it to each folder, before it first waits: what is applied meanwhile is another batch. */
  private async writeMerged(): Promise<void> {
    const all = [...this.byTopic.values()]
    const taken = all.map((restoring) => ({ ...restoring }))
    for (const restoring of all) {
      if (restoring.layers.restoring.versions !== undefined) restoring.underWay = restoring.merged
      restoring.merged = new Map()
      restoring.due = new Map()
    }
    this.mergedBytes = 0
    const writings = [...new Set(taken.map(({ layers }) => layers.folder))].map((folder) => {
      const restorings = taken.filter(({ layers }) => layers.folder === folder)
      const positions = new Map(
        restorings.filter(({ position }) => position >= 0).map(({ changelog, position }) => [changelog.topic, position]),
      )
      return folder.write({ mutations: mutationsOf(restorings), positions })
    })
    await Promise.all(writings)
    for (const restoring of all) restoring.underWay = new Map()
  }

  private prepare({ missing }: Restoring, reader: RecordReader): void {
    const ready = missing?.(reader)
    if (ready === undefined) return
    this.preparing.add(ready)
    // It is awaited, and fails, in `write`.
    ready.catch(() => {})
  }

  private merge(restored: Restoring, reader: RecordReader): void {
    const { changelog, layers, merged, underWay } = restored
    const { bytes, keyStart, keyEnd, valueStart, valueEnd, timestamp } = reader
    const { retention, restoring, sequence, spec, folder } = layers
    const { layout, keepsDuplicates, sequenceBytes, recent, versions } = restoring
    const changelogKey = bytes.latin1Slice(keyStart, keyEnd)
    if (changelogKey.length < layout.changelogKeyBytesMin) {
      const problem = `its key has ${changelogKey.length} bytes, and one of a ${spec.kind} store has at least ${layout.changelogKeyBytesMin}`
      const { topic, partition, store } = changelog
      throw new MillraceError('changelog-malformed', { topic, partition, offset: reader.offset, store, problem })
    }
    // Rows of one key and time are counted on from the latest, or they would overwrite each other. A tombstone may have the number of an older one.
    if (sequenceBytes === 4) sequence.value = Math.max(sequence.value, readBinaryInteger(changelogKey, changelogKey.length - 4))
    if (sequenceBytes === 8) sequence.value = Math.max(sequence.value, readBinaryLong(changelogKey, changelogKey.length - 8))
    // A null among duplicates is no row.
    if (keepsDuplicates && valueStart < 0) {
      retention?.passesNull(layout.changelogTimeOf(changelogKey))
      return
    }
    if (versions !== undefined) {
      // Null: a record before this one has deleted it.
      const pending = merged.has(changelogKey) ? merged.get(changelogKey) : underWay.get(changelogKey)
      const before = pending === undefined ? folder.store(spec.name).get(changelogKey) : (pending ?? undefined)
      const value = valueStart < 0 ? null : Buffer.from(bytes.subarray(valueStart, valueEnd))
      this.keep(merged, changelogKey, versions.restored(before, timestamp, value) ?? null)
      return
    }
    if (retention !== undefined && !retention.admits(layout.changelogTimeOf(changelogKey))) return
    const entry = valueStart < 0 ? null : entryOfRecord(timestamp, bytes, valueStart, valueEnd)
    const engineKey = layout.engineKeyOfChangelog(changelogKey)
    this.keep(merged, engineKey, entry)
    if (entry !== null && spec.due !== undefined) this.noteDue(restored, reader, changelogKey)
    if (entry === null) recent?.delete(engineKey)
    const eldest = entry === null ? undefined : recent?.put(engineKey)
    if (eldest !== undefined) this.keep(merged, eldest, null)
  }

  /** The index follows from the rows: what is due, by what the record says. */
  private noteDue({ layers, due }: Restoring, reader: RecordReader, key: BinaryKey): void {
    const { spec } = layers
    const { bytes, valueStart, valueEnd, timestamp } = reader
    if (spec.due === undefined) return
    const value = spec.due.kind === 'timer' ? spec.value.read(bytes, valueStart, valueEnd) : undefined
    this.keep(due, dueKey(spec.due, key, value, timestamp), dueEntry)
  }

  private keep(merged: Map<BinaryKey, Buffer | null>, key: BinaryKey, entry: Buffer | null): void {
    const before = merged.get(key)
    this.mergedBytes += (entry?.length ?? 0) - (before === undefined ? -mergedOverheadBytes - key.length : (before?.length ?? 0))
    merged.set(key, entry)
  }

  private async empty({ changelog, layers, merged, due }: Restoring): Promise<void> {
    const { folder, spec, restoring } = layers
    await this.writing
    merged.clear()
    due.clear()
    restoring.recent?.clear()
    await folder.write({ mutations: [], positions: new Map([[changelog.topic, noPosition]]) })
    await folder.clear(spec.name)
    if (spec.due !== undefined) await folder.clear(dueStoreName(spec.name))
  }

  private of(topic: string): Restoring {
    const restoring = this.byTopic.get(topic)
    if (restoring === undefined) throw new MillraceError('store-unknown', { task: '', kind: 'logged', store: topic })
    return restoring
  }
}

function missingIn({ spec }: StoreLayers): Missing | undefined {
  return wrapsValues.includes(spec.kind) ? undefined : missingOf(spec.key, spec.value)
}

function* mutationsOf(restorings: readonly Restoring[]): Generator<Mutation> {
  for (const { layers, merged, due } of restorings) {
    layers.retention?.passesOn()
    const { grouped, spec } = layers
    // Entries of a group have to come one behind the other.
    if (grouped === undefined) yield* rowMutations(spec.name, merged)
    else yield* grouped.grouped(rowMutations(spec.name, [...merged].sort(byKey)))
    yield* rowMutations(dueStoreName(spec.name), due)
    const progress = progressMutation(layers)
    if (progress !== undefined) yield progress
    // The folder has its own of it by now: it need not lie here until that is on disk.
    if (layers.restoring.versions === undefined) merged.clear()
    due.clear()
  }
}

function byKey([left]: readonly [BinaryKey, unknown], [right]: readonly [BinaryKey, unknown]): number {
  return left < right ? -1 : 1
}

function* rowMutations(store: string, merged: Iterable<readonly [BinaryKey, Buffer | null]>): Generator<Mutation> {
  for (const [key, value] of merged) yield { store, key, value }
}
