// An LRU map: of its rows only so many are kept, those used last. What goes is not logged, as in Kafka Streams (its change log writes tombstones for plain LRU
// maps only, and the dsl's keep timestamps); restoring reads the changelog in its order, so that the same rows are left, but for the reads.

import { noHeaders } from '../ports/record.ts'
import type { BinaryKey } from '../ports/store.ts'
import type { KeptRow, RowForm } from './kept-row.ts'
import type { RecentKeys } from './recent-keys.ts'
import type { KeyRow, KeyTimes, RowEntry, RowRange, Rows } from './rows.ts'
import type { UncommittedBuffer } from './uncommitted-buffer.ts'

export interface RecentRowsParts<V> {
  readonly below: Rows<V>
  readonly buffer: UncommittedBuffer<V>
  readonly form: RowForm<V>
  readonly keys: RecentKeys
}

export class RecentRows<V> implements Rows<V> {
  private readonly parts: RecentRowsParts<V>

  constructor(parts: RecentRowsParts<V>) {
    this.parts = parts
  }

  get(identity: BinaryKey, time: number): KeptRow<V> | undefined {
    const { below, keys } = this.parts
    const row = below.get(identity, time)
    if (row !== undefined) keys.read(identity)
    return row
  }

  peek(identity: BinaryKey, time: number): KeptRow<V> | undefined {
    return this.parts.below.peek(identity, time)
  }

  put(identity: BinaryKey, time: number, row: KeptRow<V>): void {
    const { below, buffer, form, keys } = this.parts
    below.put(identity, time, row)
    if (row.deleted) {
      keys.delete(identity)
      return
    }
    const eldest = keys.put(identity)
    if (eldest !== undefined) buffer.put(eldest, time, form.keep(null, row.timestamp, noHeaders))
  }

  range(options: RowRange): Iterable<RowEntry<V>> {
    return this.parts.below.range(options)
  }

  ofKey(range: KeyTimes): readonly KeyRow<V>[] {
    return this.parts.below.ofKey(range)
  }
}
