// Windows that the calendar, a record's own gap or a trigger cuts: results computed by hand, and compared with a naive reading of the list, through restarts.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { manifestOf } from '../../framework/graph/manifest.ts'
import {
  calendar,
  collect,
  count,
  type GlobalWindow,
  globalWindow,
  idle,
  onCount,
  onEvery,
  onIdle,
  purging,
  type Serde,
  sessionBy,
  string,
  type TimeWindow,
  type Trigger,
  topology,
  type Windowed,
} from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { problemsOf } from '../graph/topology-of.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }
const windowedKey = json() as Serde<Windowed<string>>

function days(window: TimeWindow, emit: 'final' | 'updates') {
  return topology('days', (builder) => {
    const group = builder.stream<string, string>('in', text).groupByKey(text)
    group.windowedBy(window, { emit }).count({ store: 'days' }).toStream().to('out', { key: windowedKey, value: json() })
  })
}

const times = (instants: readonly string[]) => instants.map((instant) => Date.parse(instant))

test.each(['final', 'updates'] as const)(
  'days begin at local midnight, and have 23 or 25 hours where clocks are changed: %s',
  async (emit) => {
    const driver = await TopologyTestDriver.open(days(calendar('day', { timeZone: 'Europe/Berlin' }), emit))
    const instants = [
      // The night in which clocks are set forward, and the last moment of that day.
      '2024-03-30T22:59:59.999Z',
      '2024-03-30T23:00:00Z',
      '2024-03-31T21:59:59.999Z',
      '2024-03-31T22:00:00Z',
      // The day on which they are set back, half a year later.
      '2024-10-26T22:00:00Z',
      '2024-10-27T22:59:59.999Z',
      '2024-10-27T23:00:00Z',
      '2024-10-28T23:00:00Z',
    ]
    for (const timestamp of times(instants)) {
      driver.pipe('in', 'k', 'v', { timestamp })
      await driver.restart()
    }
    const rows = new Map(driver.output<Windowed<string>, number>('out').map(({ key, value }) => [`${key.start} ${key.end}`, value]))
    const shown = [...rows].map(([key, value]) => {
      const [start, end] = key.split(' ').map(Number)
      return `${new Date(start!).toISOString().slice(0, 16)} ${(end! - start!) / 3_600_000}h ${value}`
    })
    const last = emit === 'updates' ? ['2024-10-28T23:00 24h 1'] : []
    expect(shown).toEqual([
      '2024-03-29T23:00 24h 1',
      '2024-03-30T23:00 23h 2',
      '2024-03-31T22:00 24h 1',
      '2024-10-26T22:00 25h 2',
      '2024-10-27T23:00 24h 1',
      ...last,
    ])
    await driver.close()
  },
)

test('weeks begin on Monday, months on their first day', async () => {
  const cut = async (unit: 'week' | 'month') => {
    const driver = await TopologyTestDriver.open(days(calendar(unit, { timeZone: 'America/New_York' }), 'updates'))
    for (const timestamp of times(['2024-02-29T12:00:00Z', '2024-03-10T12:00:00Z'])) driver.pipe('in', 'k', 'v', { timestamp })
    const out = driver.output<Windowed<string>, number>('out')
    await driver.close()
    return out.map(({ key }) => [key.start, key.end].map((time) => new Date(time).toISOString().slice(0, 13)))
  }
  // Clocks are set forward on 2024-03-10, a Sunday.
  expect(await cut('week')).toEqual([
    ['2024-02-26T05', '2024-03-04T05'],
    ['2024-03-04T05', '2024-03-11T04'],
  ])
  expect(await cut('month')).toEqual([
    ['2024-02-01T05', '2024-03-01T05'],
    ['2024-03-01T05', '2024-04-01T04'],
  ])
})

test('a time zone that there is not is refused where it is written', () => {
  expect(() => calendar('day', { timeZone: 'Europe/Atlantis' })).toThrow('Europe/Atlantis is no time zone.')
})

test('a calendar window of a quiet partition is closed too', async () => {
  const driver = await TopologyTestDriver.open(days(calendar('day', { timeZone: 'UTC', closes: idle('1m') }), 'final'))
  driver.pipe('in', 'k', 'v', { timestamp: Date.parse('2024-05-05T12:00:00Z') })
  driver.advanceWallClock(60_000)
  expect(driver.output<Windowed<string>, number>('out').map(({ value }) => value)).toEqual([1])
  await driver.close()
})

function sessions(closes: 'eventTime' | 'wallClock' = 'eventTime', grace = 0) {
  return topology('sessions', (builder) => {
    const group = builder.stream<string, string>('in', text).groupByKey(text)
    const window = sessionBy((value: string) => Number(value), { gapMax: 20, grace, closes })
    const values = group.windowedBy(window, { emit: 'final' }).aggregate({ gaps: collect((value) => value) }, { store: 'sessions' })
    values.toStream().to('out', { key: windowedKey, value: json() })
  })
}

