// The stores of a running app, asked for over the port of its probes. The token is a setting (MILLRACE_STATE_QUERY_TOKEN, or its file), never an option: options
// can be seen by everybody on the machine.

import type { Secret } from '../framework/index.ts'
import { readConfig } from './connect.ts'
import { linesOf } from './lines.ts'
import { Args, Errors, Flags } from './oclif.ts'

export const appFlag = Flags.string({
  description: 'where the app answers; default: healthHost and healthPort, from the environment or millrace.config.ts',
  helpValue: 'HOST:PORT',
})

export const storeArgument = Args.string({ ignoreStdin: true, description: 'the store; `millrace state list` shows all', required: true })

/** Those of `scan` and `dump`. */
export const partitionFlag = Flags.integer({ description: 'only this partition', min: 0, helpValue: 'N' })
export const staleFlag = Flags.boolean({ description: 'also while the app rebalances or restores' })
export const timeFlags = {
  'time-from': Flags.integer({ description: 'windows from this time on, in milliseconds since 1970', min: 0, helpValue: 'MS' }),
  'time-to': Flags.integer({ description: 'windows up to this time', min: 0, helpValue: 'MS' }),
}

export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>

/** What an app is asked for rows of a store. */
export function questionFor(store: string, parameters: Parameters): string {
  const query = new URLSearchParams({ format: 'ndjson' })
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined && value !== false) query.set(name, String(value))
  return `/state/${encodeURIComponent(store)}?${query}`
}

/** Calls back with each row, a line of JSON. */
export async function eachRow(app: string | undefined, question: string, take: (line: string) => void): Promise<void> {
  const response = await asked(app, question)
  for await (const lines of linesOf(buffersOf(response))) {
    for (const { text } of lines) {
      // A row begins with its key.
      if (text.startsWith('{"error":')) throw problemOf(text, 1)
      take(text)
    }
  }
}

export async function allStores(app: string | undefined): Promise<unknown> {
  return await (await asked(app, '/state')).json()
}

async function* buffersOf({ body }: Response): AsyncGenerator<Buffer> {
  if (body !== null) for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) yield Buffer.from(bytes)
}

async function asked(app: string | undefined, path: string): Promise<Response> {
  const { address, token } = await place(app)
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token.reveal()}` }
  const response = await fetch(`http://${address}${path}`, { headers }).catch((error: unknown) => {
    const { cause } = error as { readonly cause?: unknown }
    const problem = cause instanceof Error && cause.message !== '' ? cause.message : String(error)
    throw new Errors.CLIError(`No app answers at ${address}: ${problem}. Start it with healthPort, or name its port by --app.`, { exit: 1 })
  })
  if (response.ok) return response
  throw problemOf(await response.text(), response.status === 400 ? 2 : 1)
}

async function place(app: string | undefined): Promise<{ readonly address: string; readonly token: Secret | undefined }> {
  const { readSettings } = await import('../framework/runtime/settings.ts')
  const { healthHost, healthPort, stateQueryToken: token } = readSettings(await readConfig(), process.env).settings
  // Where it listens everywhere it is here, too.
  const host = healthHost === '0.0.0.0' || healthHost === '::' ? '127.0.0.1' : healthHost
  const address = app ?? (healthPort === undefined || healthPort === 0 ? undefined : `${host}:${healthPort}`)
  if (address === undefined)
    throw new Errors.CLIError('It is not said where the app answers: give --app HOST:PORT, or set healthPort (MILLRACE_HEALTH_PORT).', {
      exit: 2,
    })
  if (/^[^/\s@]+:\d+$/.test(address)) return { address, token }
  throw new Errors.CLIError(`--app must be host:port, such as localhost:8080, not '${address}'.`, { exit: 2 })
}

function problemOf(text: string, exit: number): Errors.CLIError {
  const { error } = parsed(text) as { readonly error?: { readonly message?: string } }
  return new Errors.CLIError(error?.message ?? `The answer is not that of an app of Millrace: ${text.slice(0, 200)}`, { exit })
}

function parsed(text: string): object {
  try {
    return Object(JSON.parse(text)) as object
  } catch {
    return {}
  }
}
