// One store of a task, from its spec: which layers it has, and the faces that operators and processors see.

import { MillraceError } from '../errors.ts'
import type { StoreKind, StoreSpec } from '../graph/operator-spec.ts'
import type { TopicWriter } from '../ports/broker.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteStore, KeyValueStore, Mutation, SessionStore, StateFolder, WindowStore } from '../ports/store.ts'
import { bytes } from '../serdes/serdes.ts'
import { type CacheBudget, CachedRows } from './cached-rows.ts'
import { ChangeLog } from './change-log.ts'
import type { RecordContext, RowStore } from './contract.ts'
import { countWindowState } from './count-window-state.ts'
import { GroupedEntries } from './grouped-entries.ts'
import { RowForm } from './kept-row.ts'
import { type KeyLayout, plainKeys, TimedKeys, type TimedKind } from './key-layout.ts'
import { ProcessorKeyValueStore, plainValues, timestampedValues } from './key-value-view.ts'
import { Retention } from './retention.ts'
import {
  LayeredJoinWindowStore,
  LayeredRowStore,
  LayeredSessionRowStore,
  LayeredWindowRowStore,
  type TimedStoreParts,
} from './row-stores.ts'
import type { Rows } from './rows.ts'
import { SequenceNumber } from './sequence-number.ts'
import { ProcessorSessionStore } from './session-view.ts'
import { StoredRows } from './stored-rows.ts'
import { SuppressBuffer } from './suppress-buffer.ts'
import { TimedRows } from './timed-rows.ts'
import { UncommittedBuffer, type UncommittedBytes } from './uncommitted-buffer.ts'
import { listOfBytes, UnmatchedRows } from './unmatched-rows.ts'
import { duplicates, oneForEachWindow, ProcessorWindowStore } from './window-view.ts'
import type { JoinWindowStore, RangedWindowRowStore, SessionRowStore, SuppressBufferStore, UnmatchedStore } from './windowed-contract.ts'

/** What the stores of a task share. */
export interface StoreSurroundings {
  readonly partition: number
  readonly budget: CacheBudget
  readonly uncommitted: UncommittedBytes
  readonly context: RecordContext
  /** A row past its retention was put into a store. */
  onExpired(store: string): void
}

export interface StoreLayers {
  readonly spec: StoreSpec
  readonly folder: StateFolder
  readonly layout: KeyLayout
  readonly retention: Retention | undefined
  readonly changeLog: ChangeLog<unknown> | undefined
  readonly buffer: UncommittedBuffer<unknown>
  readonly grouped: GroupedEntries | undefined
  readonly cache: CachedRows<unknown> | undefined
  /** What holds changes back until it is flushed: the record cache, or the buffer of a suppress. */
  readonly flushed: { readonly isDirty: boolean; flush(): void } | undefined
  /** Counts rows of a key and time, in stores that keep duplicates. */
  readonly keepsDuplicates: boolean
  readonly sequence: SequenceNumber
  readonly faces: StoreFaces
}

/** The faces of a store, by what asks for them (TaskStores). */
export interface StoreFaces {
  readonly rows?: RowStore<unknown>
  readonly windowRows?: RangedWindowRowStore<unknown>
  readonly sessionRows?: SessionRowStore<unknown>
  readonly joinWindow?: JoinWindowStore<unknown>
  readonly unmatched?: UnmatchedStore<unknown, unknown>
  readonly suppressBuffer?: SuppressBufferStore<unknown>
  readonly keyValue?: KeyValueStore<unknown, unknown>
  readonly window?: WindowStore<unknown, unknown>
  readonly session?: SessionStore<unknown, unknown>
}

const timedKinds: Partial<Record<StoreKind, TimedKind>> = {
  window: 'window',
  plainWindow: 'window',
  session: 'session',
  joinWindow: 'duplicates',
}

/** Whose changelog records have headers: those of the record, or what says in which format they are. */
const logsHeaders: readonly StoreKind[] = ['joinWindow', 'plainWindow', 'suppressBuffer']

