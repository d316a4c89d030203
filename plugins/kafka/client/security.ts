// TLS and SASL as kafkajs takes them, from what the settings say. Files are read when the app connects; a token is asked for when a connection is opened, and
// kept until shortly before it expires.

import { readFileSync } from 'node:fs'
import { type BrokerSecurity, MillraceError, type SaslCredentials } from '../../../framework/index.ts'
import type { KafkaSecurity } from './kafkajs-connections.ts'

/** A token is asked for anew so long before it expires. */
const earlyMs = 30_000
const tokenTimeoutMs = 10_000
/** Of a token endpoint that does not say. */
const tokenLifeSeconds = 300

export function kafkajsSecurity({ tls, sasl }: BrokerSecurity, nowMs: () => number): KafkaSecurity {
  return { ...(tls === undefined ? {} : { ssl: tlsOf(tls) }), ...(sasl === undefined ? {} : { sasl: saslOf(sasl, nowMs) }) }
}

/** Both files are PEM: certificates of authorities, and a private key with its certificates. */
function tlsOf({ truststoreFile, keystoreFile, keyPassword }: NonNullable<BrokerSecurity['tls']>): NonNullable<KafkaSecurity['ssl']> {
  const ca = truststoreFile === undefined ? undefined : pem('sslTruststoreLocation', truststoreFile)
  const key = keystoreFile === undefined ? undefined : pem('sslKeystoreLocation', keystoreFile)
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(key === undefined ? {} : { key, cert: key }),
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword.reveal() }),
  }
}

function pem(setting: string, file: string): string {
  const problem = (text: string): MillraceError => new MillraceError('settings-invalid', { problems: `${setting} names ${file}, ${text}.` })
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw problem(`which cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (!text.includes('-----BEGIN ')) throw problem('which is not PEM; `keytool` and `openssl` turn a JKS or PKCS #12 store into PEM')
  return text
}

function saslOf(sasl: SaslCredentials, nowMs: () => number): NonNullable<KafkaSecurity['sasl']> {
  switch (sasl.mechanism) {
    case 'PLAIN':
      return { mechanism: 'plain', username: sasl.username, password: sasl.password.reveal() }
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username: sasl.username, password: sasl.password.reveal() }
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', username: sasl.username, password: sasl.password.reveal() }
    case 'OAUTHBEARER':
      return { mechanism: 'oauthbearer', oauthBearerProvider: tokenProvider(sasl, nowMs) }
  }
}

/** Client credentials of OAuth 2 (RFC 6749, 4.4), as Kafka's own client asks for them (KIP-768). */
function tokenProvider(
  sasl: Extract<SaslCredentials, { mechanism: 'OAUTHBEARER' }>,
  nowMs: () => number,
): () => Promise<{ readonly value: string }> {
  let token: { readonly value: string; readonly untilMs: number } | undefined
  return async () => {
    if (token !== undefined && nowMs() < token.untilMs) return token
    const { value, seconds } = await askForToken(sasl)
    token = { value, untilMs: nowMs() + seconds * 1_000 - earlyMs }
    return token
  }
}

async function askForToken({ tokenUrl, clientId, clientSecret, scope }: Extract<SaslCredentials, { mechanism: 'OAUTHBEARER' }>) {
  const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret.reveal())}`).toString('base64')
  const problem = (text: string, cause?: unknown): MillraceError =>
    new MillraceError('token-refused', { url: new URL(tokenUrl).origin, client: clientId, problem: text }, cause)
  let answer: Response
  try {
    answer = await fetch(tokenUrl, {
      method: 'POST',
      headers: { Authorization: `Basic ${basic}`, 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) }),
      signal: AbortSignal.timeout(tokenTimeoutMs),
    })
  } catch (error) {
    throw problem(
      error instanceof Error ? `${error.message}${error.cause instanceof Error ? ` (${error.cause.message})` : ''}` : String(error),
    )
  }
  if (!answer.ok) throw problem(`it answered ${answer.status}`)
  const json = (await answer.json().catch(() => undefined)) as
    | { readonly access_token?: unknown; readonly expires_in?: unknown }
    | undefined
  if (typeof json?.access_token !== 'string') throw problem('its answer has no access_token')
  return { value: json.access_token, seconds: typeof json.expires_in === 'number' ? json.expires_in : tokenLifeSeconds }
}
