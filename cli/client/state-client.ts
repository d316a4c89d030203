// The stores of a running app, read over HTTP. This file is the part of every generated client that no topology changes: `millrace client` writes it behind the types
// of one topology. It imports nothing, and needs nothing but `fetch` and what comes with it.

import { decoded, type Form, type KeyForm, keyText } from './wire-values.ts'

// ------------------------------------------------------------------------------------------------- what users see

/** An AbortSignal, where that is known. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : object

export interface ClientOptions {
  /** Where the app answers (its healthPort): `http://localhost:8080`. Of several instances it is enough to name one that is there, if they have an `applicationServer`; else name all. */
  readonly url: string | readonly string[]
  /** The app's `stateQueryToken`. A function is asked before each request. Default: none, which is enough on the machine of the app. */
  readonly token?: string | (() => string | Promise<string>) | undefined
  /** How long a question is asked again while the app starts, rebalances or restores, or does not answer. Default: 10,000; 0: it is asked once. */
  readonly retryMs?: number | undefined
  /** Takes the place of the global `fetch`. */
  readonly fetch?: ((url: string, init: { headers: Record<string, string> }) => Promise<unknown>) | undefined
}

export interface QueryOptions {
  /** Also while the app rebalances or restores, and of standbys: what is read may be older than what was read before. Default: false. */
  readonly stale?: boolean | undefined
  readonly signal?: Signal | undefined
}

export interface ScanOptions extends QueryOptions {
  /** At most so many rows. Default: all. */
  readonly limit?: number | undefined
  /** Only of this partition. Default: all, one after the other. */
  readonly partition?: number | undefined
}

export interface RangeOptions<K> extends ScanOptions {
  /** The first and the last key, both included, in the order of the serialized keys. */
  readonly from?: K | undefined
  readonly to?: K | undefined
  /** The last rows first, of each partition. Default: false. */
  readonly reverse?: boolean | undefined
}

/** In milliseconds since 1970, both included: windows that start between them, sessions and versions that overlap them. */
export interface Times {
  readonly timeFrom?: number | Date | undefined
  readonly timeTo?: number | Date | undefined
}

export interface Row<K, V> {
  readonly key: K
  readonly value: V
}

export interface TimestampedRow<K, V> extends Row<K, V> {
  /** Of the record that wrote it. */
  readonly timestamp: number
}

/** Of a session both are included; the end of a window is not, and is Infinity where it has none. */
export interface WindowRow<K, V> extends Row<K, V> {
  readonly start: number
  readonly end: number
}

export interface TimestampedWindowRow<K, V> extends WindowRow<K, V> {
  readonly timestamp: number
}

export interface VersionRow<K, V> extends TimestampedRow<K, V> {
  /** When the next version took its place; of the present one there is none. */
  readonly validTo?: number
}

/** The key of a windowed result. */
export interface Windowed<K> {
  readonly key: K
  readonly start: number
  readonly end: number
}

export interface StoreDescription {
  readonly name: string
  readonly kind: string
  readonly key: string
  readonly value: string
  /** Whether every instance has all of it. */
  readonly global: boolean
  /** Those of the instance that was asked. */
  readonly partitions: readonly number[]
  readonly partitionCount: number
  /** Host and port of the instances that have the others, as far as they say so. */
  readonly servers?: Readonly<Record<string, string>>
}

/** Why there is no answer. `code` is the app's (`store-unavailable`, `token-wrong` …), `unreachable` where nobody answers, `not-an-app` where something else does, or `client-outdated` for a value that is not what the manifest says. */
export class StateError extends Error {
  readonly code: string
  /** Of HTTP; 0 where there was none. */
  readonly status: number

  constructor(code: string, status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'StateError'
    this.code = code
    this.status = status
  }
}

/** Rows as they come: `for await`, which may be left at any time, or all at once. Each walk asks anew. */
export class Rows<R> {
  private readonly walk: () => AsyncGenerator<R, void, undefined>

