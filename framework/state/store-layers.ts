// One store of a task, from its spec: which layers it has, and the faces that operators and processors see.

import type { StoreKind, StoreSpec } from '../graph/operator-spec.ts'
import type { TopicWriter } from '../ports/broker.ts'
import type { Serde } from '../ports/serde.ts'
import type { KeyValueStore, Mutation, SessionStore, StateFolder, VersionedKeyValueStore, WindowStore } from '../ports/store.ts'
import { bytes } from '../serdes/serdes.ts'
import { type CacheBudget, CachedRows } from './cached-rows.ts'
import { ChangeLog } from './change-log.ts'
import type { RecordContext, RowStore } from './contract.ts'
import { countWindowState } from './count-window-state.ts'
import { DueIndex, dueStoreName } from './due-index.ts'
import { EntryRows } from './entry-rows.ts'
import { globalWindowState } from './global-window-state.ts'
import { GraceBuffer } from './grace-buffer.ts'
import type { GroupedEntries } from './grouped-entries.ts'
import { RowForm } from './kept-row.ts'
import { type KeyLayout, plainKeys } from './key-layout.ts'
import { ProcessorKeyValueStore, plainValues, timestampedValues } from './key-value-view.ts'
import type { EntryStore } from './keyed-contract.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { RecentKeys } from './recent-keys.ts'
import { RecentRows } from './recent-rows.ts'
import { required } from './required.ts'
import { Retention } from './retention.ts'
import { LayeredRowStore } from './row-stores.ts'
import type { Rows } from './rows.ts'
import { SequenceNumber } from './sequence-number.ts'
import { rowViews, type StoreViews, versionedViews } from './store-views.ts'
import { StoredRows } from './stored-rows.ts'
import { SuppressBuffer } from './suppress-buffer.ts'
import { timedFaces, timedLayout } from './timed-store.ts'
import { UncommittedBuffer, type UncommittedBytes } from './uncommitted-buffer.ts'
import { listOfBytes, UnmatchedRows } from './unmatched-rows.ts'
import type { VersionedRowStore } from './versioned-contract.ts'
import { VersionedRows, versionSegmentMs } from './versioned-rows.ts'
import { ProcessorVersionedStore } from './versioned-view.ts'
import { type Version, versionsSerde } from './versions.ts'
import type {
  GraceBufferStore,
  JoinWindowStore,
  RangedWindowRowStore,
  SessionRowStore,
  SuppressBufferStore,
  UnmatchedStore,
} from './windowed-contract.ts'

/** What the stores of a task share. */
export interface StoreSurroundings {
  readonly partition: number
  readonly budget: CacheBudget
  readonly uncommitted: UncommittedBytes
  readonly suppressBudget: MemoryBudget
  readonly context: RecordContext
  /** A row past its retention was put into a store. */
  onExpired(store: string): void
}

export interface StoreLayers {
  readonly spec: StoreSpec
  readonly folder: StateFolder
  readonly writer: TopicWriter | undefined
  /** Of stores whose engine keys begin with a segment; versioned stores forget by themselves. */
  readonly dropsSegments: boolean
  readonly retention: Retention | undefined
  readonly buffer: UncommittedBuffer<unknown>
  readonly grouped: GroupedEntries | undefined
  readonly cache: CachedRows<unknown> | undefined
  /** What holds changes back until it is flushed: the record cache, or the buffer of a suppress. */
  readonly flushed: { readonly isDirty: boolean; flush(): void } | undefined
  readonly sequence: SequenceNumber
  /** Of stores whose rows are due by time: the changes of their index. */
  readonly dueBuffer: UncommittedBuffer<Uint8Array> | undefined
  readonly restoring: RestoredForm
  readonly faces: StoreFaces
  readonly views: StoreViews
}

type Seen = Pick<StoreLayers, 'faces' | 'views'>

/** How changelog records become entries of the engine. */
export interface RestoredForm {
  readonly layout: KeyLayout
  readonly keepsDuplicates: boolean
  /** Of keys that end with a sequence number, which is counted on from the last one: how many bytes it has. */
  readonly sequenceBytes: 0 | 4 | 8
  /** Of LRU maps: restoring uses keys in the order of the changelog. */
  readonly recent: RecentKeys | undefined
  /** Of versioned stores, whose records are added to the key's versions. */
  readonly versions: VersionedRows<unknown> | undefined
}

