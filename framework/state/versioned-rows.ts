// A versioned store: the present value of a key, and those before it as far back as the history reaches (Kafka Streams: RocksDBVersionedStore). It has
// no record cache. Its changelog has one record for each put, with the version's timestamp, in the order of the puts.

import { type Headers, noHeaders } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import type { BinaryKey } from '../ports/store.ts'
import { toBytes } from '../serdes/byte-buffer.ts'
import type { ChangeLog } from './change-log.ts'
import { entryOfRecord, type RowForm } from './kept-row.ts'
import type { Retention } from './retention.ts'
import type { Rows } from './rows.ts'
import type { VersionedPut, VersionedRow, VersionedRowStore } from './versioned-contract.ts'
import { nextVersionAt, type Version, validTo, versionsSerde, withVersion } from './versions.ts'

export interface VersionedRowsParts<V> {
  readonly name: string
  readonly form: RowForm<readonly Version[]>
  readonly rows: Rows<readonly Version[]>
  readonly value: Serde<V>
  readonly valueForm: RowForm<V>
  readonly changeLog: ChangeLog<V> | undefined
  /** `shows` says whether a time lies within the history. */
  readonly history: Retention
  onExpired(): void
}

export class VersionedRows<V> implements VersionedRowStore<V> {
  readonly name: string
  private readonly parts: VersionedRowsParts<V>

  constructor(parts: VersionedRowsParts<V>) {
    this.name = parts.name
    this.parts = parts
  }

  get(key: BinaryKey): VersionedRow<V> | undefined {
    const versions = this.versionsOf(key)
    return this.shown(versions, versions.length - 1)
  }

  getAsOf(key: BinaryKey, time: number): VersionedRow<V> | undefined {
    const versions = this.versionsOf(key)
    const at = versions.findLastIndex(({ timestamp }) => timestamp <= time)
    // Before the history nothing is known but the present value.
    if (!this.parts.history.shows(time) && at !== versions.length - 1) return undefined
    return this.shown(versions, at)
  }

  /** A version is valid from its timestamp until the next one's, that excluded. */
  *history(key: BinaryKey, from: number, to: number): Generator<VersionedRow<V>> {
    const versions = this.kept(this.versionsOf(key))
    for (let at = versions.length - 1; at >= 0; at--) {
      if (versions[at]!.timestamp > to) continue
      if (validTo(versions, at) <= from) return
      const shown = this.shown(versions, at)
      if (shown !== undefined) yield shown
    }
  }

  put(key: BinaryKey, value: V | null, timestamp: number, headers: Headers): VersionedPut {
    const { changeLog, form, history, rows, value: serde, valueForm } = this.parts
    changeLog?.log(key, valueForm.keep(value, timestamp, headers))
    if (!history.shows(timestamp)) {
      this.parts.onExpired()
      return 'refused'
    }
    history.admits(timestamp)
    const bytes = value === null ? null : toBytes(serde, value)
    const versions = withVersion(this.kept(this.versionsOf(key)), { timestamp, bytes })
    rows.put(key, 0, form.keep(versions.length === 0 ? null : versions, timestamp, noHeaders))
    return nextVersionAt(versions, timestamp) ?? 'latest'
  }

  delete(key: BinaryKey, timestamp: number, headers: Headers): VersionedRow<V> | undefined {
    const before = this.parts.history.shows(timestamp) ? this.getAsOf(key, timestamp) : undefined
    this.put(key, null, timestamp, headers)
    return before
  }

  *all(): Generator<VersionedRow<V> & { readonly key: BinaryKey }> {
    for (const [key, row] of this.parts.rows.range({})) {
      const versions = this.kept(this.parts.form.valueOf(row) ?? [])
      for (let at = 0; at < versions.length; at++) {
        const shown = this.shown(versions, at)
        if (shown !== undefined) yield { ...shown, key }
      }
    }
  }

  /** Restoring: the engine's entry of a key with one changelog record more; undefined if nothing is left to keep. */
  restored(entry: Buffer | undefined, timestamp: number, value: Buffer | null): Buffer | undefined {
    const { form, history } = this.parts
    if (!history.shows(timestamp)) return entry
    history.admits(timestamp)
    const before = entry === undefined ? [] : (form.valueOf(form.readEntry(entry)) ?? [])
    const versions = withVersion(this.kept(before), { timestamp, bytes: value })
    if (versions.length === 0) return undefined
    const bytes = toBytes(versionsSerde, versions)
    return entryOfRecord(timestamp, bytes, 0, bytes.length)
  }

  private versionsOf(key: BinaryKey): readonly Version[] {
    const row = this.parts.rows.get(key, 0)
    return row === undefined ? [] : (this.parts.form.valueOf(row) ?? [])
  }

  /** Those that are still in a segment of the history, by the end of their validity, as Kafka Streams keeps them. */
  private kept(versions: readonly Version[]): readonly Version[] {
    const { history } = this.parts
    return versions.filter((_, at) => Math.floor(validTo(versions, at) / history.segmentIntervalMs) >= history.firstSegment)
  }

  private shown(versions: readonly Version[], at: number): VersionedRow<V> | undefined {
    const version = versions[at]
    if (version === undefined || version.bytes === null) return undefined
    const value = this.parts.value.read(version.bytes, 0, version.bytes.length)
    return { value, timestamp: version.timestamp, validTo: versions[at + 1]?.timestamp }
  }
}

/** How long a segment of the history is, by its length (RocksDbVersionedKeyValueBytesStoreSupplier). */
export function versionSegmentMs(historyRetentionMs: number): number {
  const [parts, atLeastMs] =
    historyRetentionMs <= 60_000
      ? [3, 2000]
      : historyRetentionMs <= 300_000
        ? [5, 20_000]
        : historyRetentionMs <= 3_600_000
          ? [12, 60_000]
          : [24, 300_000]
  return Math.max(Math.floor(historyRetentionMs / parts), atLeastMs)
}
