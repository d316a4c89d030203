// A new version in the place of one that has run, over the CLI and the embedded broker: build --against cluster, and millrace state migrate.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it, vi } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { Client, type Received } from '../e2e/client.ts'
import { endOf, millrace, projectOf, startNode } from './program.ts'

// Topologies are compiled, and tests share the processor.
vi.setConfig({ testTimeout: 300_000 })

let broker: EmbeddedBroker

beforeAll(async () => {
  broker = await startBroker()
  return () => broker.close()
})

async function recordsOf(client: Client, topic: string): Promise<readonly Received[]> {
  const count = await client.written(topic)
  return client.receive(topic, ({ length }) => length >= count)
}

const topologyOf = (type: string, initial: string, next: string, options = ''): string => `import { topology } from 'millrace'

interface Total ${type}

export default topology('totals', (builder) => {
  const totals = builder.stream<string, string>('in').groupByKey().aggregate((): Total => (${initial}), (total) => (${next})${options})
  totals.toStream().to('out')
})
`

const first = topologyOf('{ n: number }', '{ n: 0 }', '{ n: total.n + 1 }')
const second = (options = '') =>
  topologyOf('{ n: number; label: string }', "{ n: 0, label: 'new' }", '{ ...total, n: total.n + 1 }', options)
const migrating = second(`, { store: { migrate: (old) => ({ ...(old as { n: number }), label: 'old' }) } }`)

it('refuses a value type that cannot be read, takes one with migrate, and makes all stored values new at once', async () => {
  const folder = projectOf({ 'topologies/totals.ts': first })
  const environment = { MILLRACE_BROKERS: broker.address, MILLRACE_STATE_DIR: join(folder, 'state') }
  const run = (line: string) => millrace(line.split(' '), folder, environment)
  const write = (text: string): void => writeFileSync(join(folder, 'topologies/totals.ts'), text)
  const client = new Client(broker.address)
  await client.createTopics(2, 'in', 'out')
  const send = (...keys: string[]) =>
    client.send(
      'in',
      keys.map((key, i) => ({ key, value: 'x', timestamp: 1_000 + i })),
    )
  const changelog = async (): Promise<readonly string[]> => {
    const records = await recordsOf(client, 'totals-totals-changelog')
    return records.map(({ key, value, timestamp }) => `${key} ${value} ${timestamp}`).sort()
  }

  // The first version runs, and records itself.
  await send('a', 'b', 'c', 'a')
  expect(await run('build --against cluster')).toMatchObject({ code: 0 })
  expect(await run('run totals --until-end')).toMatchObject({ code: 0 })

  // One that cannot read what is there is not built, and says what to do.
  write(second())
  const refused = await run('build --against cluster')
  expect(refused.code).toBe(1)
  expect(refused.stdout).toContain(
    'error MR1701: This change needs a migration (value-narrowed:totals): Values that are there may not be readable',
  )
  expect(refused.stdout).toContain('{ store: { migrate: (old) => … } }')

  write(migrating)
  expect(await run('build --against cluster')).toMatchObject({ code: 0 })
  expect(await run('state migrate --dry-run')).toEqual({ code: 0, stdout: 'totals: 3 of 3 values would be made new.\n', stderr: '' })
  const before = await changelog()
  expect(await run('state migrate totals')).toEqual({ code: 0, stdout: 'totals: 3 of 3 values made new.\n', stderr: '' })
  const added = (await changelog()).filter((record) => !before.includes(record))
  expect(added).toEqual(['a {"n":2,"label":"old"} 1003', 'b {"n":1,"label":"old"} 1001', 'c {"n":1,"label":"old"} 1002'])
  const again = await run('state migrate totals --json')
  expect(JSON.parse(again.stdout)).toEqual({
    application: 'totals',
    dryRun: false,
    stores: [{ store: 'totals', values: 3, migrated: 0 }],
  })

  // The folder on disk is behind the changelog, and takes over what is new: migrate is needed no more.
  write(second())
  expect(await run('build --against cluster')).toMatchObject({ code: 0 })
  expect(await run('state migrate')).toMatchObject({ code: 0, stdout: 'No store of the topology has a migrate: there is nothing to do.\n' })
  await send('a', 'd')
  expect(await run('run totals --until-end')).toMatchObject({ code: 0 })
  expect(await changelog()).toEqual(expect.arrayContaining(['a {"n":3,"label":"old"} 1003', 'd {"n":1,"label":"new"} 1001']))
})

it('is refused while an instance runs, and by a version that would not start', async () => {
  const folder = projectOf({ 'topologies/totals.ts': migrating })
  const environment = {
    MILLRACE_BROKERS: broker.address,
    MILLRACE_STATE_DIR: join(folder, 'state'),
    MILLRACE_APPLICATION_ID: 'running',
    MILLRACE_COMMIT_INTERVAL_MS: '100',
  }
  const client = new Client(broker.address)
  await client.createTopics(1, 'in', 'out')
  expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
  const app = startNode([join(folder, 'dist/totals/app.mjs')], folder, environment)
  const ended = endOf(app)
  await client.send('in', [{ key: 'z', value: 'x', timestamp: 5_000 }])
  await vi.waitFor(async () => expect(await client.written('running-totals-changelog')).toBeGreaterThan(0), {
    timeout: 30_000,
    interval: 200,
  })
  const refused = await millrace(['state', 'migrate'], folder, environment)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/The application running runs: members of its group: 1, state: Stable\. Stop all instances first/)
  app.kill('SIGTERM')
  expect((await ended).code).toBe(0)
  expect(await millrace(['state', 'migrate'], folder, environment)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^totals: 0 of \d+ values made new\.\n$/),
  })

  writeFileSync(join(folder, 'topologies/totals.ts'), migrating.replaceAll('const totals', 'const sums').replaceAll('totals.to', 'sums.to'))
  expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
  const other = await millrace(['state', 'migrate'], folder, environment)
  expect(other).toMatchObject({ code: 1, stdout: '' })
  expect(other.stderr).toContain('loses state: store-removed:totals')
})
