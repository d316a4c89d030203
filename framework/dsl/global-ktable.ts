// A table that every instance has whole.

import type { TableView } from '../graph/operator-spec.ts'

/**
 * The latest value of each key of a topic, all partitions of it, on every instance: to look up by any key, without partitioning alike. It is filled before
 * the first record is processed, and updated on its own, not in step with the streams.
 *
 * Kafka Streams: `GlobalKTable`.
 */
export class GlobalKTable<out K, out V> {
  /** @internal */
  readonly view: TableView
  /** Only for the types. */
  protected readonly types?: readonly [K, V]

  /** @internal */
  constructor(view: TableView) {
    this.view = view
  }
}
