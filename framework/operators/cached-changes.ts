// What a cached store of aggregates sends on when its cache lets go of a row, at a commit or by eviction (Kafka Streams: TimestampedCacheFlushListener).

import type { Serde } from '../ports/serde.ts'
import type { RowListener } from '../state/contract.ts'
import { changeRecord } from './change-record.ts'
import { noOrigin } from './flow-record.ts'
import type { Fold } from './fold.ts'
import { cellOf } from './key-bytes.ts'
import type { Outlet } from './operator.ts'

/** Forwards the change with its key as it lies in the store, and with the visible results of the aggregates. */
export function cachedChanges(outlet: Outlet, key: Serde<unknown>, fold: Fold): RowListener<unknown> {
  return (storedKey, newValue, oldValue, timestamp, headers, origin = noOrigin) => {
    outlet.forward(changeRecord(cellOf(storedKey, key), fold.visible(newValue), fold.visible(oldValue), timestamp, headers, origin))
  }
}
