import { expect, test } from 'vitest'
import type { SourceOptions } from '../../framework/dsl/options.ts'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { isMillraceError } from '../../framework/errors.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }
const config = { commitIntervalMs: 1_000, cacheBytesMax: 0 }

function copyOf(reset?: SourceOptions<string, string>['reset']) {
  return topology('copy', (builder) => {
    builder.stream('in', { ...text, ...(reset === undefined ? {} : { reset }) }).to('out', text)
  })
}

async function benchWith(records: readonly (readonly [string, string, number?])[]): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', records)
  return bench
}

test('a new group begins at the first record, unless something else is said', async () => {
  const bench = await benchWith([['k', 'old']])
  await bench.runToEnd(copyOf(), { config })
  expect(bench.values('out')).toEqual(['old'])
})

test("with `reset: 'latest'` a new group begins behind the last record, and a second start where the first one began", async () => {
  const bench = await benchWith([['k', 'old']])
  const first = bench.start(copyOf('latest'), { config })
  await first.reaches('running')
  await bench.produce('in', [['k', 'new']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 1)
  await first.stop()
  await bench.produce('in', [['k', 'between']])
  await bench.runToEnd(copyOf('latest'), { config })
  expect(bench.values('out')).toEqual(['new', 'between'])
})

test('the setting autoOffsetReset holds for sources that say nothing, and an app that ends has nothing to do then', async () => {
  const bench = await benchWith([['k', 'old']])
  const totals = await bench.runToEnd(copyOf(), { config: { ...config, autoOffsetReset: 'latest' } })
  expect(totals.recordsIn).toBe(0)
  expect(bench.values('out')).toEqual([])
})

test("a source's own policy goes before the setting", async () => {
  const bench = await benchWith([['k', 'old']])
  await bench.runToEnd(copyOf('earliest'), { config: { ...config, autoOffsetReset: 'latest' } })
  expect(bench.values('out')).toEqual(['old'])
})

test('with a duration a new group begins at the first record that is younger', async () => {
  const bench = await benchWith([])
  bench.clock.advance(7_200_000)
  const records = [7_000_000, 3_000_000, 1_000_000].map((ageMs) => ['k', String(ageMs), bench.clock.now() - ageMs] as const)
  await bench.produce('in', records)
  await bench.runToEnd(copyOf({ byDuration: '1h' }), { config })
  expect(bench.values('out')).toEqual(['3000000', '1000000'])
})

test('the setting takes durations as Kafka writes them', async () => {
  const bench = await benchWith([])
  bench.clock.advance(7_200_000)
  await bench.produce(
    'in',
    [7_000_000, 1_000_000].map((ageMs) => ['k', String(ageMs), bench.clock.now() - ageMs] as const),
  )
  await bench.runToEnd(copyOf(), { config: { ...config, autoOffsetReset: 'by_duration:PT1H30M' } })
  expect(bench.values('out')).toEqual(['1000000'])
})

test('with `none` a new group stops the app, which names the partitions and says what to do', async () => {
  const bench = await benchWith([['k', 'old']])
  const failure = await bench.start(copyOf('none'), { config }).failed()
  expect(isMillraceError(failure, 'no-committed-offset')).toBe(true)
  expect(String(failure)).toMatch(/The group copy has committed nothing for in-0/)
})

test('with `none` a group that has committed goes on', async () => {
  const bench = await benchWith([['k', 'old']])
  await bench.runToEnd(copyOf(), { config })
  await bench.produce('in', [['k', 'new']])
  await bench.runToEnd(copyOf('none'), { config })
  expect(bench.values('out')).toEqual(['old', 'new'])
})

test('a policy that is none is refused with the settings', async () => {
  const bench = await benchWith([])
  expect(() => bench.start(copyOf(), { config: { autoOffsetReset: 'newest' } })).toThrow(
    /autoOffsetReset must be earliest, latest, none, or by_duration:/,
  )
})
