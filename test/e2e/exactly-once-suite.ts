// exactly_once_v2 in a process that is killed with -9 again and again: who reads committed records sees every count once, and in its order; the state that is left on disk
// is gone on with, not wiped.

import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { endOf, millrace, node, projectOf, startNode } from '../cli/program.ts'
import { eventually } from '../contract/broker/bench.ts'
import { Client } from './client.ts'

const keys = 20
const rounds = 5
const linesPerRound = 300

const counting = (topics: { readonly input: string; readonly output: string }): string => `
import { topology } from 'millrace'

export default topology('counting', (builder) => {
  const lines = builder.stream<string, string>('${topics.input}')
  const words = lines.flatMapValues((line) => line.split(' '))
  const counts = words.groupBy((word) => word).count()
  counts.toStream().to('${topics.output}')
})
`

export function exactlyOnceSuite(cluster: string, addressOf: () => string): void {
  describe(`exactly once on ${cluster}`, () => {
    let client: Client

    beforeAll(() => {
      client = new Client(addressOf())
    })

    it('counts each word once, however often the app is killed', { timeout: 120_000 }, async () => {
      const suffix = randomInt(1e9)
      const [input, output] = [`lines-${suffix}`, `counts-${suffix}`]
      await client.createTopics(2, input, output)
      const folder = projectOf({ 'topologies/counting.ts': counting({ input, output }) })
      expect((await millrace(['build'], folder)).code).toBe(0)
      const environment = {
        MILLRACE_BROKERS: client.address,
        MILLRACE_APPLICATION_ID: `counting-${suffix}`,
        MILLRACE_STATE_DIR: join(folder, 'state'),
        MILLRACE_PROCESSING_GUARANTEE: 'exactly_once_v2',
        MILLRACE_COMMIT_INTERVAL_MS: '50',
        MILLRACE_CACHE_BYTES_MAX: '0',
        // The one that is killed comes back under its name, and is not waited for.
        MILLRACE_GROUP_INSTANCE_ID: 'the-only-one',
        MILLRACE_LOG_LEVEL: 'warn',
      }
      let sent = 0
      for (let round = 0; round < rounds; round++) {
        const before = await client.written(output)
        const killedAfter = before + randomInt(1, linesPerRound)
        const app = startNode(['dist/counting/app.mjs'], folder, environment)
        const ended = endOf(app)
        // A few at a time, so that it is killed while there are some left.
        for (let batch = 0; batch < 3; batch++) {
          await client.send(
            input,
            Array.from({ length: linesPerRound / 3 }, () => ({ key: `${sent}`, value: `word-${sent % keys} all`, timestamp: ++sent })),
          )
        }
        await eventually(async () => (await client.written(output)) >= killedAfter, `the app has written ${killedAfter} records`)
        app.kill('SIGKILL')
        expect((await ended).code).toBeNull()
      }
      const last = await node(['dist/counting/app.mjs', '--until-end', '--summary', 'summary.json'], folder, environment)
      expect(last, last.stderr).toMatchObject({ code: 0 })
      const received = await client.receive(output, (records) => records.length >= 2 * sent)
      expect(received).toHaveLength(2 * sent)
      for (let word = 0; word <= keys; word++) {
        const key = word === keys ? 'all' : `word-${word}`
        const counts = received.filter((record) => String(record.key) === key).map(({ value }) => Number(String(value)))
        expect(counts, key).toEqual(Array.from({ length: word === keys ? sent : sent / keys }, (_, index) => index + 1))
      }
      // What was on disk was gone on with: only what was written since the last commit there is read again.
      const summary = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as { readonly restoredRecords: number }
      expect(summary.restoredRecords).toBeLessThan(sent)
    })
  })
}
