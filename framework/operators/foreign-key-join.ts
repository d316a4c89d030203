// Joins of a table with another one by a foreign key in its values (Kafka Streams: package foreignkeyjoin, KIP-213). The left table sends its wish, a
// subscription, to where the row of that key lives; there it is kept, so that the left rows hear of each change of that row; the answer goes back to the
// left row's partition, where it counts only if the left row is still the one that asked.
//
//   left table → Subscribe ⇒ subscription topic ⇒ Receive → Lookup ⇒ response topic ⇒ Resolve → result
//                                 other table → Notify ⇒ response topic

import type { Callback, Joiner, TableView } from '../graph/operator-spec.ts'
import { asTimestamp } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'
import { ByteBuffer, toBytes } from '../serdes/byte-buffer.ts'
import { murmur3 } from '../serdes/murmur3.ts'
import { type Instruction, type Subscription, type SubscriptionResponse, writeForeignKeyPrefix } from '../serdes/subscription.ts'
import type { BinaryKey, RowStore } from '../state/contract.ts'
import { joinValues, nullIfUndefined, onRecord } from './callback.ts'
import type { ChangeFlow } from './change-record.ts'
import type { DroppedRecords } from './dropped-records.ts'
import { Cell, FlowRecord } from './flow-record.ts'
import { binaryKey } from './key-bytes.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'
import { type RowReader, rowReader } from './table-view.ts'

/** From changes of the left table to subscriptions, keyed by foreign key. */
export class ForeignKeySubscribe implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly left: boolean
  private readonly versioned: boolean
  private readonly foreignKey: (record: Flow) => unknown
  private readonly keySerde: Serde<unknown>
  private readonly valueSerde: Serde<unknown>
  private readonly scratch: ByteBuffer
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: {
      readonly left: boolean
      readonly foreignKey: Callback<unknown>
      readonly foreignKeySerde: Serde<unknown>
      readonly valueSerde: Serde<unknown>
      readonly versioned?: boolean
    },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.left = spec.left
    this.versioned = spec.versioned === true
    this.foreignKey = onRecord(spec.foreignKey)
    this.keySerde = spec.foreignKeySerde
    this.valueSerde = spec.valueSerde
    this.scratch = environment.scratch
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    const { newValue, oldValue, isLatest } = (record as ChangeFlow).value
    if (this.versioned && !isLatest) this.dropped.add('outdated')
    if ((this.versioned && !isLatest) || (newValue === null && oldValue === null)) return
    const newKey = this.keyOf(record, newValue)
    const oldKey = this.keyOf(record, oldValue)
    if (this.left) this.subscribeLeft(record, newKey, oldKey)
    else this.subscribeInner(record, newKey, oldKey)
  }

  /** A left row has a result also without a foreign key, and a deleted one has to be: both are told so. */
  private subscribeLeft(record: Flow, newKey: unknown, oldKey: unknown): void {
    if (oldKey !== null && !this.isSame(newKey, oldKey)) this.send(record, oldKey, 'deleteSilently')
    this.send(record, newKey, 'tellAlways')
  }

  private subscribeInner(record: Flow, newKey: unknown, oldKey: unknown): void {
    if (newKey === null && oldKey === null) {
      this.dropped.add('null-key')
    } else if (newKey === null) {
      this.send(record, oldKey, 'deleteAndTell')
    } else if (oldKey === null || this.isSame(newKey, oldKey)) {
      this.send(record, newKey, 'tellIfFound')
    } else {
      this.send(record, oldKey, 'deleteSilently')
      // Also without a row there: what the earlier foreign key gave has to go.
      this.send(record, newKey, 'tellAlways')
    }
  }

  private keyOf(record: Flow, value: unknown): unknown {
    return value === null ? null : nullIfUndefined(this.foreignKey(record.withValue(value)))
  }

  private isSame(one: unknown, other: unknown): boolean {
    if (one === null || other === null) return one === other
    return binaryKey(one, this.keySerde, this.scratch) === binaryKey(other, this.keySerde, this.scratch)
  }

  private send(record: Flow, foreignKey: unknown, instruction: Instruction): void {
    const { newValue } = (record as ChangeFlow).value
    const hash = newValue === null ? null : murmur3(toBytes(this.valueSerde, newValue))
    const subscription: Subscription<unknown> = { hash, instruction, primaryKey: record.key, primaryPartition: record.origin.partition }
    this.outlet.forward(new FlowRecord(Cell.of(foreignKey), Cell.of(subscription), record.timestamp, record.headers, record.origin))
  }
}

/** Keeps the subscription, or forgets it, and sends it on to be answered. */
export class ForeignKeyReceive implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: RowStore<Subscription<unknown>>
  private readonly keys: SubscriptionKeys
  private readonly dropped: DroppedRecords

  constructor(name: string, outlet: Outlet, spec: SubscriptionStoreSpec, environment: OperatorEnvironment) {
    this.name = name
    this.outlet = outlet
    this.store = environment.stores.rows(spec.store)
    this.keys = new SubscriptionKeys(spec)
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    const subscription = record.value as Subscription<unknown>
    const { instruction, primaryKey } = subscription
    if (record.keyCell.isNull) {
      if (instruction === 'tellAlways') this.outlet.forward(record)
      else this.dropped.add('null-key')
      return
    }
    const key = this.keys.of(record.key, primaryKey)
    const deletes = instruction === 'deleteSilently' || instruction === 'deleteAndTell'
    this.store.put(key, deletes ? null : subscription, record.timestamp, record.headers)
    this.outlet.forward(record)
  }
}

