// A store of keyed state over the layers below: each change goes to the changelog by itself, and into the index of what is due.

import { noHeaders } from '../ports/record.ts'
import type { BinaryKey } from '../ports/store.ts'
import type { Row } from './contract.ts'
import type { DueIndex } from './due-index.ts'
import type { RowForm } from './kept-row.ts'
import { afterPrefix } from './key-value-view.ts'
import type { EntryStore } from './keyed-contract.ts'
import type { Rows } from './rows.ts'
import type { SequenceNumber } from './sequence-number.ts'

export interface EntryRowsParts<V> {
  readonly name: string
  readonly form: RowForm<V>
  readonly rows: Rows<V>
  readonly sequence: SequenceNumber
  readonly due: DueIndex | undefined
}

export class EntryRows<V> implements EntryStore<V> {
  readonly name: string
  readonly due: DueIndex | undefined
  private readonly parts: EntryRowsParts<V>

  constructor(parts: EntryRowsParts<V>) {
    this.name = parts.name
    this.due = parts.due
    this.parts = parts
  }

  get(key: BinaryKey): Row<V> | undefined {
    const { rows, form } = this.parts
    const row = rows.get(key, 0)
    return row === undefined ? undefined : form.give(row)
  }

  put(key: BinaryKey, value: V | null, timestamp: number): void {
    const { rows, form, due } = this.parts
    rows.put(key, 0, form.keep(value, timestamp, noHeaders))
    if (value !== null) due?.note(key, value, timestamp)
  }

  *entries(prefix: BinaryKey): Generator<readonly [key: BinaryKey, row: Row<V>]> {
    const { rows, form } = this.parts
    for (const [key, kept] of rows.range({ from: prefix, to: afterPrefix(prefix) })) {
      const row = form.give(kept)
      if (row !== undefined) yield [key, row]
    }
  }

  nextNumber(): number {
    return this.parts.sequence.next()
  }
}
