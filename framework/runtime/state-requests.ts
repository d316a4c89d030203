// Stores read by requests that come as text: `/state` lists them, `/state/<store>?…` gives rows as JSON. Read-only. What one answer takes of memory is bounded: JSON by
// a number of rows and of characters, lines by being read as they are sent.

import { isMillraceError, type MillraceError } from '../errors.ts'
import type { StateAnswer, StateReader, StateRequest } from '../ports/state-queries.ts'
import type { QueryableStoreKind, ReadOnlyKeyValueStore, ValueAndTimestamp, WindowedKey } from '../ports/store.ts'
import { jsonTextOf } from '../serdes/json-text.ts'
import { string } from '../serdes/serdes.ts'
import { RequestProblem, type RowRequest, rowRequest } from './row-request.ts'
import type { StoreDescription, StoreQueries } from './store-queries.ts'

export const rowsDefault = 1_000
export const rowsMax = 10_000
/** Of one JSON answer, and of one piece of a stream. */
export const answerCharactersMax = 8 * 1024 * 1024
const pieceCharacters = 64 * 1024
const json = 'application/json'

type Row = Readonly<Record<string, unknown>>
/** Of either kind: the compiler finds no signature in two of them. */
type PrefixStore = ReadOnlyKeyValueStore<unknown, unknown>

/** Of rows, or of what is said in their place: read at once, since this thread has them. */
export interface OwnAnswer extends StateAnswer {
  readonly body: Iterator<string>
}

export class StateRequests implements StateReader {
  private readonly queries: StoreQueries

  constructor(queries: StoreQueries) {
    this.queries = queries
  }

  ask({ url, lines }: StateRequest): OwnAnswer {
    try {
      if (!URL.canParse(url, 'http://app')) throw new RequestProblem(`${url} is no URL.`)
      const { pathname, searchParams } = new URL(url, 'http://app')
      const name = decodeURIComponent(pathname.replace(/^\/state\/?/, ''))
      if (name === '') return whole(200, { stores: this.queries.all.map(listed) })
      const store = this.queries.all.find((known) => known.name === name)
      const [before = '', key] = name.split('/')
      if (store === undefined && key !== undefined && this.queries.all.some((known) => known.name === before))
        throw new RequestProblem(`Ask for a key as a parameter: /state/${before}?key=${encodeURIComponent(key)}.`)
      // Throws with the names that there are.
      if (store === undefined) this.queries.store(name, 'keyValue')
      return this.rowsOf(store!, rowRequest(searchParams, store!), lines)
    } catch (error) {
      return refused(error)
    }
  }

  private rowsOf(store: StoreDescription, request: RowRequest, lines: boolean): OwnAnswer {
    const server = serverOf(store, request)
    const [rows, first] = this.firstOf(store, request, server)
    if (rows === undefined) return absent(store, request)
    if (first.done === true && request.key !== undefined) return absent(store, request)
    const all = resumed(first, rows)
    const { limit } = request
    if (lines) return { status: 200, type: 'application/x-ndjson', body: pieces(all, limit ?? Infinity) }
    return { status: 200, type: json, body: [pageOf(store.name, all, Math.min(limit ?? rowsDefault, rowsMax))].values() }
  }

  /** The rows, of which the first has been read. None if this instance cannot read the store, and another has the key. */
  private firstOf(
    store: StoreDescription,
    request: RowRequest,
    server: string | undefined,
  ): readonly [Iterator<Row>, IteratorResult<Row>] | readonly [undefined, undefined] {
    try {
      const rows = this.rows(store, request)
      return [rows, rows.next()]
    } catch (error) {
      if (server !== undefined && isMillraceError(error, 'store-unavailable')) return [undefined, undefined]
      throw error
    }
  }

  private rows({ name, kinds }: StoreDescription, request: RowRequest): Iterator<Row> {
    const kind: QueryableStoreKind = kinds[0]!
    const { partition, stale, key, from, to, prefix, timeFrom = 0, timeTo = Number.MAX_SAFE_INTEGER, at, reverse } = request
    const query = { ...(partition === undefined ? {} : { partition }), stale }
    const [low, high] = key === undefined ? [from, to] : [key, key]
    const hasTimes = request.timeFrom !== undefined || request.timeTo !== undefined
    const isWhole = low === undefined && high === undefined && !hasTimes
    switch (kind) {
      case 'keyValue':
      case 'timestampedKeyValue': {
        const store = this.queries.store<unknown, unknown, typeof kind>(name, kind, query)
        const row = ([of, value]: [unknown, unknown]): Row => ({ key: of, ...valueAndTime(kind, value) })
        if (key !== undefined) {
          const value = store.get(key)
          return mapped(value === undefined ? [] : [[key, value] as [unknown, unknown]], row)
        }
        if (prefix !== undefined) return mapped((store as PrefixStore).prefixScan(prefix, string()), row)
        return mapped(reverse ? store.reverseRange(from, to) : store.range(from, to), row)
      }
      case 'window':
      case 'timestampedWindow': {
        const store = this.queries.store<unknown, unknown, typeof kind>(name, kind, query)
        const row = ([window, value]: [WindowedKey<unknown>, unknown]): Row => ({ ...window, ...valueAndTime(kind, value) })
        if (isWhole) return mapped(reverse ? store.backwardAll() : store.all(), row)
        return mapped(reverse ? store.backwardFetchKeys(low, high, timeFrom, timeTo) : store.fetchKeys(low, high, timeFrom, timeTo), row)
      }
      case 'session': {
        const store = this.queries.store<unknown, unknown, typeof kind>(name, kind, query)
        const row = ([window, value]: [WindowedKey<unknown>, unknown]): Row => ({ ...window, value })
        if (isWhole) return mapped(reverse ? store.backwardAll() : store.all(), row)
        return mapped(
          reverse ? store.backwardFindSessionsOfKeys(low, high, timeFrom, timeTo) : store.findSessionsOfKeys(low, high, timeFrom, timeTo),
          row,
        )
      }
      case 'versioned': {
        const store = this.queries.store<unknown, unknown, typeof kind>(name, kind, query)
        if (key === undefined) throw new RequestProblem('a versioned store is read by one key: give key=…')
        if (hasTimes) return mapped(store.history(key, request.timeFrom, request.timeTo), (version) => ({ key, ...version }))
        const version = at === undefined ? store.get(key) : store.getAsOf(key, at)
        return mapped(version === undefined ? [] : [version], (found) => ({ key, ...found }))
      }
    }
  }
}

