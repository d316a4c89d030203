// Window and session stores: how their rows lie, and their faces.

import type { StoreKind, StoreSpec } from '../graph/operator-spec.ts'
import type { StateFolder, WindowStore } from '../ports/store.ts'
import type { CachedRows } from './cached-rows.ts'
import type { RecordContext } from './contract.ts'
import { GroupedEntries } from './grouped-entries.ts'
import type { RowForm } from './kept-row.ts'
import { TimedKeys, type TimedKind } from './key-layout.ts'
import { plainValues, timestampedValues } from './key-value-view.ts'
import { required } from './required.ts'
import { Retention } from './retention.ts'
import { LayeredJoinWindowStore, LayeredSessionRowStore, LayeredWindowRowStore, type TimedStoreParts } from './row-stores.ts'
import type { Rows } from './rows.ts'
import type { SequenceNumber } from './sequence-number.ts'
import { ProcessorSessionStore } from './session-view.ts'
import type { StoreFaces } from './store-layers.ts'
import { type StoreViews, timedViews } from './store-views.ts'
import { TimedRows } from './timed-rows.ts'
import { duplicates, oneForEachWindow, ProcessorWindowStore } from './window-view.ts'

export interface TimedLayout {
  readonly keys: TimedKeys
  readonly retention: Retention
  /** Set if a key's entries of a segment lie together. */
  readonly grouped: GroupedEntries | undefined
  readonly keepsDuplicates: boolean
}

export interface TimedLayers extends TimedLayout {
  readonly rows: Rows<unknown>
  readonly cache: CachedRows<unknown> | undefined
}

const timedKinds: Partial<Record<StoreKind, TimedKind>> = {
  window: 'window',
  plainWindow: 'window',
  session: 'session',
  joinWindow: 'duplicates',
}

/** Undefined: the store's rows have no time. */
export function timedLayout(spec: StoreSpec, folder: StateFolder, streamTime: number): TimedLayout | undefined {
  const kind = spec.retainsDuplicates === true ? 'duplicates' : timedKinds[spec.kind]
  if (kind === undefined) return undefined
  const { persistent } = spec
  const retention = new Retention({
    retentionMs: required(spec, 'retentionMs'),
    bySegment: persistent,
    streamTime,
    showsOneMore: persistent && isWalkedByTime(spec),
  })
  const keys = new TimedKeys(retention.segmentIntervalMs, kind, liesTogether(spec))
  const grouped = keys.rangesByKey ? new GroupedEntries(folder.store(spec.name), keys) : undefined
  return { keys, retention, grouped, keepsDuplicates: kind === 'duplicates' }
}

export function timedFaces(
  spec: StoreSpec,
  form: RowForm<unknown>,
  { keys, rows, cache, retention }: TimedLayers,
  sequence: SequenceNumber,
  context: RecordContext,
): { readonly faces: StoreFaces; readonly views: StoreViews } {
  const order = spec.persistent && !isWalkedByTime(spec) ? 'segment' : 'time'
  const timed = new TimedRows({ form, keys, rows, retention, order })
  const closesPastRetention = spec.persistent && spec.timeOrdered === true
  const parts = { name: spec.name, keySerde: spec.key, timed, rows, cache, windowSizeMs: spec.windowSizeMs ?? 0, closesPastRetention }
  return { faces: facesOf(spec, parts, sequence, context), views: timedViews(spec, timed) }
}

function facesOf(spec: StoreSpec, parts: TimedStoreParts<unknown>, sequence: SequenceNumber, context: RecordContext): StoreFaces {
  const { timed } = parts
  switch (spec.kind) {
    case 'session':
      return { sessionRows: new LayeredSessionRowStore(parts), session: new ProcessorSessionStore(parts, context) }
    case 'joinWindow': {
      const joinWindow = new LayeredJoinWindowStore(spec.name, timed, sequence)
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

/** Kafka Streams' time-ordered session stores have an index by key, and are walked by it. */
function isWalkedByTime({ kind, timeOrdered }: StoreSpec): boolean {
  return kind === 'window' && timeOrdered === true
}

/** Windowed aggregates are read by key and start, which needs no group. */
function liesTogether({ kind, rangesByKey }: StoreSpec): boolean {
  return kind !== 'window' || rangesByKey === true
}
