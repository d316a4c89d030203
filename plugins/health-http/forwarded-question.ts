// A question for state that another instance answers: it is asked with the token of who asks here, and once only, so that two who take each other for the owner
// do not ask each other for ever.

import type { AskedState } from './probe-worker-source.ts'

export interface ForwardedAnswer {
  readonly status: number
  readonly type: string
  /** The first piece of the body, and whether that was all. */
  readonly value: string | undefined
  readonly done: boolean
  /** What comes behind it. */
  readonly body: AsyncIterator<string>
}

/** Until the other one begins to answer; it is shorter than what the server allows itself. */
const answerMs = 3_000

export async function forwarded(server: string, { url, authorization, accept }: AskedState): Promise<ForwardedAnswer> {
  const headers = { accept, 'x-millrace-forwarded': '1', ...(authorization === '' ? {} : { authorization }) }
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(new Error(`no answer within ${answerMs} ms`)), answerMs)
  try {
    const response = await fetch(`http://${server}${url}`, { headers, signal: patience.signal, redirect: 'error' })
    const body = textsOf(response)
    const { done = false, value } = await body.next()
    const { status } = response
    return { status, type: response.headers.get('content-type') ?? 'application/json', value: value ?? undefined, done, body }
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown }
    const problem = cause instanceof Error && cause.message !== '' ? cause.message : error instanceof Error ? error.message : String(error)
    const message = `The instance that has the key does not answer at ${server}: ${problem}. It may have gone; ask again after the rebalance, or look at its applicationServer.`
    const text = `${JSON.stringify({ error: { code: 'owner-unreachable', message, server } })}\n`
    return { status: 502, type: 'application/json', value: text, done: true, body: nothing() }
  } finally {
    clearTimeout(timer)
  }
}

/** What goes wrong on the way is the last line, as in an answer of one's own. */
async function* textsOf({ body, status }: Response): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder()
  try {
    if (body !== null) for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) yield decoder.decode(bytes, { stream: true })
  } catch (error) {
    const message = `The instance that has the key has broken off: ${error instanceof Error ? error.message : String(error)}`
    if (status === 200) yield `${JSON.stringify({ error: { code: 'owner-unreachable', message } })}\n`
  }
}

async function* nothing(): AsyncGenerator<string, undefined> {}