function valueAndTime(kind: QueryableStoreKind, value: unknown): Row {
  if (kind !== 'timestampedKeyValue' && kind !== 'timestampedWindow') return { value }
  const { value: plain, timestamp } = value as ValueAndTimestamp<unknown>
  return { value: plain, timestamp }
}

function listed({ name, kinds, key, value, global, partitions, partitionCount, servers }: StoreDescription): Row {
  const elsewhere = servers.size === 0 ? {} : { servers: Object.fromEntries(servers) }
  return { name, kind: kinds[0], key: key.name, value: value.name, global, partitions, partitionCount, ...elsewhere }
}

/** Of the instance that has the key, or the partition that is asked for, if it is another one. */
function serverOf({ partitions, servers }: StoreDescription, { keyPartition, partition = keyPartition }: RowRequest): string | undefined {
  return partition === undefined || partitions.includes(partition) ? undefined : servers.get(partition)
}

function hasTimes({ timeFrom, timeTo, at }: RowRequest): boolean {
  return timeFrom !== undefined || timeTo !== undefined || at !== undefined
}

/** What is not here may be elsewhere: then it is not said to be nowhere. */
function absent(store: StoreDescription, request: RowRequest): OwnAnswer {
  const { name, global, partitions, partitionCount } = store
  const { key, keyPartition, partition = keyPartition } = request
  if (global || partition === undefined || partitions.includes(partition))
    return failure(404, 'key-not-found', `The store ${name} has nothing for this key${hasTimes(request) ? ' and these times' : ''}.`)
  const subject =
    key === undefined ? `have partition ${partition}` : `own the key: it belongs to partition ${partition} of ${partitionCount}`
  const message = `This instance does not ${subject}, and here are ${partitions.join(', ') || 'none'}. Ask the other instances.`
  const server = serverOf(store, request)
  const refusal = failure(421, 'not-here', message, { partition, partitions, ...(server === undefined ? {} : { server }) })
  return server === undefined ? refusal : { ...refusal, elsewhere: server }
}

function refused(error: unknown): OwnAnswer {
  if (error instanceof RequestProblem || error instanceof URIError) return failure(400, 'request-invalid', error.message)
  if (isMillraceError(error)) return failure(statusOf(error), error.code, error.message)
  return failure(500, 'failed', error instanceof Error ? error.message : String(error))
}

function statusOf({ code }: MillraceError): number {
  if (code === 'store-unavailable') return 503
  return code === 'store-not-queryable' ? 404 : 500
}

/** As derived serdes write what JSON has no word for: a reader that parses it rounds nothing. */
function jsonOf(value: unknown): string {
  return jsonTextOf(value, { bigints: 'texts' })
}

function failure(status: number, code: string, message: string, more: Row = {}): OwnAnswer {
  return whole(status, { error: { code, message, ...more } })
}

function whole(status: number, body: unknown): OwnAnswer {
  return { status, type: json, body: [`${jsonOf(body)}\n`].values() }
}

// ------------------------------------------------------------------------------------------------------------ rows

function* mapped<T>(rows: Iterable<T>, row: (from: T) => Row): Generator<Row> {
  for (const from of rows) yield row(from)
}

function* resumed(first: IteratorResult<Row>, rest: Iterator<Row>): Generator<Row> {
  for (let next = first; next.done !== true; next = rest.next()) yield next.value
}

/** `more`: there are further rows, and the answer stops here. */
function pageOf(store: string, rows: Iterable<Row>, rowsLimit: number): string {
  const texts: string[] = []
  let characters = 0
  let more = false
  for (const row of rows) {
    more = texts.length >= rowsLimit || characters >= answerCharactersMax
    if (more) break
    const text = jsonOf(row)
    texts.push(text)
    characters += text.length
  }
  return `{"store":${JSON.stringify(store)},"rows":[${texts.join(',')}],"more":${more}}\n`
}

function* pieces(rows: Iterable<Row>, rowsLimit: number): Generator<string> {
  let piece = ''
  let left = rowsLimit
  try {
    if (left > 0)
      for (const row of rows) {
        piece += `${jsonOf(row)}\n`
        if (--left === 0) break
        if (piece.length < pieceCharacters) continue
        yield piece
        piece = ''
      }
  } catch (error) {
    // The status has been sent already. What has been read is right: it was there.
    const code = isMillraceError(error) ? error.code : 'failed'
    piece += `${jsonOf({ error: { code, message: error instanceof Error ? error.message : String(error) } })}\n`
  }
  yield piece
}