/** Where the progress of stores is kept, each under its name. No store of a topology can be called so. */
const progressStore = '$progress'

export function buildStore(
  spec: StoreSpec,
  folder: StateFolder,
  writer: TopicWriter | undefined,
  surroundings: StoreSurroundings,
): StoreLayers {
  const { budget, uncommitted, partition } = surroundings
  const { name } = spec
  const form = new RowForm<unknown>(name, storedSerde(spec))
  const progress = readProgress(folder, name)
  const timed = timedLayout(spec, progress.streamTime)
  const layout = timed?.keys ?? plainKeys
  const grouped = timed !== undefined && liesTogether(spec) ? new GroupedEntries(folder.store(name), timed.keys.suffixBytes) : undefined
  const buffer = new UncommittedBuffer(form, layout, uncommitted)
  const changeLog = writer === undefined ? undefined : new ChangeLog(writer, partition, form, logsHeaders.includes(spec.kind))
  const engine: ByteStore = grouped ?? folder.store(name)
  const onExpired = () => surroundings.onExpired(name)
  const keepsDuplicates = timed?.keepsDuplicates ?? false
  const stored = new StoredRows({ form, layout, engine, buffer, changeLog, retention: timed?.retention, keepsDuplicates, onExpired })
  // Without room for one row a cache would only hand on each: then there is none, as in Kafka Streams.
  const caches = spec.caching && budget.bytesMax > 0
  const cache = caches ? new CachedRows({ form, layout, below: stored, budget, keepsReads: timed === undefined }) : undefined
  const rows = cache ?? stored
  const sequence = new SequenceNumber(progress.sequence)
  const shared = {
    spec,
    folder,
    layout,
    retention: timed?.retention,
    changeLog,
    buffer,
    grouped,
    cache,
    sequence,
    keepsDuplicates,
  }
  if (spec.kind === 'suppressBuffer') {
    const suppressBuffer = new SuppressBuffer({
      name,
      form: form as RowForm<Uint8Array>,
      rows: rows as Rows<Uint8Array>,
      value: spec.value,
    })
    return { ...shared, flushed: suppressBuffer, faces: { suppressBuffer } }
  }
  const faces =
    timed === undefined
      ? rowFaces(spec, form, rows, cache, surroundings.context)
      : timedFaces(spec, timedParts(spec, form, rows, cache, timed), sequence, surroundings.context)
  return { ...shared, flushed: cache, faces }
}

/** What a batch of the folder keeps of a store besides its rows. */
export function progressMutation({ spec, retention, sequence }: StoreLayers): Mutation | undefined {
  if (retention === undefined) return undefined
  const value = Buffer.allocUnsafe(12)
  value.writeDoubleBE(retention.streamTime)
  value.writeInt32BE(sequence.value, 8)
  return { store: progressStore, key: spec.name, value }
}

function readProgress(folder: StateFolder, store: string): { readonly streamTime: number; readonly sequence: number } {
  const found = folder.store(progressStore).get(store)
  if (found === undefined) return { streamTime: -1, sequence: 0 }
  return { streamTime: found.readDoubleBE(0), sequence: found.readInt32BE(8) }
}

interface TimedLayout {
  readonly keys: TimedKeys
  readonly retention: Retention
  readonly keepsDuplicates: boolean
}

function timedLayout(spec: StoreSpec, streamTime: number): TimedLayout | undefined {
  const { name, kind, retentionMs, persistent } = spec
  const timedKind = spec.retainsDuplicates === true ? 'duplicates' : timedKinds[kind]
  if (timedKind === undefined) return undefined
  if (retentionMs === undefined) throw new MillraceError('store-incomplete', { store: name, kind, missing: 'retentionMs' })
  const retention = new Retention({ retentionMs, bySegment: persistent, streamTime, showsOneMore: isWalkedByTime(spec) && persistent })
  return { keys: new TimedKeys(retention.segmentIntervalMs, timedKind), retention, keepsDuplicates: timedKind === 'duplicates' }
}