/** The faces of a store, by what asks for them (TaskStores). */
export interface StoreFaces {
  readonly entries?: EntryStore<unknown>
  readonly rows?: RowStore<unknown>
  readonly windowRows?: RangedWindowRowStore<unknown>
  readonly sessionRows?: SessionRowStore<unknown>
  readonly versionedRows?: VersionedRowStore<unknown>
  readonly joinWindow?: JoinWindowStore<unknown>
  readonly unmatched?: UnmatchedStore<unknown, unknown>
  readonly suppressBuffer?: SuppressBufferStore<unknown>
  readonly graceBuffer?: GraceBufferStore<unknown>
  readonly keyValue?: KeyValueStore<unknown, unknown>
  readonly window?: WindowStore<unknown, unknown>
  readonly session?: SessionStore<unknown, unknown>
  readonly versioned?: VersionedKeyValueStore<unknown, unknown>
}

/** Whose changelog records have headers: those of the record, or what says in which format they are. */
const logsHeaders: readonly StoreKind[] = ['joinWindow', 'plainWindow', 'subscriptions', 'suppressBuffer']

/** Where the progress of stores is kept, each under its name. No store of a topology can be called so. */
const progressStore = '$progress'

export function buildStore(
  spec: StoreSpec,
  folder: StateFolder,
  writer: TopicWriter | undefined,
  surroundings: StoreSurroundings,
): StoreLayers {
  const { budget, uncommitted, partition, context } = surroundings
  const { name, kind } = spec
  const form = new RowForm<unknown>(name, storedSerde(spec))
  const progress = readProgress(folder, name)
  const sequence = new SequenceNumber(progress.sequence, spec.numbered ? Number.MAX_SAFE_INTEGER : undefined)
  const timed = timedLayout(spec, folder, progress.streamTime)
  const layout = timed?.keys ?? plainKeys
  const keepsDuplicates = timed?.keepsDuplicates ?? false
  const buffer = new UncommittedBuffer(form, layout, uncommitted)
  const stored = new StoredRows({
    form,
    layout,
    engine: timed?.grouped ?? folder.store(name),
    grouped: timed?.grouped,
    buffer,
    // A versioned store logs each version, not the row that holds them.
    changeLog:
      writer === undefined || kind === 'versioned' ? undefined : new ChangeLog(writer, partition, form, logsHeaders.includes(kind)),
    retention: timed?.retention,
    keepsDuplicates,
    onExpired: () => surroundings.onExpired(name),
  })
  // Without room for one row a cache would only hand on each: then there is none, as in Kafka Streams.
  const caches = spec.caching && budget.bytesMax > 0 && kind !== 'versioned'
  const recent = spec.entriesMax === undefined ? undefined : new RecentKeys(spec.entriesMax)
  const below = recent === undefined ? stored : new RecentRows({ below: stored, buffer, form, keys: recent })
  const cache = caches ? new CachedRows({ form, layout, below, budget, keepsReads: timed === undefined }) : undefined
  const rows = cache ?? below
  const history = kind === 'versioned' ? historyOf(spec, progress.streamTime) : undefined
  const versions = history === undefined ? undefined : versionedRows(spec, form, rows, writer, history, surroundings)
  const due = dueIndex(spec, folder, uncommitted)
  const { faces, views }: Seen =
    timed !== undefined
      ? timedFaces(spec, form, { rows, cache, ...timed }, sequence, context)
      : versions !== undefined
        ? {
            faces: { versionedRows: versions, versioned: new ProcessorVersionedStore(spec.key, versions, context) },
            views: versionedViews(spec, versions),
          }
        : {
            faces: { ...plainFaces(spec, form, rows, cache, sequence, surroundings), ...entryFace(spec, form, rows, sequence, due?.index) },
            views: rowViews(spec, form, rows),
          }
  return {
    spec,
    folder,
    writer,
    dropsSegments: timed !== undefined,
    retention: timed?.retention ?? history,
    buffer,
    grouped: timed?.grouped,
    cache,
    flushed: faces.suppressBuffer instanceof SuppressBuffer ? faces.suppressBuffer : cache,
    sequence,
    dueBuffer: due?.buffer,
    restoring: {
      layout,
      keepsDuplicates,
      sequenceBytes: spec.numbered ? 8 : keepsDuplicates || kind === 'graceBuffer' ? 4 : 0,
      recent,
      versions,
    },
    faces,
    views,
  }
}

/** What a batch of the folder keeps of a store besides its rows. */
export function progressMutation({ spec, retention, sequence }: StoreLayers): Mutation | undefined {
  if (retention === undefined && sequence.value === 0) return undefined
  const value = Buffer.allocUnsafe(sequence.fitsInt ? 12 : 16)
  value.writeDoubleBE(retention?.streamTime ?? -1)
  if (sequence.fitsInt) value.writeInt32BE(sequence.value, 8)
  else value.writeDoubleBE(sequence.value, 8)
  return { store: progressStore, key: spec.name, value }
}

