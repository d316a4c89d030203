// TLS and SASL, by the settings, against an Apache Kafka that has both on: an app that counts, its state, its group; and what is said where they are wrong.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { App, type AppTotals } from '../../framework/runtime/app.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { wireApp } from '../../framework/runtime/wiring.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { Client } from '../e2e/client.ts'
import { type SecuredKafka, startSecuredKafka } from './secured-kafka.ts'

const text = { key: string(), value: string() }
const canary = 'canary-4711-do-not-print'

let secured: SecuredKafka
let client: Client

beforeAll(async () => {
  secured = await startSecuredKafka(canary)
  client = new Client(secured.kafka.address)
  await client.createTopics(2, 'in')
  await client.send(
    'in',
    ['a', 'b', 'a'].map((key, n) => ({ key, value: 'x', timestamp: n })),
  )
  return () => secured.stop()
})

const said: string[] = []
let runs = 0

async function run(environment: Readonly<Record<string, string>>): Promise<AppTotals> {
  const name = `counted-${++runs}`
  await client.createTopics(1, `${name}-out`)
  const definition = topology(name, (builder) => {
    builder.stream('in', text).groupByKey().count({ store: 'counts' }).toStream().to(`${name}-out`, { key: string(), value: long() })
  })
  const { settings } = readSettings({ stateStore: 'memory', lingerMs: 0 }, environment)
  const logger = { log: (...all: readonly unknown[]) => said.push(inspect(all, { depth: 10 })) }
  const parts = { definition, settings, plugins: [kafka(), memory()], clock: new SystemClock(), logger, print: () => {} }
  try {
    return await new App({ ...wireApp(parts), untilEnd: true }).run()
  } catch (error) {
    said.push(inspect(error, { depth: 10 }), inspect(settings), JSON.stringify(settings))
    throw error
  }
}

function saslSsl(mechanism: string): Readonly<Record<string, string>> {
  return {
    MILLRACE_BROKERS: secured.kafka.addresses.SASL_SSL!,
    MILLRACE_SECURITY_PROTOCOL: 'SASL_SSL',
    MILLRACE_SSL_TRUSTSTORE_LOCATION: secured.files.authority,
    MILLRACE_SASL_MECHANISM: mechanism,
  }
}

function fileWith(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-secret-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'password')
  writeFileSync(file, content)
  return file
}

/** A token endpoint that gives tokens for the canary alone; unsigned, for an hour. */
async function tokenEndpoint(): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (data) => {
      body += data
    })
    request.on('end', () => {
      asked.push(body)
      const [id, secret] = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64')
        .toString()
        .split(':')
      if (secret !== canary) {
        response.writeHead(401).end()
        return
      }
      const part = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url')
      const seconds = Math.floor(Date.now() / 1_000)
      const token = `${part({ alg: 'none' })}.${part({ sub: id, iat: seconds, exp: seconds + 3_600 })}.`
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ access_token: token, expires_in: 3_600 }))
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, asked }
}

test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])('%s over TLS, with the password in a file', async (mechanism) => {
  const environment = {
    ...saslSsl(mechanism),
    MILLRACE_SASL_USERNAME: secured.username,
    MILLRACE_SASL_PASSWORD_FILE: fileWith(`${canary}\n`),
  }
  expect(await run(environment)).toMatchObject({ recordsIn: 3 })
})

test('OAUTHBEARER over TLS, with a token for client credentials that serves all connections', async () => {
  const { url, asked } = await tokenEndpoint()
  const environment = {
    ...saslSsl('OAUTHBEARER'),
    MILLRACE_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: url,
    MILLRACE_SASL_OAUTHBEARER_CLIENT_ID: 'app',
    MILLRACE_SASL_OAUTHBEARER_SCOPE: 'kafka',
  }
  expect(await run({ ...environment, MILLRACE_SASL_OAUTHBEARER_CLIENT_SECRET: canary })).toMatchObject({ recordsIn: 3 })
  // Each role has connections of its own, and asks for itself.
  expect(new Set(asked)).toEqual(new Set(['grant_type=client_credentials&scope=kafka']))
  expect(asked.length).toBeLessThanOrEqual(5)
  await expect(run({ ...environment, MILLRACE_SASL_OAUTHBEARER_CLIENT_SECRET: `${canary}-wrong` })).rejects.toMatchObject({
    code: 'token-refused',
    message: expect.stringContaining('gives app no token: it answered 401.'),
  })
})

test('a certificate of the client, with and without a password of its key', async () => {
  const environment = {
    MILLRACE_BROKERS: secured.kafka.addresses.SSL!,
    MILLRACE_SECURITY_PROTOCOL: 'SSL',
    MILLRACE_SSL_TRUSTSTORE_LOCATION: secured.files.authority,
  }
  expect(await run({ ...environment, MILLRACE_SSL_KEYSTORE_LOCATION: secured.files.client })).toMatchObject({ recordsIn: 3 })
  const locked = { ...environment, MILLRACE_SSL_KEYSTORE_LOCATION: secured.files.lockedClient, MILLRACE_SSL_KEY_PASSWORD: canary }
  expect(await run(locked)).toMatchObject({ recordsIn: 3 })
})

test('a wrong password and an authority that is not trusted are told apart', async () => {
  const wrong = { ...saslSsl('SCRAM-SHA-512'), MILLRACE_SASL_USERNAME: secured.username, MILLRACE_SASL_PASSWORD: `${canary}-wrong` }
  await expect(run(wrong)).rejects.toMatchObject({ code: 'not-authenticated' })
  const untrusted = { ...wrong, MILLRACE_SASL_PASSWORD: canary, MILLRACE_SSL_TRUSTSTORE_LOCATION: secured.files.stranger }
  await expect(run(untrusted)).rejects.toMatchObject({
    code: 'broker-unreachable',
    message: expect.stringContaining('its certificate is not trusted: see sslTruststoreLocation'),
  })
})

test('what the apps of this file said, at every level, and what they failed with, has no secret', () => {
  expect(said.length).toBeGreaterThan(20)
  expect(said.filter((line) => line.includes('canary'))).toEqual([])
})