/** Answers a subscription with the row of the other table, if its instruction asks for an answer. */
export class ForeignKeyLookup implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly row: RowReader

  constructor(name: string, outlet: Outlet, spec: { readonly foreign: TableView }, environment: OperatorEnvironment) {
    this.name = name
    this.outlet = outlet
    this.row = rowReader(spec.foreign, environment)
  }

  process(record: Flow): void {
    const { instruction, hash, primaryKey, primaryPartition } = record.value as Subscription<unknown>
    if (instruction === 'deleteSilently') return
    const row = record.keyCell.isNull ? undefined : this.row(record.keyCell)
    if (row === undefined && instruction === 'tellIfFound') return
    const foreignValue = row === undefined || instruction === 'deleteAndTell' ? null : row.value
    const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp)
    const response: SubscriptionResponse<unknown> = { hash, foreignValue, primaryPartition }
    this.outlet.forward(new FlowRecord(Cell.of(primaryKey), Cell.of(response), timestamp, record.headers, record.origin))
  }
}

/** Tells all left rows that want to know of a change in the other table. */
export class ForeignKeyNotify implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly store: RowStore<Subscription<unknown>>
  private readonly keys: SubscriptionKeys
  private readonly versioned: boolean
  private readonly dropped: DroppedRecords

  constructor(name: string, outlet: Outlet, spec: SubscriptionStoreSpec, environment: OperatorEnvironment) {
    this.name = name
    this.outlet = outlet
    this.store = environment.stores.rows(spec.store)
    this.keys = new SubscriptionKeys(spec)
    this.versioned = spec.versioned === true
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    if (record.keyCell.isNull) {
      this.dropped.add('null-key')
      return
    }
    const { newValue, isLatest } = (record as ChangeFlow).value
    if (this.versioned && !isLatest) {
      this.dropped.add('outdated')
      return
    }
    for (const { hash, primaryKey, primaryPartition } of this.subscriptionsTo(record.key)) {
      const response: SubscriptionResponse<unknown> = { hash, foreignValue: newValue, primaryPartition }
      this.outlet.forward(new FlowRecord(Cell.of(primaryKey), Cell.of(response), record.timestamp, record.headers, record.origin))
    }
  }

  private subscriptionsTo(foreignKey: unknown): Subscription<unknown>[] {
    const prefix = this.keys.prefix(foreignKey)
    const found: Subscription<unknown>[] = []
    // The store's keys are bytes. All that begin with the prefix lie together, and none of another foreign key among them.
    for (const [key, row] of this.store.readOnly<Uint8Array>().range(Buffer.from(prefix, 'latin1'))) {
      if (!Buffer.from(key).latin1Slice(0, key.length).startsWith(prefix)) break
      found.push(row.value)
    }
    return found
  }
}

/** At home again: joins the left row with the answer, unless the left row has changed since it asked. */
export class ForeignKeyResolve implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly left: boolean
  private readonly row: RowReader
  private readonly join: ReturnType<typeof joinValues>
  private readonly valueSerde: Serde<unknown>
  private readonly dropped: DroppedRecords

  constructor(
    name: string,
    outlet: Outlet,
    spec: { readonly left: boolean; readonly primary: TableView; readonly joiner: Joiner; readonly valueSerde: Serde<unknown> },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.outlet = outlet
    this.left = spec.left
    this.row = rowReader(spec.primary, environment)
    this.join = joinValues(spec.joiner)
    this.valueSerde = spec.valueSerde
    this.dropped = environment.dropped
  }

  process(record: Flow): void {
    const { hash, foreignValue } = record.value as SubscriptionResponse<unknown>
    const value = this.row(record.keyCell)?.value ?? null
    const currentHash = value === null ? null : murmur3(toBytes(this.valueSerde, value))
    if (!isSameHash(hash, currentHash)) {
      this.dropped.add('outdated')
      return
    }
    const hasResult = foreignValue !== null || (this.left && value !== null)
    const result = hasResult ? this.join(value, foreignValue, record.keyCell) : null
    this.outlet.forward(new FlowRecord(record.keyCell, Cell.of(result), asTimestamp(record.timestamp), record.headers, record.origin))
  }
}

interface SubscriptionStoreSpec {
  readonly versioned?: boolean
  readonly store: string
  readonly foreignKeySerde: Serde<unknown>
  readonly primaryKeySerde: Serde<unknown>
}

/** Keys of the store of subscriptions: the foreign key's size, the foreign key, the primary key. */
class SubscriptionKeys {
  private readonly spec: SubscriptionStoreSpec
  private readonly target = new ByteBuffer()

  constructor(spec: SubscriptionStoreSpec) {
    this.spec = spec
  }

  prefix(foreignKey: unknown): BinaryKey {
    this.target.end = 0
    writeForeignKeyPrefix(this.spec.foreignKeySerde, foreignKey, this.target)
    return this.target.bytes.latin1Slice(0, this.target.end)
  }

  of(foreignKey: unknown, primaryKey: unknown): BinaryKey {
    this.target.end = 0
    writeForeignKeyPrefix(this.spec.foreignKeySerde, foreignKey, this.target)
    this.spec.primaryKeySerde.write(primaryKey, this.target)
    return this.target.bytes.latin1Slice(0, this.target.end)
  }
}

function isSameHash(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other)
}