function readProgress(folder: StateFolder, store: string): { readonly streamTime: number; readonly sequence: number } {
  const found = folder.store(progressStore).get(store)
  if (found === undefined) return { streamTime: -1, sequence: 0 }
  return { streamTime: found.readDoubleBE(0), sequence: found.length === 12 ? found.readInt32BE(8) : found.readDoubleBE(8) }
}

/** How values lie in the store and, but for versioned ones, in its changelog. */
function storedSerde({ kind, value }: StoreSpec): Serde<unknown> {
  switch (kind) {
    case 'countWindow':
      return countWindowState(value) as Serde<unknown>
    case 'globalWindow':
      return globalWindowState(value) as Serde<unknown>
    case 'unmatched':
      return listOfBytes as Serde<unknown>
    case 'suppressBuffer':
    case 'graceBuffer':
      return bytes() as Serde<unknown>
    case 'versioned':
      return versionsSerde as Serde<unknown>
    default:
      return value
  }
}

function plainFaces(
  spec: StoreSpec,
  form: RowForm<unknown>,
  rows: Rows<unknown>,
  cache: CachedRows<unknown> | undefined,
  sequence: SequenceNumber,
  { context, suppressBudget: budget }: StoreSurroundings,
): StoreFaces {
  const { name, kind, key: keySerde, value } = spec
  if (kind === 'unmatched') {
    const right = required(spec, 'otherValue')
    const lists = { form: form as RowForm<readonly Buffer[]>, rows: rows as Rows<readonly Buffer[]> }
    return { unmatched: new UnmatchedRows({ name, ...lists, left: value, right }) }
  }
  const held = { name, form: form as RowForm<Uint8Array>, rows: rows as Rows<Uint8Array>, value }
  if (kind === 'suppressBuffer') return { suppressBuffer: new SuppressBuffer({ ...held, budget }) }
  if (kind === 'graceBuffer') return { graceBuffer: new GraceBuffer({ ...held, sequence }) }
  const parts = { name, keySerde, form, rows, cache }
  const keyValue =
    kind === 'timestampedKeyValue'
      ? new ProcessorKeyValueStore(parts, timestampedValues(), context)
      : new ProcessorKeyValueStore(parts, plainValues(), context)
  return { rows: new LayeredRowStore(parts), keyValue: keyValue as KeyValueStore<unknown, unknown> }
}

/** Rows of keyed state are found one by one, without a cache. */
function entryFace(
  { name, kind, caching }: StoreSpec,
  form: RowForm<unknown>,
  rows: Rows<unknown>,
  sequence: SequenceNumber,
  due: DueIndex | undefined,
): Pick<StoreFaces, 'entries'> {
  return kind === 'keyValue' && !caching ? { entries: new EntryRows({ name, form, rows, sequence, due }) } : {}
}

function dueIndex({ name, due }: StoreSpec, folder: StateFolder, uncommitted: UncommittedBytes) {
  if (due === undefined) return undefined
  const form = new RowForm<Uint8Array>(name, bytes())
  const layout = plainKeys
  const buffer = new UncommittedBuffer(form, layout, uncommitted)
  const engine = folder.store(dueStoreName(name))
  const stored = {
    form,
    layout,
    engine,
    buffer,
    grouped: undefined,
    changeLog: undefined,
    retention: undefined,
    keepsDuplicates: false,
    onExpired() {},
  }
  return { buffer, index: new DueIndex(due, new StoredRows(stored)) }
}

function historyOf(spec: StoreSpec, streamTime: number): Retention {
  const retentionMs = required(spec, 'historyRetentionMs')
  return new Retention({ retentionMs, bySegment: true, streamTime, showsOneMore: true, segmentIntervalMs: versionSegmentMs(retentionMs) })
}

function versionedRows(
  { name, value }: StoreSpec,
  form: RowForm<unknown>,
  rows: Rows<unknown>,
  writer: TopicWriter | undefined,
  history: Retention,
  { partition, onExpired }: StoreSurroundings,
): VersionedRows<unknown> {
  const valueForm = new RowForm(name, value)
  return new VersionedRows({
    name,
    form: form as RowForm<readonly Version[]>,
    rows: rows as Rows<readonly Version[]>,
    value,
    valueForm,
    changeLog: writer === undefined ? undefined : new ChangeLog(writer, partition, valueForm, false),
    history,
    onExpired: () => onExpired(name),
  })
}
