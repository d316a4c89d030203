import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { isMillraceError } from '../../framework/errors.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { AppBench, type StartedApp } from './app-bench.ts'

const text = { key: string(), value: string() }
const copy = topology('copy', (builder) => {
  builder.stream(/sensor-.*/, text).to('out', text)
})
const counts = topology('counts', (builder) => {
  builder
    .stream(/sensor-.*/, text)
    .groupByKey()
    .count({ store: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to('out', text)
})
const config = { commitIntervalMs: 1_000, cacheBytesMax: 0, metadataMaxAgeMs: 60_000 }

test('reads all topics whose whole name matches, and none of the others', async () => {
  const bench = new AppBench()
  await bench.createTopics({ 'sensor-a': 2, 'sensor-b': 1, 'my-sensor-c': 1, sensor: 1, out: 1 })
  for (const topic of ['sensor-a', 'sensor-b', 'my-sensor-c', 'sensor']) await bench.produce(topic, [['k', topic]])
  const totals = await bench.runToEnd(copy, { config })
  expect(totals.recordsIn).toBe(2)
  expect([...bench.values('out')].sort()).toEqual(['sensor-a', 'sensor-b'])
})

test('a topic made while the app runs is read after the next look at the broker, from its first record', async () => {
  const bench = new AppBench()
  await bench.createTopics({ 'sensor-a': 1, out: 1 })
  const app = bench.start(copy, { config })
  await app.reaches('running')
  await bench.produce('sensor-a', [['k', 'a1']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 1)
  await bench.createTopics({ 'sensor-b': 3 })
  await bench.produce('sensor-b', [['k', 'b1']])
  const madeMs = bench.clock.now()
  await bench.clock.advanceUntil(() => bench.values('out').length === 2)
  expect(bench.clock.now() - madeMs).toBeLessThanOrEqual(config.metadataMaxAgeMs + 2_000)
  await bench.produce('sensor-a', [['k', 'a2']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 3)
  const totals = await app.stop()
  expect(bench.values('out')).toEqual(['a1', 'b1', 'a2'])
  expect(totals.recordsIn).toBe(3)
})

test('the state of a task goes on when a further topic comes to it', async () => {
  const bench = new AppBench()
  await bench.createTopics({ 'sensor-a': 1, out: 1 })
  const app = bench.start(counts, { config })
  await app.reaches('running')
  await bench.produce('sensor-a', [['k', 'x']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 1)
  await bench.createTopics({ 'sensor-b': 1 })
  await bench.produce('sensor-b', [['k', 'x']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 2)
  await app.stop()
  expect(bench.values('out')).toEqual(['1', '2'])
})

test('two instances share the partitions of a topic that came later', async () => {
  const bench = new AppBench()
  await bench.createTopics({ 'sensor-a': 2, out: 1 })
  const apps = [bench.start(copy, { config }), bench.start(copy, { config })]
  for (const app of apps) await app.reaches('running')
  await bench.createTopics({ 'sensor-b': 4 })
  const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`)
  await bench.produce(
    'sensor-b',
    keys.map((key) => [key, key] as const),
  )
  await bench.clock.advanceUntil(() => bench.values('out').length === 40)
  const totals = await Promise.all(apps.map((app) => app.stop()))
  expect(totals.map(({ recordsIn }) => recordsIn).reduce((sum, count) => sum + count)).toBe(40)
  expect(Math.min(...totals.map(({ recordsIn }) => recordsIn))).toBeGreaterThan(0)
})

test('an app whose pattern matches no topic waits for the first one, and says that names must match as a whole', async () => {
  const bench = new AppBench()
  await bench.createTopics({ 'my-sensor-a': 1, out: 1 })
  const app = bench.start(counts, { config })
  await app.reaches('running')
  expect(messagesOf(app)).toContainEqual(expect.stringMatching(/No topic matches its patterns, each of which must match a whole name/))
  await bench.createTopics({ 'sensor-a': 2 })
  await bench.produce('sensor-a', [['k', 'x']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 1)
  await app.stop()
})

test('a topic that matched and is deleted is left out of the next plan, and the others are read on', async () => {
  const bench = new AppBench()
  await bench.createTopics({ 'sensor-a': 1, 'sensor-b': 1, out: 1 })
  const app = bench.start(copy, { config })
  await app.reaches('running')
  await bench.admin.deleteTopics(['sensor-b'])
  await bench.clock.advanceUntil(() => messagesOf(app).includes('It reads sensor-a.'))
  await bench.produce('sensor-a', [['k', 'a1']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 1)
  await app.stop()
})

test("topics that the app makes for itself are in none of its patterns, nor are the broker's own", async () => {
  const bench = new AppBench()
  const all = topology('all', (builder) => {
    const { toStream } = {
      toStream: builder
        .stream(/(?!out$).*/, text)
        .groupBy((value) => value, text)
        .count({ store: 'counts' }),
    }
    toStream.toStream().mapValues(String).to('out', text)
  })
  await bench.createTopics({ in: 1, __consumer_offsets: 1, out: 1 })
  await bench.produce('in', [['k', 'x']])
  const app = bench.start(all, { config })
  await bench.clock.advanceUntil(() => bench.values('out').length === 1)
  await bench.clock.advanceUntil(() => bench.clock.now() > 150_000)
  await app.stop()
  expect(messagesOf(app).filter((message) => message.startsWith('It reads'))).toEqual(['It reads in.'])
})

test('a topic that matches the patterns of two sources is refused', async () => {
  const bench = new AppBench()
  await bench.createTopics({ 'sensor-a': 1, out: 1 })
  const both = topology('both', (builder) => {
    builder
      .stream(/sensor-.*/, text)
      .merge(builder.stream(/.*-a/, text))
      .to('out', text)
  })
  const failure = await bench.start(both, { config }).failed()
  expect(isMillraceError(failure, 'topology-invalid')).toBe(true)
  expect(String(failure)).toMatch(/sensor-a matches the patterns of two sources/)
})

function messagesOf(app: StartedApp): readonly string[] {
  return app.logged.map(({ message }) => message)
}