  constructor(walk: () => AsyncGenerator<R, void, undefined>) {
    this.walk = walk
  }

  [Symbol.asyncIterator](): AsyncGenerator<R, void, undefined> {
    return this.walk()
  }

  async toArray(): Promise<R[]> {
    const rows: R[] = []
    for await (const row of this) rows.push(row)
    return rows
  }

  async first(): Promise<R | undefined> {
    for await (const row of this) return row
    return undefined
  }
}

class Store<K> {
  protected readonly questions: Questions
  protected readonly form: StoreForm

  constructor(questions: Questions, form: StoreForm) {
    this.questions = questions
    this.form = form
  }

  protected ofKey<R>(key: K, parameters: Asked, options: QueryOptions): Rows<R> {
    return new Rows(() => this.questions.ofKey<R>(this.form, { ...parameters, key: keyText(this.form.key, key) }, options))
  }

  protected scan<R>({ from, to, reverse, ...options }: RangeOptions<K>, parameters: Asked = {}): Rows<R> {
    const { key } = this.form
    const bounds = { from: from === undefined ? undefined : keyText(key, from), to: to === undefined ? undefined : keyText(key, to) }
    return new Rows(() => this.questions.scan<R>(this.form, { ...parameters, ...bounds, reverse }, options))
  }
}

/** A table: one row for each key. */
export class TableStore<K, V, R extends Row<K, V>> extends Store<K> {
  /** The value of a key; undefined if there is none. */
  async get(key: K, options: QueryOptions = {}): Promise<V | undefined> {
    return (await this.row(key, options))?.value
  }

  /** The same with all that is known of it. */
  row(key: K, options: QueryOptions = {}): Promise<R | undefined> {
    return this.ofKey<R>(key, {}, options).first()
  }

  range(options: RangeOptions<K>): Rows<R> {
    return this.scan<R>(options)
  }

  all(options: Omit<RangeOptions<K>, 'from' | 'to'> = {}): Rows<R> {
    return this.scan<R>(options)
  }
}

/** A table whose keys are strings. */
export class TextTableStore<K extends string, V, R extends Row<K, V>> extends TableStore<K, V, R> {
  /** The rows whose keys begin so. */
  prefix(prefix: string, options: ScanOptions = {}): Rows<R> {
    return this.scan<R>(options, { prefix })
  }
}

/** A row for each window of each key. */
export class WindowStore<K, V, R extends WindowRow<K, V>> extends Store<K> {
  /** The windows of a key that start between two times, in the order of time; `reverse`: the last first. */
  windows(
    key: K,
    { timeFrom, timeTo, reverse, ...options }: Times & QueryOptions & { readonly reverse?: boolean | undefined } = {},
  ): Rows<R> {
    return this.ofKey<R>(key, { ...timesOf(timeFrom, timeTo), reverse }, options)
  }

  /** The windows of a range of keys, between two times. */
  range({ timeFrom, timeTo, ...options }: RangeOptions<K> & Times): Rows<R> {
    return this.scan<R>(options, timesOf(timeFrom, timeTo))
  }

  all(options: Omit<RangeOptions<K>, 'from' | 'to'> & Times = {}): Rows<R> {
    return this.range(options)
  }
}

/** A row for each session of each key. */
export class SessionStore<K, V> extends Store<K> {
  /** The sessions of a key that overlap a span of time, in the order of time; `reverse`: the last first. */
  sessions(
    key: K,
    { timeFrom, timeTo, reverse, ...options }: Times & QueryOptions & { readonly reverse?: boolean | undefined } = {},
  ): Rows<WindowRow<K, V>> {
    return this.ofKey<WindowRow<K, V>>(key, { ...timesOf(timeFrom, timeTo), reverse }, options)
  }

