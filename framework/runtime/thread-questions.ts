// Questions for state over HTTP in an app with several stream threads: each is put to all of them, because a thread knows best what it has, and their answers become
// one. Rows come as lines, and are put together here.

import type { StateAnswer, StateReader, StateRequest } from '../ports/state-queries.ts'
import { jsonTextOf } from '../serdes/json-text.ts'
import { answerCharactersMax, rowsDefault, rowsMax } from './state-requests.ts'
import { union } from './store-calls.ts'
import type { AnswerOfThread, FromThread, ThreadLink } from './thread-messages.ts'

/** One that is stuck answers nothing. It is shorter than what the server of probes allows itself. */
const answerMs = 4_000
const json = 'application/json'
const failed = '{"error":'

/** What one thread has said. */
interface Part {
  readonly status: number
  readonly isRunning: boolean
  readonly elsewhere: string | undefined
  /** Of the body: where it is an error, its code. */
  readonly code: string | undefined
  readonly text: string
  readonly rest: AsyncIterator<string>
}

interface Asked {
  readonly thread: number
  readonly answer: (part: AnswerOfThread | undefined) => void
  piece: ((text: string, more: boolean) => void) | undefined
}

export interface QuestionsOptions {
  /** Those that live. */
  readonly threads: () => readonly { readonly number: number; readonly link: ThreadLink }[]
  readonly isGlobal: (store: string) => boolean
  /** Calls back once, so many milliseconds later, unless it is cancelled. */
  readonly after: (ms: number, run: () => void) => { cancel(): void }
}

export class ThreadQuestions implements StateReader {
  private readonly options: QuestionsOptions
  private readonly asked = new Map<number, Asked>()
  private lastId = 0

  constructor(options: QuestionsOptions) {
    this.options = options
  }

  async ask({ url, lines }: StateRequest): Promise<StateAnswer> {
    const place = placeOf(url)
    const parts = await Promise.all(
      this.options.threads().map(({ number, link }) => this.askOne(number, link, lines ? url : place.bounded)),
    )
    if (place.store === '') return listed(parts)
    const chosen = this.chosen(parts, place)
    for (const part of parts) if (!chosen.includes(part)) void part.rest.return?.()
    const [first] = chosen
    if (first === undefined) return whole(503, error('store-unavailable', 'The app does not run now. Try again when it runs.'))
    if (first.status !== 200)
      return { ...whole(first.status, first.text), ...(first.elsewhere === undefined ? {} : { elsewhere: first.elsewhere }) }
    const pieces = piecesOf(chosen)
    if (lines) return { status: 200, type: 'application/x-ndjson', body: limited(pieces, place.limit ?? Infinity) }
    return await pageOf(place.store, pieces, Math.min(place.limit ?? rowsDefault, rowsMax))
  }

  /** Of a thread: what it says of a question. */
  take(message: Extract<FromThread, { kind: 'answer' | 'piece' }>): void {
    const asked = this.asked.get(message.id)
    if (message.kind === 'answer') asked?.answer(message)
    else asked?.piece?.(message.text, message.more)
  }

  /** It says nothing any more. */
  gone(thread: number): void {
    for (const [id, asked] of this.asked) {
      if (asked.thread !== thread) continue
      this.asked.delete(id)
      asked.answer(undefined)
      asked.piece?.(`${jsonTextOf(error('store-unavailable', 'A stream thread has ended, and the rest is elsewhere now.'))}\n`, false)
    }
  }

  private async askOne(thread: number, link: ThreadLink, url: string): Promise<Part> {
    const id = ++this.lastId
    let timer: { cancel(): void } | undefined
    const answer = await new Promise<AnswerOfThread | undefined>((resolve) => {
      this.asked.set(id, { thread, answer: resolve, piece: undefined })
      timer = this.options.after(answerMs, () => resolve(undefined))
      link.send({ kind: 'ask', id, url })
    })
    timer?.cancel()
    if (answer === undefined) {
      this.drop(id, link)
      const text = `${jsonTextOf(error('store-unavailable', `Stream thread ${thread}, which may have it, does not answer. Try again later.`))}\n`
      return { status: 503, isRunning: false, elsewhere: undefined, code: 'store-unavailable', text, rest: nothing() }
    }
    const { status, isRunning, elsewhere, text, more } = answer
    if (!more) this.asked.delete(id)
    if (status !== 200 && more) this.drop(id, link)
    const code = status === 200 ? undefined : (JSON.parse(text) as { readonly error: { readonly code: string } }).error.code
    return { status, isRunning, elsewhere, code, text, rest: status === 200 && more ? this.rest(id, link) : nothing() }
  }

  /** What comes behind the first piece. */
  private rest(id: number, link: ThreadLink): AsyncIterator<string> {
    const ended = { done: true, value: undefined } as const
    const next = async (): Promise<IteratorResult<string>> => {
      const asked = this.asked.get(id)
      if (asked === undefined) return ended
      const [text, more] = await new Promise<readonly [string, boolean]>((resolve) => {
        asked.piece = (piece, goesOn) => resolve([piece, goesOn])
        link.send({ kind: 'next', id })
      })
      if (!more) this.asked.delete(id)
      return text === '' && !more ? ended : { done: false, value: text }
    }
    return {
      next,
      return: async () => {
        this.drop(id, link)
        return ended
      },
    }
  }

  private drop(id: number, link: ThreadLink): void {
    if (this.asked.delete(id)) link.send({ kind: 'drop', id })
  }