function sent(driver: TopologyTestDriver): string[] {
  const out = driver.output<Windowed<string>, { gaps: string[] } | null>('out')
  return out.map(({ key, value }) => `${key.key} ${key.start}-${key.end} ${value?.gaps}`)
}

test('each record keeps its session open for a gap of its own', async () => {
  const driver = await TopologyTestDriver.open(sessions())
  // 5 lasts until 15; 12 lies within and asks for 3 more, which changes nothing; 16 begins anew; 100 closes all.
  for (const [gap, timestamp] of [
    ['10', 5],
    ['3', 12],
    ['1', 16],
    ['99', 100],
    ['1', 121],
  ] as const) {
    driver.pipe('in', 'k', gap, { timestamp })
    await driver.restart()
  }
  // 99 was cut to 20.
  expect(sent(driver)).toEqual(['k 5-15 10,3', 'k 16-17 1', 'k 100-120 99'])
  await driver.close()
  const onClock = await TopologyTestDriver.open(sessions('wallClock'))
  onClock.pipe('in', 'k', '7', { timestamp: 0 })
  onClock.advanceWallClock(7)
  expect(sent(onClock)).toEqual([])
  onClock.advanceWallClock(1)
  expect(sent(onClock)).toEqual(['k 0-7 7'])
  await onClock.close()
  const group = (builder: Parameters<Parameters<typeof problemsOf>[0]>[0]) => builder.stream('in', text).groupByKey(text)
  expect(
    problemsOf((builder) =>
      group(builder)
        .windowedBy(sessionBy(() => 5, { gapMax: 9, closes: idle(5) }))
        .count(),
    ),
  ).toEqual(['KSTREAM-SOURCE-0000000000: sessions with a gap for each record know when they end, so idleness does not close them.'])
})

test('sessions of gaps of their own are those of a naive reading of the list, in whatever order and over whatever restarts', async () => {
  const record = fc.record({ key: fc.constantFrom('x', 'y'), gap: fc.nat(20), timestamp: fc.nat(60), restart: fc.nat(6) })
  await fc.assert(
    fc.asyncProperty(fc.array(record, { maxLength: 20, size: 'max' }), async (records) => {
      // With such a grace nothing is late, so the sessions are those of the set of records, until the last one closes all.
      const driver = await TopologyTestDriver.open(sessions('eventTime', 100))
      for (const { key, gap, timestamp, restart } of records) {
        driver.pipe('in', key, String(gap), { timestamp })
        if (restart === 0) await driver.restart()
      }
      driver.pipe('in', 'end', '0', { timestamp: 10_000 })
      const got = sent(driver).map((line) => line.split(',').length + line.replace(/ [\d,]+$/, ''))
      await driver.close()
      const expected = ['x', 'y'].flatMap((key) => {
        const merged: { start: number; end: number; values: number }[] = []
        const own = records.filter((one) => one.key === key).sort((a, b) => a.timestamp - b.timestamp)
        for (const { timestamp, gap } of own) {
          const open = merged.at(-1)
          if (open !== undefined && timestamp <= open.end) {
            open.end = Math.max(open.end, timestamp + gap)
            open.values++
          } else merged.push({ start: timestamp, end: timestamp + gap, values: 1 })
        }
        return merged.map(({ start, end, values }) => `${values}${key} ${start}-${end}`)
      })
      expect([...got].sort()).toEqual(expected.sort())
    }),
    { numRuns: Number(process.env.MILLRACE_RUNS ?? 40) },
  )
})

function global(window: GlobalWindow) {
  return topology('global', (builder) => {
    const group = builder.stream<string, string>('in', text).groupByKey(text)
    const values = group.windowedBy(window).aggregate({ gaps: collect((value) => value) }, { store: 'global' })
    values.to('out', { key: windowedKey, value: json() })
  })
}

async function fired<S>(trigger: Trigger<S>, records: readonly (readonly [value: string, timestamp: number])[]): Promise<string[]> {
  const driver = await TopologyTestDriver.open(global(globalWindow(trigger)))
  for (const [value, timestamp] of records) {
    driver.pipe('in', 'k', value, { timestamp })
    await driver.restart()
  }
  const results = sent(driver)
  await driver.close()
  return results
}

const letters = [
  ['a', 1],
  ['b', 4],
  ['c', 12],
  ['d', 11],
  ['e', 30],
  ['f', 31],
] as const

test('a trigger by count sends all so far, a purging one what came since', async () => {
  expect(await fired(onCount(2), letters)).toEqual(['k 0-2 a,b', 'k 0-4 a,b,c,d', 'k 0-6 a,b,c,d,e,f'])
  expect(await fired(purging(onCount(2)), letters)).toEqual(['k 0-2 a,b', 'k 2-4 c,d', 'k 4-6 e,f'])
})

test('a trigger of every 10 sends at multiples of 10 of stream time, if a record has come', async () => {
  expect(await fired(onEvery(10), letters)).toEqual(['k 0-2 a,b', 'k 0-4 a,b,c,d'])
  expect(await fired(purging(onEvery(10)), letters)).toEqual(['k 0-2 a,b', 'k 2-4 c,d'])
})

