import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { isMillraceError } from '../../framework/errors.ts'
import { benchOf, committedIn, counts, keys, latest, oneOfEach, text } from './counts.ts'

const config = { commitIntervalMs: 1_000, cacheBytesMax: 0 }

test('a second instance takes over half of the tasks with their state, and the first keeps its own untouched', async () => {
  const bench = await benchOf(4)
  const first = bench.start(counts, { config })
  await bench.produce('in', oneOfEach)
  await bench.clock.advanceUntil(() => bench.values('out').length === 40)
  const second = bench.start(counts, { config })
  await second.reaches('running')
  await first.reaches('running')
  await bench.produce('in', oneOfEach)
  await bench.clock.advanceUntil(() => bench.values('out').length === 80)
  expect(latest(bench)).toEqual(new Map(keys.map((key) => [key, '2'])))

  const ofSecond = await second.stop()
  const ofFirst = await first.stop()
  expect(ofSecond.recordsIn + ofFirst.recordsIn).toBe(80)
  expect(ofSecond.recordsIn).toBeGreaterThan(0)
  expect(ofSecond.restoredRecords).toBeGreaterThan(0)
  expect(ofFirst.restoredRecords).toBe(0)
})

test('when an instance dies, the others take its tasks over after its session timeout and count on', async () => {
  const bench = await benchOf(4)
  const [first, second, third] = [1, 2, 3].map(() => bench.start(counts, { config }))
  for (const one of [first, second, third]) await one!.reaches('running')
  await bench.produce('in', oneOfEach)
  await bench.clock.advanceUntil(() => bench.values('out').length === 40)
  // Committed before it dies, so that nothing is counted twice.
  await bench.clock.advanceUntil(() => committedIn(bench) === 40)
  second!.crash()
  await bench.produce('in', oneOfEach)
  await bench.clock.advanceUntil(() => bench.values('out').length === 80)
  expect(latest(bench)).toEqual(new Map(keys.map((key) => [key, '2'])))
  for (const one of [first, third]) await one!.stop()
})

test('an instance that leaves hands its tasks on at once', async () => {
  const bench = await benchOf(2)
  const first = bench.start(counts, { config })
  const second = bench.start(counts, { config })
  for (const one of [first, second]) await one.reaches('running')
  await first.stop()
  const stoppedMs = bench.clock.now()
  await bench.produce('in', oneOfEach)
  await bench.clock.advanceUntil(() => bench.values('out').length === 40)
  expect(bench.clock.now() - stoppedMs).toBeLessThan(1_000)
  await second.stop()
})

test('an instance that the group has given up begins anew, without committing what it had', async () => {
  const bench = await benchOf(1)
  const slow = bench.start(counts, { config: { ...config, commitIntervalMs: 60_000 } })
  await slow.reaches('running')
  await bench.produce('in', [['a', 'x']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 1)
  // The process stands still for longer than the session timeout: no timer has its turn.
  bench.clock.spend(50_000)
  await bench.clock.advanceUntil(() => slow.states.filter((state) => state === 'running').length === 2)
  await bench.clock.advanceUntil(() => bench.values('out').length === 2)
  // The first count reached the changelog before the commit, so the record is counted again: at least once.
  expect(bench.values('out')).toEqual(['1', '2'])
  await slow.stop()
})

test('a backlog that takes three session timeouts to work off causes no rebalance', async () => {
  const bench = await benchOf(2)
  const slow = topology('slow', (builder) => {
    builder
      .stream('in', text)
      .peek(() => bench.clock.spend(10))
      .to('out', text)
  })
  const sessionTimeoutMs = 6_000
  const started = bench.start(slow, { config: { ...config, sessionTimeoutMs, heartbeatIntervalMs: 2_000 } })
  await started.reaches('running')
  const generation = (): number | undefined => bench.cluster.groups.get('slow')?.currentGeneration
  const before = generation()
  const startMs = bench.clock.now()
  for (let round = 0; round < 50; round++) await bench.produce('in', oneOfEach)
  await bench.clock.advanceUntil(() => bench.values('out').length === 2_000)
  expect(bench.clock.now() - startMs).toBeGreaterThanOrEqual(3 * sessionTimeoutMs)
  expect(generation()).toBe(before)
  expect(started.states.filter((state) => state === 'running')).toHaveLength(1)
  await started.stop()
})

test('several instances work together towards the end of the input', async () => {
  const bench = await benchOf(4)
  await bench.produce('in', oneOfEach)
  const instances = [1, 2].map(() => bench.start(counts, { config, untilEnd: true }))
  const totals = await Promise.all(instances.map((instance) => instance.ended()))
  expect(totals[0]!.recordsIn + totals[1]!.recordsIn).toBe(40)
  expect(latest(bench)).toEqual(new Map(keys.map((key) => [key, '1'])))
})

test('an instance of an older topology does not leave tasks undone that it does not know', async () => {
  const bench = await benchOf(1)
  await bench.createTopics({ more: 1 })
  const widened = topology('counts', (builder) => {
    builder.stream('in', text).to('out', text)
    builder.stream('more', text).to('out', text)
  })
  const older = topology('counts', (builder) => {
    builder.stream('in', text).to('out', text)
  })
  const leader = bench.start(widened, { config })
  await leader.reaches('running')
  const failure = await bench.start(older, { config }).failed()
  expect(isMillraceError(failure, 'assignment-unknown')).toBe(true)
  expect(String(failure)).toMatch(/tasks that its topology does not have: \d_0/)
  await bench.produce('in', [['a', 'x']])
  await bench.produce('more', [['b', 'y']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 2)
  await leader.stop()
})

test('with shutdown-application one that fails ends all others, which have committed what they did', async () => {
  const bench = await benchOf(4)
  const failing = topology('counts', (builder) => {
    builder
      .stream('in', text)
      .peek((value) => {
        if (value === 'bad') throw new Error('no')
      })
      .to('out', text)
  })
  const options = { config: { ...config, uncaughtExceptionHandler: 'shutdown-application' } } as const
  const apps = [1, 2, 3].map(() => bench.start(failing, options))
  for (const app of apps) await app.reaches('running')
  await bench.produce('in', oneOfEach)
  await bench.clock.advanceUntil(() => bench.values('out').length === 40)
  const startMs = bench.clock.now()
  await bench.produce('in', [['key-0', 'bad']])
  const failures = await Promise.all(apps.map((app) => app.failed()))
  expect(failures.filter((failure) => isMillraceError(failure, 'callback-failed'))).toHaveLength(1)
  expect(failures.filter((failure) => isMillraceError(failure, 'application-shutdown'))).toHaveLength(2)
  expect(bench.clock.now() - startMs).toBeLessThan(10_000)
  expect(committedIn(bench)).toBeGreaterThan(20)
})
