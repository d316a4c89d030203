// Secrets stand in nothing that is printed or written: the commands, an app that fails in every way to connect, and all that a build makes.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startBroker } from '../../plugins/kafka/server/index.ts'
import { type Ended, millrace, node, projectOf } from './program.ts'

const canary = 'canary-4711-do-not-print'

it('are in no output and no file, at any level of the log, with stacks and causes', async () => {
  const broker = await startBroker()
  const folder = projectOf('word-count')
  const environment = {
    MILLRACE_BROKERS: broker.address,
    MILLRACE_SECURITY_PROTOCOL: 'SASL_PLAINTEXT',
    MILLRACE_SASL_MECHANISM: 'SCRAM-SHA-512',
    MILLRACE_SASL_USERNAME: 'app',
    MILLRACE_SASL_PASSWORD: canary,
    MILLRACE_SASL_OAUTHBEARER_CLIENT_SECRET: canary,
    MILLRACE_SSL_KEY_PASSWORD: canary,
    MILLRACE_LOG_LEVEL: 'debug',
    MILLRACE_DEBUG: '1',
  }
  const app = join(folder, 'dist', 'word-count', 'app.mjs')
  const ended: Ended[] = [
    await millrace(['build'], folder, environment),
    await millrace(['describe', '--format', 'json'], folder, environment),
    // The embedded broker knows no SASL: the connection fails.
    await millrace(['topic', 'list'], folder, environment),
    await node([app], folder, environment),
    await node([app, '--help'], folder, environment),
    await node([app], folder, { ...environment, MILLRACE_COMMIT_INTERVAL_MS: 'soon' }),
  ]
  await broker.close()
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 1, 1, 0, 2])
  const printed = ended.map(({ stdout, stderr }) => stdout + stderr)
  expect(printed[3]).toContain('debug')
  expect(printed.filter((text) => text.includes('canary'))).toEqual([])
  const written = readdirSync(join(folder, 'dist'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  expect(written.length).toBeGreaterThan(4)
  expect(written.filter(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8').includes('canary'))).toEqual([])
})