test('a trigger of idleness sends when nothing of the key has come for so long, by stream time or by the clock', async () => {
  expect(await fired(purging(onIdle(8)), letters)).toEqual(['k 0-2 a,b', 'k 2-4 c,d'])
  const driver = await TopologyTestDriver.open(global(globalWindow(purging(onIdle(8, { by: 'wallClock' })))))
  driver.pipe('in', 'k', 'a')
  driver.advanceWallClock(7)
  driver.pipe('in', 'k', 'b')
  driver.pipe('in', 'other', 'x')
  driver.advanceWallClock(7)
  await driver.restart()
  driver.pipe('in', 'other', 'y')
  expect(sent(driver)).toEqual([])
  driver.advanceWallClock(1)
  await driver.restart()
  expect(sent(driver)).toEqual(['k 0-2 a,b'])
  driver.advanceWallClock(7)
  expect(sent(driver)).toEqual(['other 0-2 x,y'])
  driver.advanceWallClock(1000)
  expect(sent(driver)).toEqual([])
  await driver.close()
})

test('a trigger of one’s own is a pure function of its state', async () => {
  const ends: Trigger<string> = {
    name: 'ends',
    by: 'eventTime',
    initial: '',
    onRecord: (before, { value, records }) =>
      before === 'c' || records === 3 ? { state: '', fire: true, purge: records === 3 } : { state: String(value) },
  }
  expect(await fired(ends, letters)).toEqual(['k 0-3 a,b,c', 'k 3-6 d,e,f'])
})

test('the manifest shows the trigger, and the store is one with a changelog', () => {
  const built = global(globalWindow(purging(onEvery('1m')))).build()
  const windows = manifestOf(built).nodes.flatMap(({ operator }) => operator?.window ?? [])
  expect(windows).toEqual([{ kind: 'global', trigger: { name: 'purging(every(60000, eventTime))', by: 'eventTime' } }])
  expect(built.stores.get('global')).toMatchObject({ kind: 'globalWindow', changelog: { name: 'global-changelog' } })
})

test('triggers by count and by time are those of a naive reading of the list, over whatever restarts', async () => {
  const record = fc.record({ key: fc.constantFrom('x', 'y'), timestamp: fc.nat(80), restart: fc.nat(6) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { maxLength: 25, size: 'max' }),
      fc.integer({ min: 1, max: 20 }),
      fc.boolean(),
      async (records, everyMs, purges) => {
        const trigger = onEvery(everyMs)
        const driver = await TopologyTestDriver.open(
          topology('global', (builder) => {
            const group = builder.stream<string, string>('in', text).groupByKey(text)
            const cut = group.windowedBy(globalWindow(purges ? purging(trigger) : trigger))
            cut.aggregate({ values: count() }, { store: 'global' }).to('out', { key: windowedKey, value: json() })
          }),
        )
        const expected: string[] = []
        const keys = new Map<string, { records: number; first: number; due: number }>()
        let streamTime = -1
        for (const { key, timestamp, restart } of records) {
          driver.pipe('in', key, 'v', { timestamp })
          if (restart === 0) await driver.restart()
          streamTime = Math.max(streamTime, timestamp)
          const due = [...keys].filter(([, state]) => state.due <= streamTime).sort(([a, x], [b, y]) => x.due - y.due || (a < b ? -1 : 1))
          for (const [name, state] of due) {
            expected.push(`${name} ${state.first}-${state.records} ${state.records - state.first}`)
            keys.set(name, { ...state, first: purges ? state.records : state.first, due: Infinity })
          }
          const state = keys.get(key) ?? { records: 0, first: 0, due: Infinity }
          const next = state.due === Infinity ? (Math.floor(streamTime / everyMs) + 1) * everyMs : state.due
          keys.set(key, { ...state, records: state.records + 1, due: next })
        }
        const out = driver.output<Windowed<string>, { values: number }>('out')
        await driver.close()
        expect(out.map(({ key, value }) => `${key.key} ${key.start}-${key.end} ${value.values}`)).toEqual(expected)
      },
    ),
    { numRuns: Number(process.env.MILLRACE_RUNS ?? 40) },
  )
})

test('the manifest has of windows what is no code', () => {
  const built = topology('windows', (builder) => {
    const group = builder.stream<string, string>('in', text).groupByKey(text)
    group.windowedBy(calendar('week', { timeZone: 'UTC' })).count()
    group.windowedBy(sessionBy(() => 5, { gapMax: 9 })).count()
  }).build()
  const windows = manifestOf(built).nodes.flatMap(({ operator }) => operator?.window ?? [])
  const weekMs = (7 * 24 + 1) * 3_600_000
  expect(windows).toEqual([
    { kind: 'time', sizeMs: weekMs, advanceMs: weekMs, graceMs: 0, calendar: { unit: 'week', timeZone: 'UTC' } },
    { kind: 'session', gapMs: 9, graceMs: 0, gapOfRecord: true },
  ])
})