  /** The sessions of a range of keys, over a span of time. */
  range({ timeFrom, timeTo, ...options }: RangeOptions<K> & Times): Rows<WindowRow<K, V>> {
    return this.scan<WindowRow<K, V>>(options, timesOf(timeFrom, timeTo))
  }

  all(options: Omit<RangeOptions<K>, 'from' | 'to'> & Times = {}): Rows<WindowRow<K, V>> {
    return this.range(options)
  }
}

/** A table with its history. It is read by one key. */
export class VersionedStore<K, V> extends Store<K> {
  /** The value now, or as it was at a time; undefined if there is none. */
  async get(key: K, options: QueryOptions & { readonly at?: number | Date | undefined } = {}): Promise<V | undefined> {
    return (await this.row(key, options))?.value
  }

  /** The same with the time from which on it was valid, and until when. */
  row(key: K, { at, ...options }: QueryOptions & { readonly at?: number | Date | undefined } = {}): Promise<VersionRow<K, V> | undefined> {
    return this.ofKey<VersionRow<K, V>>(key, { at: at === undefined ? undefined : Number(at) }, options).first()
  }

  /** All versions that were valid between two times, the last first. */
  versions(key: K, { timeFrom = 0, timeTo, ...options }: Times & QueryOptions = {}): Rows<VersionRow<K, V>> {
    return this.ofKey<VersionRow<K, V>>(key, timesOf(timeFrom, timeTo), options)
  }
}

function timesOf(timeFrom: number | Date | undefined, timeTo: number | Date | undefined): Asked {
  return { timeFrom: timeFrom === undefined ? undefined : Number(timeFrom), timeTo: timeTo === undefined ? undefined : Number(timeTo) }
}

// ------------------------------------------------------------------------------------------------------ questions

type Asked = Readonly<Record<string, string | number | boolean | undefined>>

export interface StoreForm {
  readonly name: string
  readonly key: KeyForm
  readonly value: Form
}

/** What of the platform is used. */
interface Platform {
  fetch(url: string, init: { headers: Record<string, string>; signal?: unknown }): Promise<Answer>
  encodeURIComponent(text: string): string
  setTimeout(wake: () => void, ms: number): unknown
  readonly TextDecoder: new () => { decode(bytes?: Uint8Array, options?: { stream: boolean }): string }
}

interface Answer {
  readonly ok: boolean
  readonly status: number
  readonly body: { getReader(): BodyReader } | null
  text(): Promise<string>
}

interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array }>
  cancel(): Promise<void>
}

const platform = globalThis as unknown as Platform

/** What passes by itself, or that another instance may know better. */
const passing = ['store-unavailable', 'busy', 'not-here', 'owner-unreachable', 'unreachable', 'timeout']
const pauseMs = 200

export class Questions {
  private readonly urls: readonly string[]
  private readonly options: ClientOptions
  /** The one that answered last is asked first. */
  private preferred = 0

  constructor(options: ClientOptions) {
    const urls = typeof options.url === 'string' ? [options.url] : options.url
    if (urls.length === 0) throw new TypeError('Give the url of the app: http://localhost:8080.')
    for (const url of urls)
      if (!/^https?:\/\/[^/\s]+/.test(url))
        throw new TypeError(`A url begins with http:// or https://, as http://localhost:8080 does; not ${url}.`)
    this.urls = urls.map((url) => url.replace(/\/+$/, ''))
    this.options = options
  }

  /** Of the first instance that answers. */
  async stores(options: QueryOptions): Promise<readonly StoreDescription[]> {
    return await this.patiently(options, () => this.ofAny((url) => this.storesAt(url, options)))
  }

  /** The instance that is asked forwards to the one that has the key, if it knows; else they are asked in turn. */
  async *ofKey<R>(store: StoreForm, parameters: Asked, options: QueryOptions): AsyncGenerator<R, void, undefined> {
    const path = pathOf(store, { ...parameters, stale: options.stale })
    const open = () => this.patiently(options, () => this.ofAny((url) => this.ask(url + path, options)))
    const answer = await open().catch((error: unknown) => {
      if (error instanceof StateError && error.code === 'key-not-found') return undefined
      throw error
    })
    if (answer !== undefined) yield* rowsOf<R>(answer, store)
  }