  /** Those whose rows are the answer, or the one that says why there is none. */
  private chosen(parts: readonly Part[], { store, hasKey }: Place): readonly Part[] {
    const byCode = (...codes: readonly string[]): readonly Part[] =>
      parts.filter(({ code }) => code !== undefined && codes.includes(code)).slice(0, 1)
    const [wrong] = byCode('request-invalid', 'store-not-queryable', 'failed')
    if (wrong !== undefined) return [wrong]
    const rows = parts.filter(({ status }) => status === 200)
    // Each thread has all of it.
    if (this.options.isGlobal(store)) return rows.length > 0 ? rows.slice(0, 1) : byCode('key-not-found', 'store-unavailable')
    const away = parts.find(({ code, isRunning }) => code === 'store-unavailable' && !isRunning)
    if (away !== undefined && !(hasKey && rows.length > 0)) return byCode('key-not-found').concat(elsewhereOf(parts), away).slice(0, 1)
    if (rows.length > 0) return rows
    return byCode('key-not-found').concat(elsewhereOf(parts), notHere(parts), byCode('store-unavailable')).slice(0, 1)
  }
}

interface Place {
  readonly store: string
  readonly hasKey: boolean
  readonly limit: number | undefined
  /** The same question, for no more rows than one JSON answer holds, and one more to know of. */
  readonly bounded: string
}

function placeOf(url: string): Place {
  // What is wrong with it the threads say.
  if (!URL.canParse(url, 'http://app')) return { store: url, hasKey: false, limit: undefined, bounded: url }
  const { pathname, searchParams } = new URL(url, 'http://app')
  const limits = searchParams.getAll('limit')
  const limit = limits.length === 1 && /^\d+$/.test(limits[0]!) ? Number(limits[0]) : undefined
  const hasKey = searchParams.has('key')
  if (limits.length === 0 || limit !== undefined) searchParams.set('limit', String(Math.min(limit ?? rowsDefault, rowsMax) + 1))
  return { store: storeName(pathname), hasKey, limit, bounded: `${pathname}?${searchParams}` }
}

function storeName(pathname: string): string {
  const text = pathname.replace(/^\/state\/?/, '')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function elsewhereOf(parts: readonly Part[]): readonly Part[] {
  return parts.filter(({ elsewhere }) => elsewhere !== undefined)
}

/** With the partitions of all threads. */
function notHere(parts: readonly Part[]): readonly Part[] {
  const refusals = parts.filter(({ code }) => code === 'not-here')
  if (refusals[0] === undefined) return []
  const errors = refusals.map(({ text }) => (JSON.parse(text) as { readonly error: NotHere }).error)
  const partitions = union(...errors.map((one) => one.partitions))
  const own = errors[0]!.partitions.join(', ') || 'none'
  const message = errors[0]!.message.replace(`here are ${own}.`, `here are ${partitions.join(', ') || 'none'}.`)
  return [{ ...refusals[0], text: `${jsonTextOf({ error: { ...errors[0]!, message, partitions } })}\n` }]
}

interface NotHere {
  readonly message: string
  readonly partitions: readonly number[]
}

interface ListedStore {
  readonly name: string
  readonly partitions: readonly number[]
  readonly partitionCount: number
  readonly servers?: Readonly<Record<string, string>>
}

function listed(parts: readonly Part[]): StateAnswer {
  const stores = new Map<string, ListedStore>()
  for (const { status, text } of parts) {
    if (status !== 200) continue
    for (const store of (JSON.parse(text) as { readonly stores: readonly ListedStore[] }).stores) {
      const other = stores.get(store.name)
      const partitions = union(other?.partitions ?? [], store.partitions)
      const servers = { ...other?.servers, ...store.servers }
      const partitionCount = Math.max(store.partitionCount, other?.partitionCount ?? 0)
      stores.set(store.name, { ...store, partitions, partitionCount, ...(Object.keys(servers).length === 0 ? {} : { servers }) })
    }
  }
  return whole(200, { stores: [...stores.values()] })
}

// ------------------------------------------------------------------------------------------------------------ rows

async function* piecesOf(parts: readonly Part[]): AsyncGenerator<string, undefined> {
  try {
    for (const { text, rest } of parts) {
      let last = text
      if (text !== '') yield text
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
        last = next.value
        yield next.value
      }
      // What a thread could not go on with the others cannot make good.
      if (lastLineOf(last).startsWith(failed)) return
    }
  } finally {
    for (const { rest } of parts) await rest.return?.()
  }
}

async function* limited(pieces: AsyncIterable<string>, rows: number): AsyncGenerator<string, undefined> {
  let left = rows
  if (left === 0) return
  for await (const piece of pieces) {
    const lines = linesOf(piece)
    yield lines.length <= left ? piece : `${lines.slice(0, left).join('\n')}\n`
    left -= lines.length
    if (left <= 0) return
  }
}

async function pageOf(store: string, pieces: AsyncIterable<string>, rows: number): Promise<StateAnswer> {
  const texts: string[] = []
  let characters = 0
  let more = false
  for await (const piece of pieces) {
    for (const line of linesOf(piece)) {
      if (line.startsWith(failed)) return whole(503, `${line}\n`)
      more = texts.length >= rows || characters >= answerCharactersMax
      if (more) break
      texts.push(line)
      characters += line.length
    }
    if (more) break
  }
  return whole(200, `{"store":${JSON.stringify(store)},"rows":[${texts.join(',')}],"more":${more}}\n`)
}

function linesOf(piece: string): readonly string[] {
  return piece.split('\n').slice(0, -1)
}

function lastLineOf(piece: string): string {
  return linesOf(piece).at(-1) ?? ''
}

async function* nothing(): AsyncGenerator<string, undefined> {}

function error(code: string, message: string): { readonly error: { readonly code: string; readonly message: string } } {
  return { error: { code, message } }
}

function whole(status: number, body: unknown): StateAnswer {
  return { status, type: json, body: [typeof body === 'string' ? body : `${jsonTextOf(body)}\n`].values() }
}
