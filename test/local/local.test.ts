import { expect, test } from 'vitest'
import { string, topology } from '../../framework/index.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { collect, discard, generate, local } from '../../plugins/local/index.ts'
import { sinkContract } from '../contract/sink.ts'
import { sourceContract } from '../contract/source.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'
import { AppBench } from '../runtime/app-bench.ts'

const text = { key: string(), value: string() }
const letter = (index: number) => ({ key: `k${index % 2}`, value: String(index) })
const contextOf = (clock: VirtualClock, position = 0) => ({ applicationId: 'test', taskId: '0_0', logger: silentLogger, clock, position })

sourceContract('generate', () => ({ source: generate(letter, { count: 4 }), records: [0, 1, 2, 3].map(letter) }))

sinkContract('collect', () => {
  const sink = collect<string, string>()
  return {
    sink,
    pairs: [
      ['a', '1'],
      ['b', '2'],
    ],
    written: async () => sink.records.map(({ key, value }) => `${key}=${value}`),
  }
})

test('records come at the rate, by the clock, and their timestamps are those of the rate', async () => {
  const clock = new VirtualClock(5_000)
  const reader = await generate(letter, { rate: 4, startMs: 1_000 }).open(contextOf(clock, 2))
  expect(await reader.read()).toEqual([{ key: 'k0', value: '2', timestamp: 1_500, position: 3 }])
  let given: unknown
  const reading = reader.read().then((records) => {
    given = records
  })
  clock.advance(249)
  await clock.turn()
  expect(given).toBeUndefined()
  clock.advance(1)
  await reading
  expect(given).toEqual([{ key: 'k1', value: '3', timestamp: 1_750, position: 4 }])
  clock.advance(600)
  expect(await reader.read()).toMatchObject([{ value: '4' }, { value: '5' }])
  const last = reader.read()
  await reader.close()
  expect(await last).toBe('end')
})

test('a rate that is none is refused', () => {
  expect(() => generate(letter, { rate: 0 })).toThrow('rate must be more than 0 records a second, not 0')
  expect(() => generate(letter, { count: Number.NaN })).toThrow('count must be a number of records, not NaN')
})

test('an app goes on behind the last index that was committed', async () => {
  const bench = new AppBench()
  await bench.createTopics({ out: 1 })
  const letters = topology('letters', (builder) => {
    builder.fromSource(generate(letter, { rate: 10 }), { ...text, name: 'letters' }).to('out', text)
  })
  const first = bench.start(letters)
  await bench.clock.advanceUntil(() => bench.values('out').length >= 3)
  await first.stop()
  const before = bench.values('out').length
  const second = bench.start(letters)
  await bench.clock.advanceUntil(() => bench.values('out').length > before)
  await second.stop()
  const values = bench.values('out')
  expect(values).toEqual(values.map((_, index) => String(index)))
})

test('a batch run needs no broker, and its results are in the program', async () => {
  const sums = collect<string, string>()
  const definition = topology('sums', (builder) => {
    const letters = builder.fromSource(generate(letter, { count: 5 }), { ...text, name: 'letters' })
    letters.sinkTo(discard())
    letters
      .groupByKey(text)
      .reduce((sum, value) => sum + value)
      .toStream()
      .sinkTo(sums)
  })
  await new AppBench().start(definition).ended()
  expect(sums.records.map(({ key, value }) => `${key}=${value}`).sort()).toEqual(['k0=024', 'k1=13'])
})

test('the test driver reads a source to its end or so far, has the clock go on while it waits for it, and fills sinks in memory', async () => {
  const all = collect<string, string>()
  const definition = topology('through', (builder) => {
    builder.fromSource(generate(letter, { rate: 2, count: 6 }), { ...text, name: 'letters' }).sinkTo(all, { name: 'all' })
  })
  const driver = await TopologyTestDriver.open(definition)
  expect(await driver.readSource('letters', { recordsMax: 2 })).toBe(2)
  expect(driver.clock.now()).toBe(500)
  expect(await driver.readSource('letters')).toBe(4)
  expect(driver.clock.now()).toBe(2_000)
  expect(await driver.readSource('letters')).toBe(0)
  expect(all.records.map(({ value, timestamp }) => [value, timestamp])).toEqual([
    ['0', 0],
    ['1', 500],
    ['2', 500],
    ['3', 1_000],
    ['4', 1_500],
    ['5', 2_000],
  ])
  expect(driver.sinkRecords('all')).toHaveLength(6)
  await driver.close()
})

