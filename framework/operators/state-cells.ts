// The states of a keyed processor as its functions see them: each looks into its store under the key that is worked on.

import type { BroadcastState, FoldedState, ListState, MapState, SetState, StateSpec, ValueState } from '../graph/keyed-state.ts'
import type { Aggregation, TableView } from '../graph/operator-spec.ts'
import type { Serde } from '../ports/serde.ts'
import { ByteBuffer } from '../serdes/byte-buffer.ts'
import { long } from '../serdes/serdes.ts'
import type { BinaryKey } from '../state/contract.ts'
import { Cell } from './flow-record.ts'
import { KeptEntries } from './kept-entries.ts'
import { binaryKey } from './key-bytes.ts'
import type { KeyScope } from './key-scope.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'
import { type RowReader, rowReader } from './table-view.ts'

export interface OpenState {
  readonly cell: unknown
  /** Of those that are kept by key. */
  readonly entries: KeptEntries | null
}

export function openState(spec: StateSpec, scope: KeyScope, environment: OperatorEnvironment): OpenState {
  if (spec.kind === 'broadcast') return { cell: new BroadcastCell(spec.table, environment), entries: null }
  const entries = new KeptEntries(environment.stores.entries(spec.store), spec.ttl, scope)
  switch (spec.kind) {
    case 'value':
      return { cell: new ValueCell(entries), entries }
    case 'list':
      return { cell: new ListCell(entries), entries }
    case 'map':
      return { cell: new MapCell(entries, spec.key), entries }
    case 'set':
      return { cell: new SetCell(entries, spec.member), entries }
    case 'reducing':
      return { cell: new ReducingCell(entries, spec.reducer), entries }
    case 'aggregating':
      return { cell: new AggregatingCell(entries, spec.aggregation), entries }
  }
}

class ValueCell implements ValueState<unknown> {
  private readonly entries: KeptEntries

  constructor(entries: KeptEntries) {
    this.entries = entries
  }

  get(): unknown {
    return this.entries.get(this.entries.scope.key)
  }

  set(value: unknown): void {
    this.entries.put(this.entries.scope.key, value)
  }

  update(next: (value: unknown) => unknown): unknown {
    const value = next(this.get())
    this.set(value)
    return value
  }

  clear(): void {
    this.entries.delete(this.entries.scope.key)
  }
}

class ListCell implements ListState<unknown> {
  private readonly entries: KeptEntries

  constructor(entries: KeptEntries) {
    this.entries = entries
  }

  append(...values: unknown[]): void {
    for (const value of values) this.entries.append(this.entries.scope.prefix, value, numberKey)
  }

  shift(): unknown {
    for (const [key, value] of this.entries.entries(this.entries.scope.prefix)) {
      this.entries.delete(key)
      return value
    }
    return undefined
  }

  clear(): void {
    this.entries.clear(this.entries.scope.prefix)
  }

  *[Symbol.iterator](): Generator<unknown> {
    for (const [, value] of this.entries.entries(this.entries.scope.prefix)) yield value
  }
}

const scratch = new ByteBuffer(64)
const numbers = long()

function numberKey(number: number): BinaryKey {
  return binaryKey(number, numbers, scratch)
}

/** The entries of a key under keys of their own. */
class SubKeys {
  private readonly entries: KeptEntries
  private readonly serde: Serde<unknown>

  constructor(entries: KeptEntries, serde: Serde<unknown>) {
    this.entries = entries
    this.serde = serde
  }

  of(subKey: unknown): BinaryKey {
    return this.entries.scope.prefix + binaryKey(subKey, this.serde, scratch)
  }

  /** Whether it was there. */
  delete(subKey: unknown): boolean {
    const entry = this.of(subKey)
    const was = this.entries.has(entry)
    if (was) this.entries.delete(entry)
    return was
  }

  *all(): Generator<[subKey: unknown, value: unknown]> {
    const { prefix } = this.entries.scope
    for (const [key, value] of this.entries.entries(prefix)) {
      const bytes = Buffer.from(key.slice(prefix.length), 'latin1')
      yield [this.serde.read(bytes, 0, bytes.length), value]
    }
  }
}

class MapCell implements MapState<unknown, unknown> {
  private readonly kept: KeptEntries
  private readonly subKeys: SubKeys