  /** One partition after the other, each of the instance that has it now: the one that is asked forwards, if it knows. */
  async *scan<R>(store: StoreForm, parameters: Asked, options: ScanOptions): AsyncGenerator<R, void, undefined> {
    let left = options.limit ?? Number.POSITIVE_INFINITY
    for (const partition of await this.partitionsOf(store, options)) {
      if (left <= 0) return
      const limit = Number.isFinite(left) ? left : undefined
      const path = pathOf(store, { ...parameters, partition, limit, stale: options.stale })
      const answer = await this.patiently(options, () => this.ofAny((url) => this.ask(url + path, options)))
      for await (const row of rowsOf<R>(answer, store)) {
        yield row
        left--
      }
    }
  }

  /** undefined is all of a store that every instance has. */
  private async partitionsOf(store: StoreForm, options: ScanOptions): Promise<readonly (number | undefined)[]> {
    if (options.partition !== undefined) return [options.partition]
    return await this.patiently(options, async () => {
      const { global, partitionCount } = described(store, await this.ofAny((url) => this.storesAt(url, options)))
      if (global) return [undefined]
      if (partitionCount > 0) return Array.from({ length: partitionCount }, (_, partition) => partition)
      throw new StateError('store-unavailable', 503, `The app does not know yet how many partitions the store ${store.name} has.`)
    })
  }

  private async storesAt(url: string, options: QueryOptions): Promise<readonly StoreDescription[]> {
    const text = await (await this.ask(`${url}/state`, options)).text()
    const stores = (parsed(text) as { readonly stores?: readonly StoreDescription[] } | null)?.stores
    if (stores === undefined) throw notAnApp(url, 200)
    return stores
  }

  /** What the first instance gives that has it. */
  private async ofAny<T>(question: (url: string) => Promise<T>): Promise<T> {
    let problem: unknown
    for (let turn = 0; turn < this.urls.length; turn++) {
      const at = (this.preferred + turn) % this.urls.length
      try {
        const answer = await question(this.urls[at] as string)
        this.preferred = at
        return answer
      } catch (error) {
        if (!passes(error)) throw error
        problem ??= error
      }
    }
    throw problem
  }

  private async patiently<T>({ signal }: QueryOptions, question: () => Promise<T>): Promise<T> {
    const { retryMs = 10_000 } = this.options
    for (const deadlineMs = Date.now() + retryMs; ; ) {
      try {
        return await question()
      } catch (error) {
        if (!passes(error) || Date.now() >= deadlineMs || isAborted(signal)) throw error
      }
      await new Promise<void>((resolve) => platform.setTimeout(resolve, pauseMs))
    }
  }

  private async ask(url: string, { signal }: QueryOptions): Promise<Answer> {
    const { token } = this.options
    const shown = typeof token === 'function' ? await token() : token
    const headers = { Accept: 'application/x-ndjson', ...(shown === undefined ? {} : { Authorization: `Bearer ${shown}` }) }
    const init = { headers, ...(signal === undefined ? {} : { signal }) }
    const own = this.options.fetch as Platform['fetch'] | undefined
    let answer: Answer
    try {
      answer = await (own === undefined ? platform.fetch(url, init) : own(url, init))
    } catch (error) {
      if (isAborted(signal)) throw error
      const message = `Nobody answers at ${originOf(url)}: ${reasonOf(error)}. Start the app with healthPort (MILLRACE_HEALTH_PORT), or give another url.`
      throw new StateError('unreachable', 0, message, error)
    }
    if (answer.ok) return answer
    throw problemOf(await answer.text(), answer.status, url)
  }
}

