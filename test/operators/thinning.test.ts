// Operators that let some records through: examples by hand, and random records, out of order and with restarts, against what a few lines over the whole list say.

import { describe, expect, test } from 'vitest'
import { json, type KStream, long, string, topology } from '../../framework/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { check, property } from './random-records.ts'

const text = { key: string(), value: string() }

function thinned(use: (input: KStream<string, string>) => KStream<string, unknown>) {
  return topology('thinned', (builder) => {
    use(builder.stream<string, string>('in', { name: 'in', ...text })).to('out', { key: string(), value: json() })
  })
}

type Row = readonly [key: string, value: string, timestamp: number]

async function results(
  use: (input: KStream<string, string>) => KStream<string, unknown>,
  rows: readonly Row[],
  restartAt = -1,
): Promise<unknown[]> {
  const driver = await TopologyTestDriver.open(thinned(use))
  for (const [index, [key, value, timestamp]] of rows.entries()) {
    if (index === restartAt) await driver.restart()
    driver.pipe('in', key, value, { timestamp })
  }
  const found = driver.output<string, unknown>('out', { key: string(), value: json() })
  await driver.close()
  return found.map(({ key, value, timestamp }) => [key, value, timestamp])
}

const distinct = (input: KStream<string, string>) =>
  input.distinctBy((value) => (value === '' ? null : value), { name: 'distinct', within: '10s', id: string(), ...text })
const throttled = (input: KStream<string, string>) => input.throttle(2, { name: 'throttled', per: '10s', ...text })
const top = (input: KStream<string, string>) =>
  input.topN(2, { name: 'top', by: (value) => Number(value.slice(1)), id: (value) => value.slice(0, 1), idSerde: string(), ...text })

describe('distinctBy', () => {
  test('lets the first of an id through, and again when its time is over, counted from the one that was let through', async () => {
    const rows: Row[] = [
      ['k', 'a', 0],
      ['k', 'a', 9_999],
      ['l', 'a', 9_999],
      ['k', 'a', 10_000],
      ['k', 'a', 5_000],
      ['k', '', 5_000],
      ['k', '', 5_000],
      ['k', 'b', 5_000],
    ]
    expect(await results(distinct, rows)).toEqual([
      ['k', 'a', 0],
      ['l', 'a', 9_999],
      ['k', 'a', 10_000],
      ['k', '', 5_000],
      ['k', '', 5_000],
      ['k', 'b', 5_000],
    ])
  })

  test('agrees with a list of all that was let through, for any records and restarts', async () => {
    await check(
      property(async (rows, restartAt) => {
        let streamTime = -1
        const through: { key: string; value: string; at: number }[] = []
        const expected: unknown[] = []
        for (const [key, value, timestamp] of rows) {
          streamTime = Math.max(streamTime, timestamp)
          if (through.some((one) => one.key === key && one.value === value && one.at + 10_000 > streamTime)) continue
          through.push({ key, value, at: streamTime })
          expected.push([key, value, timestamp])
        }
        expect(await results(distinct, rows, restartAt)).toEqual(expected)
      }),
    )
  })
})

describe('throttle', () => {
  test('lets so many records of a key through in a time that begins with the first', async () => {
    const rows: Row[] = [0, 1, 9_999, 10_000, 10_001, 19_999, 30_000].map((timestamp) => ['k', String(timestamp), timestamp])
    expect((await results(throttled, rows)).map((row) => (row as unknown[])[2])).toEqual([0, 1, 10_000, 10_001, 30_000])
    expect(
      await results(throttled, [
        ['a', '', 0],
        ['b', '', 0],
        ['a', '', 0],
        ['b', '', 0],
        ['a', '', 0],
      ]),
    ).toHaveLength(4)
  })

  test('agrees with windows that are kept for ever, for any records in order of time and restarts', async () => {
    await check(
      property(async (given, restartAt) => {
        const rows = [...given].sort((left, right) => left[2] - right[2])
        const windows = new Map<string, { since: number; records: number }>()
        const expected = rows.filter(([key, , timestamp]) => {
          const known = windows.get(key)
          const window = known === undefined || timestamp >= known.since + 10_000 ? { since: timestamp, records: 0 } : known
          windows.set(key, window)
          return window.records++ < 2
        })
        expect(await results(throttled, rows, restartAt)).toEqual(expected)
      }),
    )
  })
})

