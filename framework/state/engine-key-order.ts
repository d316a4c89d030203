// The engine keys of a table in their order: made when somebody first walks a range, and kept from then on.

import type { BinaryKey, RangeOptions } from '../ports/store.ts'
import type { KeyLayout } from './key-layout.ts'
import { OrderedKeys } from './ordered-keys.ts'
import type { RowTable } from './row-table.ts'

export class EngineKeyOrder {
  private readonly layout: KeyLayout
  private keys: OrderedKeys | undefined

  constructor(layout: KeyLayout) {
    this.layout = layout
  }

  add(identity: BinaryKey, time: number): void {
    this.keys?.add(this.layout.engineKey(identity, time))
  }

  delete(identity: BinaryKey, time: number): void {
    this.keys?.delete(this.layout.engineKey(identity, time))
  }

  clear(): void {
    this.keys = undefined
  }

  *range<E>(table: RowTable<E>, options: RangeOptions): Generator<readonly [engineKey: BinaryKey, entry: E]> {
    const { layout } = this
    this.keys ??= OrderedKeys.of(this.keysOf(table))
    for (const engineKey of this.keys.range(options)) {
      const entry = table.get(layout.identityOf(engineKey), layout.timeOf(engineKey))
      if (entry !== undefined) yield [engineKey, entry]
    }
  }

  private *keysOf<E>(table: RowTable<E>): Generator<BinaryKey> {
    for (const { identity, time } of table.entries()) yield this.layout.engineKey(identity, time)
  }
}