  constructor(kept: KeptEntries, key: Serde<unknown>) {
    this.kept = kept
    this.subKeys = new SubKeys(kept, key)
  }

  get(key: unknown): unknown {
    return this.kept.get(this.subKeys.of(key))
  }

  has(key: unknown): boolean {
    return this.kept.has(this.subKeys.of(key))
  }

  set(key: unknown, value: unknown): void {
    this.kept.put(this.subKeys.of(key), value)
  }

  delete(key: unknown): boolean {
    return this.subKeys.delete(key)
  }

  *keys(): Generator<unknown> {
    for (const [key] of this.subKeys.all()) yield key
  }

  *values(): Generator<unknown> {
    for (const [, value] of this.kept.entries(this.kept.scope.prefix)) yield value
  }

  entries(): Iterable<[unknown, unknown]> {
    return this
  }

  clear(): void {
    this.kept.clear(this.kept.scope.prefix)
  }

  [Symbol.iterator](): Iterator<[unknown, unknown]> {
    return this.subKeys.all()
  }
}

/** A member is a key without a value: no bytes, which is not the same as null. */
const isMember = Buffer.alloc(0)

class SetCell implements SetState<unknown> {
  private readonly entries: KeptEntries
  private readonly subKeys: SubKeys

  constructor(entries: KeptEntries, member: Serde<unknown>) {
    this.entries = entries
    this.subKeys = new SubKeys(entries, member)
  }

  has(member: unknown): boolean {
    return this.entries.has(this.subKeys.of(member))
  }

  add(member: unknown): boolean {
    const entry = this.subKeys.of(member)
    const isNew = !this.entries.has(entry)
    if (isNew || this.entries.livesForTime) this.entries.put(entry, isMember)
    return isNew
  }

  delete(member: unknown): boolean {
    return this.subKeys.delete(member)
  }

  clear(): void {
    this.entries.clear(this.entries.scope.prefix)
  }

  *[Symbol.iterator](): Generator<unknown> {
    for (const [member] of this.subKeys.all()) yield member
  }
}

class ReducingCell implements FoldedState<unknown, unknown> {
  private readonly entries: KeptEntries
  private readonly reducer: (left: unknown, right: unknown) => unknown

  constructor(entries: KeptEntries, reducer: (left: unknown, right: unknown) => unknown) {
    this.entries = entries
    this.reducer = reducer
  }

  get(): unknown {
    return this.entries.get(this.entries.scope.key)
  }

  add(value: unknown): void {
    const before = this.get()
    this.entries.put(this.entries.scope.key, before === undefined ? value : this.reducer(before, value))
  }

  clear(): void {
    this.entries.delete(this.entries.scope.key)
  }
}

class AggregatingCell implements FoldedState<unknown, unknown> {
  private readonly entries: KeptEntries
  private readonly aggregation: Aggregation

  constructor(entries: KeptEntries, aggregation: Aggregation) {
    this.entries = entries
    this.aggregation = aggregation
  }

  get(): unknown {
    const state = this.entries.get(this.entries.scope.key)
    if (state === undefined) return undefined
    const { result } = this.aggregation
    return result === null ? state : result(state)
  }

  add(value: unknown): void {
    const { initializer, adder } = this.aggregation
    const { key } = this.entries.scope
    const before = this.entries.get(key)
    this.entries.put(key, adder(before === undefined ? initializer?.() : before, value, undefined))
  }

  clear(): void {
    this.entries.delete(this.entries.scope.key)
  }
}

class BroadcastCell implements BroadcastState<unknown, unknown> {
  private readonly row: RowReader
  private readonly all: () => Iterator<[unknown, unknown]>

  constructor(view: TableView, environment: OperatorEnvironment) {
    this.row = rowReader(view, environment)
    this.all = () => allRows(view, environment)
  }

  get(key: unknown): unknown {
    return this.row(Cell.of(key))?.value
  }

  [Symbol.iterator](): Iterator<[unknown, unknown]> {
    return this.all()
  }
}

function* allRows(view: TableView, environment: OperatorEnvironment): Generator<[unknown, unknown]> {
  if (view.kind !== 'store' || storeSpec(environment, view.store).kind === 'versioned')
    throw new Error('the rows of a versioned table can be read by key only')
  for (const [key, row] of environment.stores.rows(view.store).readOnly().all()) yield [key, row.value]
}
