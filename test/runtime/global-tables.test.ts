import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import type { KeyValueStore } from '../../framework/ports/store.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }

const enriched = topology('enriched', (builder) => {
  const airports = builder.globalTable('airports', text)
  builder
    .stream('flights', text)
    .leftJoin(
      airports,
      (flight) => flight,
      (flight, airport) => `${flight} ${airport}`,
    )
    .to('out', text)
})

async function benchWithAirports(): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ airports: 3, flights: 2, out: 1 })
  const codes = Array.from({ length: 50 }, (_, index) => `A${index}`)
  await bench.produce(
    'airports',
    codes.map((code) => [code, `city of ${code}`]),
  )
  return bench
}

test('each task sees a global table whole, from the first record on', async () => {
  const bench = await benchWithAirports()
  const flights = Array.from({ length: 50 }, (_, index) => [String(index), `A${index}`] as const)
  await bench.produce('flights', flights)
  const totals = await bench.runToEnd(enriched)
  expect(totals).toMatchObject({ recordsIn: 50, recordsOut: 50 })
  expect([...bench.values('out')].sort()).toEqual(flights.map(([, code]) => `${code} city of ${code}`).sort())
  // What the group commits are the tasks' own inputs.
  expect(await bench.admin.committed('enriched', [{ topic: 'airports', partition: 0 }])).toEqual([])
})

test('a global table is followed while the app runs, and read anew after a crash', async () => {
  const bench = await benchWithAirports()
  const started = bench.start(enriched, { config: { lingerMs: 0, commitIntervalMs: 100 } })
  await started.reaches('running')
  await bench.produce('airports', [
    ['A1', 'renamed'],
    ['A2', null],
  ])
  await bench.clock.advanceUntil(() => bench.clock.now() > 3_000)
  await bench.produce('flights', [
    ['x', 'A1'],
    ['y', 'A2'],
  ])
  await bench.clock.advanceUntil(() => bench.values('out').length === 2)
  started.crash()
  await bench.produce('flights', [['z', 'A1']])
  await bench.runToEnd(enriched)
  expect([...new Set(bench.values('out'))].sort()).toEqual(['A1 renamed', 'A2 null'])
})

test('a processor of its own fills a global store, which others read', async () => {
  const bench = new AppBench()
  await bench.createTopics({ rules: 2, in: 1, out: 1 })
  await bench.produce('rules', [
    ['a', 'first'],
    ['b', 'second'],
  ])
  await bench.produce('in', [
    ['1', 'a'],
    ['2', 'b'],
  ])
  const ruled = topology('ruled', (builder) => {
    builder.addGlobalStore<string, string>(
      'rules',
      'rules',
      () => {
        let put: (key: string, value: string) => void
        return {
          init(context) {
            const store = context.store<KeyValueStore<string, string>>('rules')
            put = (key, value) => store.put(key, value.toUpperCase())
          },
          process: ({ key, value }) => put(key, value),
        }
      },
      text,
    )
    builder
      .stream('in', text)
      .processValues<string>(() => {
        let rule: (key: string) => string | undefined
        let send: (value: string) => void
        return {
          init(context) {
            const store = context.store<KeyValueStore<string, string>>('rules')
            rule = (key) => store.get(key)
            send = (value) => context.forward({ value })
          },
          process: ({ value }) => send(rule(value) ?? 'none'),
        }
      })
      .to('out', text)
  })
  await bench.runToEnd(ruled)
  expect(bench.values('out')).toEqual(['FIRST', 'SECOND'])
})
