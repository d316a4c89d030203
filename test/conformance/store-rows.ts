// What the stores of a topology hold at the end of a case, in the form of the vectors.

import type { StoreKind, StoreSpec } from '../../framework/graph/operator-spec.ts'
import type { Windowed } from '../../framework/graph/window-spec.ts'
import type { Serde } from '../../framework/ports/serde.ts'
import type { BinaryKey } from '../../framework/ports/store.ts'
import type { TopologyTestDriver } from '../kit/index.ts'
import { OperationMissing, type StoreRow } from './vector.ts'

const buffers: readonly StoreKind[] = ['suppressBuffer', 'graceBuffer']

/** By name. Buffers are not in the vectors, nor are join windows of no size that hold anything: Kafka Streams cannot read them. */
export function storeRows(driver: TopologyTestDriver): Record<string, readonly StoreRow[]> {
  const specs = [...driver.topology.stores.values()]
  const rows = specs.filter(({ kind }) => !buffers.includes(kind)).map((spec) => ({ spec, rows: rowsOf(driver, spec) }))
  const readable = rows.filter(({ spec, rows }) => !(spec.kind === 'joinWindow' && spec.windowSizeMs === 0 && rows.length > 0))
  return Object.fromEntries(readable.map(({ spec, rows }) => [spec.name, rows]))
}

function rowsOf(driver: TopologyTestDriver, { name, kind, key: keySerde, windowSizeMs = 0 }: StoreSpec): readonly StoreRow[] {
  const { stores } = driver
  switch (kind) {
    case 'keyValue':
      return [...stores.keyValue(name).all()].map(([key, value]) => ({ key: plain(key), value: plain(value) }))
    case 'timestampedKeyValue':
      return [...stores.rows(name).readOnly().all()].map(([key, row]) => ({ key: plain(key), value: plain(row.value), ts: row.timestamp }))
    case 'window':
      return [...stores.windowRows(name).readOnly().all()].map(([key, row]) => ({
        ...windowed(key),
        value: plain(row.value),
        ts: row.timestamp,
      }))
    case 'plainWindow':
      return [...stores.window(name).all()].map(([key, value]) => ({ ...windowed(key), value: plain(value) }))
    case 'session':
      return [...stores.sessionRows(name).readOnly().all()].map(([key, value]) => ({ ...windowed(key), value: plain(value) }))
    case 'joinWindow':
      return [...stores.joinWindow(name).all()].map(({ key, timestamp }) => ({
        key: plain(keyOf(keySerde, key)),
        start: timestamp,
        end: timestamp + windowSizeMs,
      }))
    case 'unmatched':
      return [...stores.unmatched(name).all()].map(({ side, key, timestamp, value }) => ({
        side,
        key: plain(keyOf(keySerde, key)),
        ts: timestamp,
        value: plain(value),
      }))
    case 'versioned':
      return [...stores.versionedRows(name).all()].map(({ key, value, timestamp, validTo }) => ({
        key: plain(keyOf(keySerde, key)),
        value: plain(value),
        ts: timestamp,
        validTo: validTo ?? null,
      }))
    case 'subscriptions':
      return [...stores.rows(name).readOnly<Uint8Array>().all()].map(([key]) => ({ keyHex: Buffer.from(key).toString('hex') }))
    case 'countWindow':
      throw new Error('Kafka Streams has no windows of n records')
    default:
      throw new OperationMissing(`a store of kind ${kind}`)
  }
}

function keyOf(serde: Serde<unknown>, key: BinaryKey): unknown {
  return serde.read(Buffer.from(key, 'latin1'), 0, key.length)
}

function windowed({ key, start, end }: Windowed<unknown>): StoreRow {
  if (end <= Number.MAX_SAFE_INTEGER) return { key: plain(key), start, end }
  // Java's greatest long stands for an end that never comes.
  return { key: plain(key), start, end: end >= 2 ** 63 ? '9223372036854775807' : String(end) }
}

/** As the vectors have it: a number that Java's long holds and ours may not is text. */
export function plain(value: unknown): unknown {
  return isWindowed(value) ? windowed(value) : value
}

function isWindowed(value: unknown): value is Windowed<unknown> {
  return typeof value === 'object' && value !== null && 'start' in value && 'end' in value
}
