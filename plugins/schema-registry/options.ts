// Where a schema registry is and how it is talked to, as Confluent's client wants it. Secrets stand here and nowhere else: no message has them.

import { Agent, type AgentOptions } from 'node:https'
import type { ClientConfig } from '@confluentinc/schemaregistry/dist/rest-service.js'

export interface SchemaRegistryOptions {
  /** `http://localhost:8081`; several are tried in turn. `mock://name` is a registry in memory, for tests. */
  readonly url: string | readonly string[]
  readonly auth?: RegistryAuth
  /** As for Node's https: `ca`, `cert`, `key`, `passphrase`, `rejectUnauthorized` … */
  readonly tls?: AgentOptions
  /** How long one request may take. Default: 10000. */
  readonly timeoutMs?: number
  /** How often a request is tried again when nobody answers, or 408, 429, 500, 502, 503 or 504. Default: 3. */
  readonly retriesMax?: number
  /** Before the first retry, at most; doubled each time. Default: 1000. */
  readonly retryWaitMs?: number
}

export type RegistryAuth = { readonly username: string; readonly password: string } | { readonly token: string }

export interface RegistryAddress {
  readonly config: ClientConfig
  /** For messages: without credentials. */
  readonly shownUrl: string
}

const responseBytesMax = 16 * 1024 * 1024
const retryWaitMsMax = 20_000

export function addressOf({
  url,
  auth,
  tls,
  timeoutMs = 10_000,
  retriesMax = 3,
  retryWaitMs = 1_000,
}: SchemaRegistryOptions): RegistryAddress {
  const urls = (typeof url === 'string' ? [url] : url).map(parsedUrl)
  if (urls.length === 0) throw new Error('schemaRegistry() needs a url')
  const header = authorization(auth ?? userOf(urls))
  const plain = urls.map(withoutUser)
  return {
    shownUrl: plain.join(', '),
    config: {
      baseURLs: plain,
      maxRetries: retriesMax,
      retriesWaitMs: retryWaitMs,
      retriesMaxWaitMs: retryWaitMsMax,
      createAxiosDefaults: {
        timeout: timeoutMs,
        maxContentLength: responseBytesMax,
        ...(header === undefined ? {} : { headers: { common: { Authorization: header } } }),
        ...(tls === undefined ? {} : { httpsAgent: new Agent(tls) }),
      },
    },
  }
}

function parsedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // The text may hold a password.
  if (url === undefined || !['http:', 'https:', 'mock:'].includes(url.protocol))
    throw new Error('the url given to schemaRegistry() is no http:// or https:// address')
  return url
}

function withoutUser(url: URL): string {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  return plain.href.replace(/\/$/, '')
}

function userOf(urls: readonly URL[]): RegistryAuth | undefined {
  const url = urls.find(({ username }) => username !== '')
  return url === undefined ? undefined : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
}

function authorization(auth: RegistryAuth | undefined): string | undefined {
  if (auth === undefined) return undefined
  if ('token' in auth) return `Bearer ${auth.token}`
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
}