describe('topN', () => {
  test('sends the best values when they change: of each id the best, of equal ones the first', async () => {
    const rows = ['a5', 'b3', 'c4', 'b1', 'c9', 'a2', 'd5', 'd9'].map((value): Row => ['k', value, 0])
    expect((await results(top, rows)).map((row) => (row as unknown[])[1])).toEqual([
      ['a5'],
      ['a5', 'b3'],
      ['a5', 'c4'],
      ['c9', 'a5'],
      ['c9', 'd9'],
    ])
  })

  test('has what sorting all values gives, for any records and restarts', async () => {
    await check(
      property(async (given, restartAt) => {
        const rows = given.map(([key, id, timestamp], index): Row => [key, `${id}${(index * 7) % 5}`, timestamp])
        const last = new Map((await results(top, rows, restartAt)).map((row) => [(row as unknown[])[0], (row as unknown[])[1] as string[]]))
        for (const key of new Set(rows.map(([one]) => one))) {
          const best = new Map<string, number>()
          for (const [, value] of rows.filter(([one]) => one === key))
            best.set(value.slice(0, 1), Math.max(best.get(value.slice(0, 1)) ?? 0, Number(value.slice(1))))
          const ranks = [...best.values()].sort((left, right) => right - left).slice(0, 2)
          expect(last.get(key)?.map((value) => Number(value.slice(1)))).toEqual(ranks)
          for (const value of last.get(key) ?? []) expect(best.get(value.slice(0, 1))).toBe(Number(value.slice(1)))
        }
      }),
    )
  })
})

describe('sample', () => {
  const rows = Array.from({ length: 2_000 }, (_, index): Row => [`key-${index % 400}`, String(index), index])

  test('of a share takes all records of some keys, the same ones each time', async () => {
    const some = await results((input) => input.sample(0.25, { name: 'sample', ...text }), rows)
    const keys = new Set(some.map((row) => (row as unknown[])[0]))
    expect(some).toHaveLength(keys.size * 5)
    expect(keys.size).toBeGreaterThan(70)
    expect(keys.size).toBeLessThan(130)
    const more = new Set(
      (await results((input) => input.sample(0.5, { name: 'sample', ...text }), rows)).map((row) => (row as unknown[])[0]),
    )
    expect([...keys].every((key) => more.has(key))).toBe(true)
    expect(await results((input) => input.sample(1, { name: 'sample', ...text }), rows)).toHaveLength(2_000)
    expect(await results((input) => input.sample(0, { name: 'sample', ...text }), rows)).toEqual([])
  })

  test('of a share by record takes some records of most keys', async () => {
    const some = await results((input) => input.sample(0.25, { name: 'sample', by: 'record', ...text }), rows)
    expect(some.length).toBeGreaterThan(400)
    expect(some.length).toBeLessThan(600)
    expect(new Set(some.map((row) => (row as unknown[])[0])).size).toBeGreaterThan(250)
  })

  test('every so many records of a key, counted over a restart', async () => {
    const mine = ['1', '2', '3', '4', '5', '6', '7'].map((value): Row => ['k', value, 0])
    const some = await results((input) => input.sample({ every: 3 }, { name: 'sample', ...text }), [...mine, ['l', 'x', 0]], 5)
    expect(some).toEqual([
      ['k', '3', 0],
      ['k', '6', 0],
    ])
  })

  test('what is no share or number is said when the topology is built', () => {
    expect(() => thinned((input) => input.sample(1.5, { name: 's', ...text })).build()).toThrow('1.5 is no share of the records')
    expect(() => thinned((input) => input.sample({ every: 0 }, { name: 's', ...text })).build()).toThrow('it takes every 0 records one')
    expect(() => thinned((input) => input.throttle(0, { name: 't', per: '1s', ...text })).build()).toThrow('it lets 0 records through')
  })
})

test('an as-of join meets the value of the moment of each record, as late as the grace allows', async () => {
  const definition = topology('as-of', (builder) => {
    const rates = builder.stream<string, number>('rates', { name: 'rates', key: string(), value: long() })
    builder
      .stream<string, string>('in', { name: 'in', ...text })
      .asOfJoin(rates, (value, rate) => `${value}@${rate}`, { name: 'joined', history: '1m', grace: '10s', otherValue: long(), ...text })
      .to('out', text)
  })
  const driver = await TopologyTestDriver.open(definition)
  driver.pipe('rates', 'eur', 1, { timestamp: 1_000 })
  driver.pipe('in', 'eur', 'early', { timestamp: 500 })
  driver.pipe('in', 'eur', 'a', { timestamp: 3_000 })
  driver.pipe('rates', 'eur', 3, { timestamp: 5_000 })
  driver.pipe('rates', 'eur', 2, { timestamp: 2_000 })
  driver.pipe('in', 'eur', 'b', { timestamp: 6_000 })
  await driver.restart()
  driver.pipe('in', 'usd', 'c', { timestamp: 16_000 })
  expect(driver.output<string, string>('out', text).map(({ value, timestamp }) => [value, timestamp])).toEqual([
    ['a@2', 3_000],
    ['b@3', 6_000],
  ])
})
