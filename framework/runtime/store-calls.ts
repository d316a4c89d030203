// The stores of a stream thread as the main thread of the app reads them, which waits for the answer meanwhile: what is called, and how the thread answers.
// Keys, values and rows are copied from thread to thread. Of a range a page is read at a time.

import { type ErrorCode, type ErrorDetails, isMillraceError, MillraceError } from '../errors.ts'
import type { QueryableStoreKind } from '../ports/store.ts'
import type { AppState } from './app-state.ts'
import { methodsOf } from './composite-stores.ts'
import type { ReadStore, StoreDescription, StoreQuery } from './store-queries.ts'

export interface StoreName {
  readonly name: string
  readonly as: QueryableStoreKind
  readonly query: StoreQuery
}

export type StoreCall =
  | { readonly kind: 'stores' }
  /** Whether it can be read. */
  | { readonly kind: 'check'; readonly of: StoreName }
  | { readonly kind: 'read'; readonly of: StoreName; readonly method: string; readonly args: readonly unknown[] }
  /** Of rows that go on: another page of them, or no more. */
  | { readonly kind: 'next' | 'drop'; readonly rows: number }

/** What one thread has of a store. */
export type StorePart = Omit<StoreDescription, 'key' | 'value'>

export type StoreReply =
  | { readonly kind: 'stores'; readonly stores: readonly StorePart[] }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'rows'; readonly page: readonly unknown[]; readonly rest: number | undefined }
  | Refusal

export interface Refusal {
  readonly kind: 'refused'
  /** False where the thread may have what was asked for, and cannot say it now. */
  readonly isRunning: boolean
  readonly code: ErrorCode | undefined
  readonly details: ErrorDetails
  readonly message: string
}

/** What is read of an app in a stream thread. */
export interface ReadApp {
  readonly store: ReadStore
  readonly stores: readonly StoreDescription[]
  readonly state: AppState
}

const pageRows = 256
/** Ranges that somebody has begun to read and not ended: of more than that the oldest is given up. */
const openRowsMax = 64

export class StoreCalls {
  private readonly app: ReadApp
  private readonly open = new Map<number, Iterator<unknown>>()
  private opened = 0

  constructor(app: ReadApp) {
    this.app = app
  }

  /** Never throws. */
  answer(call: StoreCall): StoreReply {
    try {
      return this.reply(call)
    } catch (error) {
      const isRunning = this.app.state === 'running'
      const message = error instanceof Error ? error.message : String(error)
      return isMillraceError(error)
        ? { kind: 'refused', isRunning, code: error.code, details: error.details, message }
        : { kind: 'refused', isRunning, code: undefined, details: {}, message }
    }
  }

  private reply(call: StoreCall): StoreReply {
    switch (call.kind) {
      case 'stores':
        return { kind: 'stores', stores: this.app.stores.map(({ key: _key, value: _value, ...part }) => part) }
      case 'check':
        this.store(call.of)
        return { kind: 'value', value: undefined }
      case 'read':
        return this.read(call.of, call.method, call.args)
      case 'next':
        return this.page(call.rows)
      case 'drop':
        this.open.get(call.rows)?.return?.()
        this.open.delete(call.rows)
        return { kind: 'value', value: undefined }
    }
  }

  private store({ name, as, query }: StoreName): Readonly<Record<string, (...args: readonly unknown[]) => unknown>> {
    // Which of its shapes the store has is known to the caller.
    return this.app.store(name, as as 'keyValue', query) as never
  }

  private read(of: StoreName, method: string, args: readonly unknown[]): StoreReply {
    const answer = this.store(of)[method]!(...args)
    if (methodsOf[of.as][method] !== 'each') return { kind: 'value', value: answer }
    const number = this.opened++
    this.open.set(number, (answer as Iterable<unknown>)[Symbol.iterator]())
    const [oldest] = this.open.keys()
    if (this.open.size > openRowsMax) this.reply({ kind: 'drop', rows: oldest! })
    return this.page(number)
  }

  private page(number: number): StoreReply {
    const rows = this.open.get(number)
    if (rows === undefined)
      throw new MillraceError('store-unavailable', { store: 'read', problem: `more than ${openRowsMax} ranges of it are open` })
    const page: unknown[] = []
    while (page.length < pageRows) {
      const next = rows.next()
      if (next.done === true) {
        this.open.delete(number)
        return { kind: 'rows', page, rest: undefined }
      }
      page.push(next.value)
    }
    return { kind: 'rows', page, rest: number }
  }
}

/** The partitions that threads have together. */
export function union(...partitions: readonly (readonly number[])[]): readonly number[] {
  return [...new Set(partitions.flat())].sort((left, right) => left - right)
}
