// A stream joined with a table by key: each record of the stream meets the row that the table has then (Kafka Streams: KStreamKTableJoinProcessor). Records
// without a value are left out, and so are records without a key, except that a left join lets those with a value pass, joined with nothing.

import type { TableView } from '../graph/operator-spec.ts'
import type { Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import { argumentsSeen } from './callback.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { binaryKeyOf } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'
import { nullIfUndefined } from './stream-operators.ts'
import { type RowReader, rowReader, storeOf } from './table-view.ts'

export type Joiner = (left: unknown, right: unknown, key: unknown) => unknown

export class StreamTableJoin implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly left: boolean
  private readonly join: (record: Flow, right: unknown) => unknown
  private readonly row: RowReader
  private readonly key: Serde<unknown>
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly left: boolean; readonly joiner: Joiner; readonly table: TableView },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.left = spec.left
    this.join = onSides(spec.joiner)
    this.row = rowReader(spec.table, environment)
    this.key = storeSpec(environment, storeOf(spec.table)).key
    this.scratch = environment.scratch
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    const { keyCell } = record
    if (record.valueCell.isNull) {
      this.dropped.add('null-value')
    } else if (!keyCell.isNull) {
      const row = this.row(binaryKeyOf(keyCell, this.key, this.scratch), keyCell)
      if (row !== undefined || this.left) this.send(record, row === undefined ? null : row.value)
    } else if (this.left) {
      this.send(record, null)
    } else {
      this.dropped.add('null-key')
    }
  }

  private send(record: Flow, right: unknown): void {
    this.outlet.forward(record.withValue(nullIfUndefined(this.join(record, right))))
  }
}

/** As `onRecord`: the key is decoded only for a joiner that can see it. */
function onSides(joiner: Joiner): (record: Flow, right: unknown) => unknown {
  const partial = joiner as (left: unknown, right: unknown, key?: unknown) => unknown
  if (argumentsSeen(joiner) < 3) return (record, right) => partial(record.value, right)
  return (record, right) => joiner(record.value, right, record.key)
}
