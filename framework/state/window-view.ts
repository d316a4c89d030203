// A window store by typed keys, read-only: for queries and tests.

import type { Serde } from '../ports/serde.ts'
import type { ReadOnlyWindowStore } from '../ports/store.ts'
import type { Row } from './contract.ts'
import type { KeptRow, RowForm } from './kept-row.ts'
import type { WindowKeys } from './key-layout.ts'
import { binaryKey, readKey } from './key-value-view.ts'
import type { Rows } from './rows.ts'

export interface WindowParts<V> {
  readonly name: string
  readonly keySerde: Serde<unknown>
  readonly form: RowForm<V>
  readonly layout: WindowKeys
  readonly rows: Rows<V>
  readonly windowSizeMs: number
}

export class WindowView<K, V> implements ReadOnlyWindowStore<K, Row<V>> {
  readonly name: string
  private readonly parts: WindowParts<V>

  constructor(parts: WindowParts<V>) {
    this.name = parts.name
    this.parts = parts
  }

  fetch(key: K, start: number): Row<V> | undefined {
    const row = this.parts.rows.get(binaryKey(this.parts.keySerde, key), start)
    return row === undefined ? undefined : this.show(row)
  }

  /** A key's windows lie in several segments: in each one that exists it walks the key's part. */
  *fetchRange(key: K, startFrom: number, startTo: number): Generator<[start: number, value: Row<V>]> {
    const { layout, rows } = this.parts
    const binary = binaryKey(this.parts.keySerde, key)
    const from = Math.max(0, startFrom)
    const to = Math.min(startTo, Number.MAX_SAFE_INTEGER)
    let segment = this.nextSegment(layout.segmentOf(from))
    while (segment !== undefined && segment <= layout.segmentOf(to)) {
      const last = layout.keyInSegment(segment, binary, to)
      for (const [engineKey, row] of rows.range({ from: layout.keyInSegment(segment, binary, from), to: `${last}\0` })) {
        // Longer keys that begin with this one lie between its windows.
        if (layout.keyOf(engineKey) === binary) yield [layout.startOf(engineKey), this.show(row)]
      }
      segment = this.nextSegment(segment + 1)
    }
  }

  *all(): Generator<[{ readonly key: K; readonly start: number; readonly end: number }, Row<V>]> {
    const { keySerde, layout, rows, windowSizeMs } = this.parts
    for (const [engineKey, row] of rows.range({})) {
      const start = layout.startOf(engineKey)
      const key = readKey(keySerde, layout.keyOf(engineKey)) as K
      yield [{ key, start, end: start + windowSizeMs }, this.show(row)]
    }
  }

  private nextSegment(from: number): number | undefined {
    const { layout, rows } = this.parts
    for (const [engineKey] of rows.range({ from: layout.segmentKey(from) })) return layout.segmentOf(layout.startOf(engineKey))
    return undefined
  }

  private show(kept: KeptRow<V>): Row<V> {
    const { value, timestamp } = this.parts.form.give(kept) as Row<V>
    return { value, timestamp }
  }
}