/** Kafka Streams' time-ordered session stores have an index by key, and are walked by it. */
function isWalkedByTime({ kind, timeOrdered }: StoreSpec): boolean {
  return kind === 'window' && timeOrdered === true
}

/** Windowed aggregates are read by key and start, which needs no group. */
function liesTogether({ kind, rangesByKey }: StoreSpec): boolean {
  return kind !== 'window' || rangesByKey === true
}

/** How values lie in the store and in its changelog. */
function storedSerde({ kind, value }: StoreSpec): Serde<unknown> {
  if (kind === 'countWindow') return countWindowState(value) as Serde<unknown>
  if (kind === 'unmatched') return listOfBytes as Serde<unknown>
  return kind === 'suppressBuffer' ? (bytes() as Serde<unknown>) : value
}

function rowFaces(
  spec: StoreSpec,
  form: RowForm<unknown>,
  rows: Rows<unknown>,
  cache: CachedRows<unknown> | undefined,
  context: RecordContext,
): StoreFaces {
  if (spec.kind === 'unmatched')
    return { unmatched: unmatchedRows(spec, form as RowForm<readonly Buffer[]>, rows as Rows<readonly Buffer[]>) }
  const parts = { name: spec.name, keySerde: spec.key, form, rows, cache }
  const keyValue =
    spec.kind === 'timestampedKeyValue'
      ? new ProcessorKeyValueStore(parts, timestampedValues(), context)
      : new ProcessorKeyValueStore(parts, plainValues(), context)
  return { rows: new LayeredRowStore(parts), keyValue: keyValue as KeyValueStore<unknown, unknown> }
}

function unmatchedRows(
  { name, kind, value: left, otherValue: right }: StoreSpec,
  form: RowForm<readonly Buffer[]>,
  rows: Rows<readonly Buffer[]>,
): UnmatchedStore<unknown, unknown> {
  if (right === undefined) throw new MillraceError('store-incomplete', { store: name, kind, missing: 'otherValue' })
  return new UnmatchedRows({ name, form, rows, left, right })
}

function timedParts(
  spec: StoreSpec,
  form: RowForm<unknown>,
  rows: Rows<unknown>,
  cache: CachedRows<unknown> | undefined,
  { keys, retention }: TimedLayout,
): TimedStoreParts<unknown> {
  const order = spec.persistent && !isWalkedByTime(spec) ? 'segment' : 'time'
  const timed = new TimedRows({ form, keys, rows, retention, order })
  const closesPastRetention = spec.persistent && spec.timeOrdered === true
  return { name: spec.name, keySerde: spec.key, timed, rows, cache, windowSizeMs: spec.windowSizeMs ?? 0, closesPastRetention }
}

function timedFaces(spec: StoreSpec, parts: TimedStoreParts<unknown>, sequence: SequenceNumber, context: RecordContext): StoreFaces {
  switch (spec.kind) {
    case 'session':
      return { sessionRows: new LayeredSessionRowStore(parts), session: new ProcessorSessionStore(parts, context) }
    case 'joinWindow': {
      const joinWindow = new LayeredJoinWindowStore(spec.name, parts.timed, sequence)
      return { joinWindow, window: new ProcessorWindowStore(parts, plainValues(), duplicates(sequence), context) }
    }
    case 'plainWindow': {
      const identities = spec.retainsDuplicates === true ? duplicates(sequence) : oneForEachWindow
      return { windowRows: new LayeredWindowRowStore(parts), window: new ProcessorWindowStore(parts, plainValues(), identities, context) }
    }
    default: {
      const window = new ProcessorWindowStore(parts, timestampedValues(), oneForEachWindow, context)
      return { windowRows: new LayeredWindowRowStore(parts), window: window as WindowStore<unknown, unknown> }
    }
  }
}