test('print writes lines of JSON, or a table whose columns are the members of the values', async () => {
  const rows = [
    ['Ann', { city: 'Rome', cents: 5 }, 1],
    ['Bartholomew', { city: 'Reykjavik', cents: 12_000 }, 2],
    ['Cy', { note: ['none'] }, 3],
  ] as const
  const definition = topology('shown', (builder) => {
    builder.fromElements<string, object>(rows).print({ as: 'json', label: 'rows' })
  })
  const json = await TopologyTestDriver.open(definition)
  expect(json.printed[0]).toBe('[rows]: {"key":"Ann","value":{"city":"Rome","cents":5},"timestamp":1}')
  const table = await TopologyTestDriver.open(
    topology('shown', (builder) => builder.fromElements<string, object>(rows).print({ as: 'table' })),
  )
  expect(table.printed).toEqual([
    'key  city  cents',
    '───  ────  ─────',
    'Ann  Rome      5',
    'Bartholomew  Reykjavik  12000',
    'key  note',
    '───  ────────',
    'Cy   ["none"]',
  ])
  await json.close()
  await table.close()
})

test('print shows what JSON has no word for, and nothing as null that is not', async () => {
  const values = [
    { number: Number.POSITIVE_INFINITY, other: Number.NaN },
    { number: 12n, other: new Date(0) },
    { number: 1, other: new Date(Number.NaN) },
    { number: -0.5, other: Uint8Array.of(1, 2) },
    { number: 0, other: new Map([['a', 1n]]) },
    { number: null, other: new Set([new URL('http://a.example')]) },
    { number: Number.NEGATIVE_INFINITY, other: Float32Array.of(0.5) },
  ]
  const shownAs = async (as: 'table' | 'json' | undefined, all: readonly unknown[]): Promise<readonly string[]> => {
    const rows = all.map((value) => ['k', value, 1] as const)
    const definition = topology('shown', (builder) => builder.fromElements<string, unknown>(rows).print(as === undefined ? {} : { as }))
    const driver = await TopologyTestDriver.open(definition)
    await driver.close()
    return driver.printed
  }
  expect((await shownAs('table', values)).map((line) => line.trimEnd())).toEqual([
    'key    number  other',
    '───  ────────  ─────',
    'k    Infinity    NaN',
    'k          12  1970-01-01T00:00:00.000Z',
    'k           1  Invalid Date',
    'k        -0.5  AQI=',
    'k           0  {"a":"1"}',
    'k    null      ["http://a.example/"]',
    'k    -Infinity  [0.5]',
  ])
  expect(await shownAs(undefined, values)).toEqual([
    '(k,{"number":"Infinity","other":"NaN"})',
    '(k,{"number":"12","other":"1970-01-01T00:00:00.000Z"})',
    '(k,{"number":1,"other":"Invalid Date"})',
    '(k,{"number":-0.5,"other":"AQI="})',
    '(k,{"number":0,"other":{"a":"1"}})',
    '(k,{"number":null,"other":["http://a.example/"]})',
    '(k,{"number":"-Infinity","other":[0.5]})',
  ])
  // Values that have no members to be columns.
  expect((await shownAs('table', [new Date(0), new Map([[1, 2]]), Uint8Array.of(3)])).map((line) => line.trimEnd())).toEqual([
    'key  value',
    '───  ────────────────────────',
    'k    1970-01-01T00:00:00.000Z',
    'k    [[1,2]]',
    'k    Aw==',
  ])
  expect(await shownAs('json', [Number.NaN])).toEqual(['{"key":"k","value":"NaN","timestamp":1}'])
})

test('print refuses a form that it does not have', () => {
  const definition = topology('shown', (builder) => builder.fromElements([['a', 1]]).print({ as: 'xml' as 'json' }))
  expect(() => definition.build()).toThrow('prints as xml.')
})

test('the plugin has them by name', () => {
  expect(local()).toMatchObject({ name: 'local', sources: { generate }, sinks: { collect, discard } })
})