function pathOf({ name }: StoreForm, parameters: Asked): string {
  const said = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== false)
  const query = [['format', 'ndjson'] as const, ...said].map(([key, value]) => `${key}=${platform.encodeURIComponent(String(value))}`)
  return `/state/${platform.encodeURIComponent(name)}?${query.join('&')}`
}

function described({ name }: StoreForm, stores: readonly StoreDescription[]): StoreDescription {
  const found = stores.find((store) => store.name === name)
  if (found !== undefined) return found
  const names = stores.map((store) => store.name).join(', ')
  throw new StateError('store-not-queryable', 404, `The app has no store ${name}, but ${names || 'none'}. ${anew}`)
}

const anew: string = 'If it runs another version of its topology, make this client anew: millrace client.'

function problemOf(text: string, status: number, url: string): StateError {
  const { code, message } = (parsed(text) as { readonly error?: { readonly code?: string; readonly message?: string } } | null)?.error ?? {}
  if (code === undefined || message === undefined) return notAnApp(originOf(url), status)
  return new StateError(code, status, [message, ...(advice[code] ?? [])].join(' '))
}

/** What the app cannot know: how this client is made. */
const advice: Readonly<Record<string, readonly string[]>> = {
  'token-wrong': ['Give this client the same one as `token`.'],
  'token-not-set': ['Give this client the same one as `token`.'],
  'not-here': ['Name them in `url`, or set applicationServer for each instance.'],
  'store-not-queryable': [anew],
}

function notAnApp(place: string, status: number): StateError {
  const message = `What answers at ${place} (HTTP ${status}) is no app of Millrace. Give the port of its probes (healthPort) as url.`
  return new StateError('not-an-app', status, message)
}

function passes(error: unknown): boolean {
  return error instanceof StateError && passing.includes(error.code)
}

function originOf(url: string): string {
  return /^https?:\/\/[^/]+/.exec(url)?.[0] ?? url
}

function isAborted(signal: Signal | undefined): boolean {
  return (signal as { readonly aborted?: boolean } | undefined)?.aborted === true
}

function reasonOf(error: unknown): string {
  const { cause } = Object(error) as { readonly cause?: unknown }
  if (cause instanceof Error && cause.message !== '') return cause.message
  return error instanceof Error ? error.message : String(error)
}

// ----------------------------------------------------------------------------------------------------------- rows

/** What stands in a line. Whatever is wrong with the rest of an answer is its last one. */
async function* rowsOf<R>(answer: Answer, store: StoreForm): AsyncGenerator<R, void, undefined> {
  for await (const line of linesOf(answer)) {
    const json = parsed(line) as Readonly<Record<string, unknown>> | null
    if (json === null)
      throw new StateError('not-an-app', answer.status, `What came of the store ${store.name} is no row: ${line.slice(0, 200)}`)
    // A row begins with its key.
    if (line.startsWith('{"error":')) throw problemOf(line, answer.status, '')
    yield rowOf(json, store) as R
  }
}

function rowOf({ key, value, ...times }: Readonly<Record<string, unknown>>, store: StoreForm): unknown {
  try {
    const numbers = Object.entries(times).map(([name, time]) => [name, Number(time)])
    return { key: decoded(store.key.form, key), value: decoded(store.value, value), ...Object.fromEntries(numbers) }
  } catch (error) {
    const message = `A row of the store ${store.name} is not what the manifest says: ${reasonOf(error)}. ${anew}`
    throw new StateError('client-outdated', 200, message, error)
  }
}

async function* linesOf({ body }: Answer): AsyncGenerator<string, void, undefined> {
  if (body === null) return
  const reader = body.getReader()
  const decoder = new platform.TextDecoder()
  let rest = ''
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + decoder.decode(part.value, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    if (rest !== '') yield rest
  } finally {
    // Whoever goes away leaves nothing open.
    await reader.cancel().catch(() => {})
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
