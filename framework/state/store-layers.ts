// One store of a task, from its spec: which layers it has, and the face that operators see.

import { MillraceError } from '../errors.ts'
import type { StoreSpec } from '../graph/operator-spec.ts'
import type { TopicWriter } from '../ports/broker.ts'
import type { Serde } from '../ports/serde.ts'
import type { KeyValueStore, Mutation, StateFolder } from '../ports/store.ts'
import { type CacheBudget, CachedRows } from './cached-rows.ts'
import { ChangeLog } from './change-log.ts'
import type { RecordContext, RowStore, WindowRowStore } from './contract.ts'
import { countWindowState } from './count-window-state.ts'
import { RowForm } from './kept-row.ts'
import { type KeyLayout, plainKeys, type WindowKeys, windowKeys } from './key-layout.ts'
import { ProcessorKeyValueStore, plainValues, timestampedValues } from './key-value-view.ts'
import { Retention } from './retention.ts'
import { LayeredRowStore, LayeredWindowRowStore } from './row-stores.ts'
import { StoredRows } from './stored-rows.ts'
import { UncommittedBuffer, type UncommittedBytes } from './uncommitted-buffer.ts'

/** What the stores of a task share. */
export interface StoreSurroundings {
  readonly taskId: string
  readonly partition: number
  readonly budget: CacheBudget
  readonly uncommitted: UncommittedBytes
  readonly context: RecordContext
  /** A window past its retention was put into a store. */
  onExpired(store: string): void
}

export interface StoreLayers {
  readonly spec: StoreSpec
  readonly folder: StateFolder
  readonly layout: KeyLayout
  readonly retention: Retention | undefined
  readonly changeLog: ChangeLog<unknown> | undefined
  readonly buffer: UncommittedBuffer<unknown>
  readonly cache: CachedRows<unknown> | undefined
  readonly face: StoreFace
}

export type StoreFace =
  | { readonly kind: 'rows'; readonly store: RowStore<unknown>; readonly processorStore: KeyValueStore<unknown, unknown> }
  | { readonly kind: 'windowRows'; readonly store: WindowRowStore<unknown> }

/** Where window stores' stream times are kept, each under its store's name. No store of a topology can be called so. */
const streamTimes = '$stream-times'

export function buildStore(
  spec: StoreSpec,
  folder: StateFolder,
  writer: TopicWriter | undefined,
  surroundings: StoreSurroundings,
): StoreLayers {
  const { budget, uncommitted, partition } = surroundings
  const { name } = spec
  const valueSerde: Serde<unknown> = spec.kind === 'countWindow' ? countWindowState(spec.value) : spec.value
  const form = new RowForm(name, valueSerde)
  const windows = spec.kind === 'window' ? windowsOf(spec, folder) : undefined
  const layout = windows?.layout ?? plainKeys
  const buffer = new UncommittedBuffer(form, layout, uncommitted)
  const changeLog = writer === undefined ? undefined : new ChangeLog(writer, partition, form)
  const stored = new StoredRows({
    form,
    layout,
    engine: folder.store(name),
    buffer,
    changeLog,
    retention: windows?.retention,
    onExpired: () => surroundings.onExpired(name),
  })
  // Without room for one row a cache would only hand on each: then there is none, as in Kafka Streams.
  const caches = spec.caching && budget.bytesMax > 0
  const cache = caches ? new CachedRows({ form, layout, below: stored, budget, keepsReads: windows === undefined }) : undefined
  const parts = { name, keySerde: spec.key, form, rows: cache ?? stored, cache }
  const face: StoreFace =
    windows === undefined
      ? { kind: 'rows', store: new LayeredRowStore(parts), processorStore: processorStore(spec, parts, surroundings.context) }
      : {
          kind: 'windowRows',
          store: new LayeredWindowRowStore({ ...parts, layout: windows.layout, windowSizeMs: windows.windowSizeMs }),
        }
  return { spec, folder, layout, retention: windows?.retention, changeLog, buffer, cache, face }
}

function processorStore(
  spec: StoreSpec,
  parts: ConstructorParameters<typeof LayeredRowStore<unknown>>[0],
  context: RecordContext,
): KeyValueStore<unknown, unknown> {
  if (spec.kind === 'timestampedKeyValue')
    return new ProcessorKeyValueStore(parts, timestampedValues(), context) as KeyValueStore<unknown, unknown>
  return new ProcessorKeyValueStore(parts, plainValues(), context)
}

interface Windows {
  readonly layout: WindowKeys
  readonly retention: Retention
  readonly windowSizeMs: number
}

function windowsOf(spec: StoreSpec, folder: StateFolder): Windows {
  const { retentionMs, windowSizeMs } = spec
  if (retentionMs === undefined || windowSizeMs === undefined) {
    throw new MillraceError('store-unknown', { task: '?', kind: 'window (with retention and size)', store: spec.name })
  }
  // Kafka Streams' in-memory window stores have no segments: each window start expires by itself.
  const segmentIntervalMs = spec.persistent ? Retention.segmentIntervalOf(retentionMs) : 1
  const streamTime = folder.store(streamTimes).get(spec.name)
  return {
    layout: windowKeys(segmentIntervalMs),
    retention: new Retention(retentionMs, segmentIntervalMs, streamTime?.readDoubleBE(0)),
    windowSizeMs,
  }
}

export function streamTimeMutation(store: string, streamTime: number): Mutation {
  const value = Buffer.allocUnsafe(8)
  value.writeDoubleBE(streamTime)
  return { store: streamTimes, key: store, value }
}
