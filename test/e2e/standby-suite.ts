// Two instances with standbys, as processes: one is killed with -9, and the other goes on within its session timeout, without reading again what its standby has.

import { randomInt } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { endOf, millrace, projectOf, startNode, urlOf } from '../cli/program.ts'
import { eventually } from '../contract/broker/bench.ts'
import { Client } from './client.ts'

const keys = 500
const linesBefore = 6_000
const linesAfter = 500

const counting = (topics: { readonly input: string; readonly output: string }): string => `
import { topology } from 'millrace'

export default topology('counting', (builder) => {
  const counts = builder.stream<string, string>('${topics.input}').groupByKey().count()
  counts.toStream().to('${topics.output}')
})
`

const config = `
import { defineConfig } from 'millrace'
import { prometheus } from 'millrace/plugins/metrics-prometheus'

export default defineConfig({ plugins: [prometheus({ port: false })] })
`

export function standbySuite(cluster: string, addressOf: () => string): void {
  describe(`standbys on ${cluster}`, () => {
    let client: Client

    beforeAll(() => {
      client = new Client(addressOf())
    })

    it.each(['at_least_once', 'exactly_once_v2'])(
      'when one of two instances is killed, the other restores the tail (%s)',
      { timeout: 180_000 },
      async (guarantee) => {
        const suffix = randomInt(1e9)
        const [input, output] = [`lines-${suffix}`, `counts-${suffix}`]
        const applicationId = `counting-${suffix}`
        await client.createTopics(4, input, output)
        const folder = projectOf({ 'topologies/counting.ts': counting({ input, output }), 'millrace.config.ts': config })
        expect((await millrace(['build'], folder)).code).toBe(0)
        const stateOf = (name: string): string => join(folder, name, 'state')
        const start = (name: string): ReturnType<typeof startNode> =>
          startNode(['dist/counting/app.mjs', '--summary', `${name}.json`], folder, {
            MILLRACE_BROKERS: client.address,
            MILLRACE_APPLICATION_ID: applicationId,
            MILLRACE_STATE_DIR: stateOf(name),
            MILLRACE_PROCESSING_GUARANTEE: guarantee,
            MILLRACE_COMMIT_INTERVAL_MS: '200',
            MILLRACE_CACHE_BYTES_MAX: '0',
            MILLRACE_STANDBY_REPLICAS: '1',
            MILLRACE_SESSION_TIMEOUT_MS: '6000',
            MILLRACE_HEARTBEAT_INTERVAL_MS: '1000',
            MILLRACE_HEALTH_PORT: '0',
          })
        const [dying, left] = [start('dying'), start('left')]
        const [dyingEnded, leftEnded] = [endOf(dying), endOf(left)]
        const [dyingUrl, leftUrl] = await Promise.all([urlOf(dying), urlOf(left)])
        const changelog = `${applicationId}-${await changelogOf(client, applicationId)}`
        await eventually(
          async () => [...tasksIn(stateOf('dying'), applicationId), ...tasksIn(stateOf('left'), applicationId)].length === 8,
          'both have all tasks',
          60_000,
        )
        // Else a task that is still to move takes with it what its standby has not read: it is restored then, and not counted as read by a standby.
        const balanced = async (): Promise<boolean> =>
          (await Promise.all([dyingUrl, leftUrl].map(tasksOf))).every(({ active, standby }) => active === 2 && standby === 2)
        await eventually(balanced, 'each has two tasks and two standbys', 60_000)
        let sent = 0
        const send = async (lines: number): Promise<void> => {
          const records = Array.from({ length: lines }, (_, index) => ({ key: `key-${index % keys}`, value: 'x', timestamp: ++sent }))
          await client.send(input, records)
        }
        await send(linesBefore)
        const followed = async (): Promise<number> => {
          const [one, other] = await Promise.all([updatesOf(dyingUrl), updatesOf(leftUrl)])
          return one + other
        }
        await eventually(async () => (await followed()) >= linesBefore, 'the standbys have read all', 60_000)
        expect(await updatesOf(leftUrl)).toBeGreaterThan(linesBefore / 10)
        const changelogRecords = await client.written(changelog)
        dying.kill('SIGKILL')
        expect((await dyingEnded).code).toBeNull()
        const killedMs = Date.now()
        await send(linesAfter)
        await eventually(
          async () => (await client.written(changelog)) >= changelogRecords + linesAfter,
          'the other one has gone on',
          60_000,
        )
        expect(Date.now() - killedMs).toBeLessThan(20_000)
        left.kill('SIGTERM')
        expect(await leftEnded).toMatchObject({ code: 0 })
        const { restoredRecords } = JSON.parse(readFileSync(join(folder, 'left.json'), 'utf8')) as { readonly restoredRecords: number }
        expect(restoredRecords).toBeLessThan(changelogRecords / 20)
        const received = await client.receive(output, (records) => records.length >= sent)
        const latest = new Map(received.map(({ key, value }) => [String(key), Number(String(value))]))
        expect([...latest.values()].reduce((sum, count) => sum + count, 0)).toBe(sent)
      },
    )
  })
}

async function changelogOf(client: Client, applicationId: string): Promise<string> {
  let names: readonly string[] = []
  await eventually(
    async () => {
      names = (await client.topicNames()).filter((name) => name.startsWith(applicationId) && name.endsWith('-changelog'))
      return names.length === 1
    },
    'there is a changelog',
    60_000,
  )
  return names[0]!.slice(applicationId.length + 1)
}

function tasksIn(stateDir: string, applicationId: string): readonly string[] {
  const folder = join(stateDir, applicationId)
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+_\d+$/.test(name)) : []
}

/** How many changelog records its standbys have read. */
function updatesOf(url: string): Promise<number> {
  return threadMetric(url, 'update_total')
}

async function tasksOf(url: string): Promise<{ readonly active: number; readonly standby: number }> {
  const [active, standby] = await Promise.all([threadMetric(url, 'task_count'), threadMetric(url, 'standby_task_count')])
  return { active, standby }
}

async function threadMetric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^millrace_thread_${name}\\S* (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
}
