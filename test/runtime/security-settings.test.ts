// What the settings say of TLS and credentials: which belong together, where secrets come from, and that nobody sees them.

import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { brokerSecurity } from '../../framework/runtime/broker-security.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { AppBench } from './app-bench.ts'

const sasl = { MILLRACE_SECURITY_PROTOCOL: 'SASL_SSL', MILLRACE_SASL_MECHANISM: 'PLAIN', MILLRACE_SASL_USERNAME: 'app' }

function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-settings-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a secret comes from its variable, or from a file, without the line end of the file, and shows itself to nobody', () => {
  const file = join(folderOf(), 'password')
  writeFileSync(file, 'hush hush\n')
  for (const environment of [{ MILLRACE_SASL_PASSWORD: 'hush hush' }, { MILLRACE_SASL_PASSWORD_FILE: file }]) {
    const { settings } = readSettings({}, { ...sasl, ...environment })
    expect(settings.saslPassword?.reveal()).toBe('hush hush')
    expect(brokerSecurity(settings)?.sasl).toMatchObject({ mechanism: 'PLAIN', username: 'app' })
    const shown = [inspect(settings, { depth: 9, showHidden: true }), JSON.stringify(settings), `${settings.saslPassword}`]
    expect(shown.join()).not.toContain('hush')
    expect(shown.every((text) => text.includes('[secret]'))).toBe(true)
  }
})

test('a secret in the configuration, twice in the environment, or in a file that is not there is refused, unseen', () => {
  const config = { saslPassword: 'hush' } as object
  const environment = {
    ...sasl,
    MILLRACE_SSL_KEY_PASSWORD: 'hush',
    MILLRACE_SSL_KEY_PASSWORD_FILE: 'x',
    MILLRACE_SASL_OAUTHBEARER_CLIENT_SECRET_FILE: 'nowhere',
  }
  expect(() => readSettings(config, environment)).toThrow(
    `The settings are wrong:
  saslPassword is a secret, and would be in the bundle: set MILLRACE_SASL_PASSWORD, or MILLRACE_SASL_PASSWORD_FILE to a file that has it.
  MILLRACE_SASL_OAUTHBEARER_CLIENT_SECRET_FILE names nowhere, which cannot be read: ENOENT.
  MILLRACE_SSL_KEY_PASSWORD and MILLRACE_SSL_KEY_PASSWORD_FILE are both set; one of them is enough.
Correct them`,
  )
})

test.each([
  [{ MILLRACE_SASL_MECHANISM: 'PLAIN' }, 'saslMechanism is set, and securityProtocol is PLAINTEXT, which does not use it.'],
  [
    { MILLRACE_SSL_TRUSTSTORE_LOCATION: 'ca.pem' },
    'sslTruststoreLocation is set, and securityProtocol is PLAINTEXT, which does not use it.',
  ],
  [{ MILLRACE_SECURITY_PROTOCOL: 'SASL_SSL' }, 'securityProtocol is SASL_SSL, and saslMechanism does not say how.'],
  [sasl, 'saslMechanism is PLAIN, and saslPassword is not set.'],
  [
    { MILLRACE_SECURITY_PROTOCOL: 'SASL_SSL', MILLRACE_SASL_MECHANISM: 'OAUTHBEARER', MILLRACE_SASL_OAUTHBEARER_CLIENT_ID: 'app' },
    'saslMechanism is OAUTHBEARER, and saslOauthbearerTokenEndpointUrl is not set.\n  saslMechanism is OAUTHBEARER, and saslOauthbearerClientSecret is not set.',
  ],
] satisfies [Record<string, string>, string][])('%j does not fit together', (environment, problem) => {
  const { settings } = readSettings({}, environment)
  expect(() => brokerSecurity(settings)).toThrow(problem)
})

test('without a word about it there is neither TLS nor SASL', () => {
  expect(brokerSecurity(readSettings({}, {}).settings)).toBeUndefined()
})

test('nobody but the owner gets at the state of an app, whatever the umask', async () => {
  const stateDir = folderOf()
  const before = process.umask(0)
  onTestFinished(() => void process.umask(before))
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  await bench.produce('in', [['a', 'x']])
  const text = { key: string(), value: string() }
  const counts = topology('private-counts', (builder) => {
    builder.stream('in', text).groupByKey().count({ store: 'counts' })
  })
  await bench.runToEnd(counts, { engine: leveldb().stores!.leveldb!, config: { stateDir } })
  const folder = join(stateDir, 'private-counts')
  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)
  expect([folder, ...readdirSync(folder).map((name) => join(folder, name))].map(modeOf)).toEqual(['700', '700'])
})
