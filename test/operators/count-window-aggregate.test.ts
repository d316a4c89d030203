import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CountWindow,
  collect,
  count,
  type EmitStrategy,
  slidingCount,
  string,
  sum,
  topology,
  tumblingCount,
} from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }

/** The values of each window of a key, joined. */
function windows(window: CountWindow, emit: EmitStrategy = 'final') {
  return topology('windows', (builder) => {
    builder
      .stream<string, string>('in', text)
      .groupByKey(text)
      .windowedBy(window, { emit })
      .aggregate(
        () => '',
        (all, value) => all + value,
        { value: string(), store: 'windows' },
      )
      .to('out', { key: json(), value: string() })
  })
}

async function resultsOf(window: CountWindow, values: string, emit?: EmitStrategy): Promise<string[]> {
  const driver = await TopologyTestDriver.open(windows(window, emit))
  for (const value of values) driver.pipe('in', 'k', value)
  const results = driver.output<{ start: number; end: number }, string>('out')
  await driver.close()
  return results.map(({ key, value }) => `${key.start}-${key.end} ${value}`)
}

test('a window of n records is sent once, when it is full; the rest waits', async () => {
  expect(await resultsOf(tumblingCount(3), 'abcdefg')).toEqual(['0-3 abc', '3-6 def'])
})

test('windows that overlap begin every step records', async () => {
  expect(await resultsOf(slidingCount(3, { step: 1 }), 'abcde')).toEqual(['0-3 abc', '1-4 bcd', '2-5 cde'])
  expect(await resultsOf(slidingCount(4, { step: 3 }), 'abcdefghij')).toEqual(['0-4 abcd', '3-7 defg', '6-10 ghij'])
})

test('partial windows are as Flink’s countWindow(size, slide): one after each slide, of the last size records, the first ones with fewer', async () => {
  // Flink: a CountTrigger of the slide fires, and a CountEvictor keeps the last `size`.
  expect(await resultsOf(slidingCount(4, { step: 2, partial: true }), 'abcdefg')).toEqual(['0-2 ab', '0-4 abcd', '2-6 cdef'])
  expect(await resultsOf(slidingCount(3, { step: 1, partial: true }), 'abcd')).toEqual(['0-1 a', '0-2 ab', '0-3 abc', '1-4 bcd'])
  expect(await resultsOf(slidingCount(5, { step: 2, partial: true }), 'abcdefgh')).toEqual(['0-2 ab', '0-4 abcd', '1-6 bcdef', '3-8 defgh'])
})

test('without it they are as Quix Streams’ hopping_count_window(count, step): the first when it is full', async () => {
  expect(await resultsOf(slidingCount(4, { step: 2 }), 'abcdefg')).toEqual(['0-4 abcd', '2-6 cdef'])
  expect(await resultsOf(slidingCount(5, { step: 2 }), 'abcdefghi')).toEqual(['0-5 abcde', '2-7 cdefg', '4-9 efghi'])
})

test('with updates each record sends what its windows hold so far, under the name that they keep', async () => {
  expect(await resultsOf(tumblingCount(2), 'abc', 'updates')).toEqual(['0-2 a', '0-2 ab', '2-4 c'])
  expect(await resultsOf(slidingCount(3, { step: 2 }), 'abcd', 'updates')).toEqual(['0-3 a', '0-3 ab', '0-3 abc', '2-5 c', '2-5 cd'])
})

/** The results of one key of a window, and of a second one whose record only moves time on. */
async function timed(window: CountWindow, records: readonly (readonly [value: string, timestamp: number])[], restarts: boolean) {
  const driver = await TopologyTestDriver.open(windows(window))
  for (const [value, timestamp] of records) {
    if (restarts) await driver.restart()
    driver.pipe('in', value === '.' ? 'other' : 'k', value, { timestamp })
  }
  const results = driver.output<{ key: string; start: number; end: number }, string>('out').filter(({ key }) => key.key === 'k')
  await driver.close()
  return results.map(({ key, value }) => `${key.start}-${key.end} ${value}`)
}

test.each([false, true])(
  'a window ends after so many records or so long after its first one, by stream time; restarts in between: %s',
  async (restarts) => {
    const window = tumblingCount(3, { orAfter: 10 })
    // a opens at 0 and ends at 10, before the record that says so comes into a window; d is late for nothing, it counts where it comes.
    const records = [
      ['a', 0],
      ['b', 9],
      ['c', 10],
      ['d', 5],
      ['e', 19],
      ['f', 20],
      ['.', 29],
      ['.', 30],
    ] as const
    expect(await timed(window, records, restarts)).toEqual(['0-2 ab', '2-5 cde', '5-6 f'])
  },
)

test('by the clock on the wall a window ends when nothing comes, to the millisecond, and over a restart', async () => {
  const driver = await TopologyTestDriver.open(windows(tumblingCount(3, { orAfter: '30s', by: 'wallClock' })))
  driver.pipe('in', 'k', 'a', { timestamp: 7 })
  driver.advanceWallClock(10_000)
  driver.pipe('in', 'k', 'b', { timestamp: 8 })
  driver.advanceWallClock(19_999)
  await driver.restart()
  expect(driver.output('out')).toEqual([])
  driver.advanceWallClock(1)
  await driver.restart()
  driver.advanceWallClock(100_000)
  for (const value of 'cde') driver.pipe('in', 'k', value)
  driver.advanceWallClock(100_000)
  expect(driver.output('out').map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
    [{ key: 'k', start: 0, end: 2 }, 'ab', 8],
    [{ key: 'k', start: 2, end: 5 }, 'cde', driver.clock.now() - 100_000],
  ])
  await driver.close()
})

test('at the end of a bounded input windows that are not full stay, or are sent', async () => {
  const results = async (window: CountWindow) => {
    const driver = await TopologyTestDriver.open(
      topology('bounded', (builder) => {
        const letters = builder.fromElements(
          [...'abcde'].map((letter) => [letter === 'e' ? 'y' : 'x', letter] as const),
          text,
        )
        letters
          .groupByKey(text)
          .windowedBy(window)
          .reduce((left, right) => left + right, { store: 'windows' })
          .to('out', { key: json(), value: string() })
      }),
    )
    const sent = driver.output<{ key: string; start: number; end: number }, string>('out')
    await driver.close()
    return sent.map(({ key, value }) => `${key.key} ${key.start}-${key.end} ${value}`)
  }
  expect(await results(tumblingCount(3))).toEqual(['x 0-3 abc'])
  expect(await results(tumblingCount(3, { atEnd: 'send' }))).toEqual(['x 0-3 abc', 'x 3-4 d', 'y 0-1 e'])
  expect(await results(slidingCount(3, { step: 1, atEnd: 'send' }))).toEqual(['x 0-3 abc', 'x 1-4 bcd', 'x 2-4 cd', 'x 3-4 d', 'y 0-1 e'])
})

/** What comes of the values of a key, computed from the whole list. */
function naive(values: readonly number[], { size, step, partial }: CountWindow): string[] {
  const results: string[] = []
  for (let end = 1; end <= values.length; end++) {
    const start = end - size
    if (partial === true ? end % step !== 0 : start < 0 || start % step !== 0) continue
    const window = values.slice(Math.max(0, start), end)
    results.push(`${Math.max(0, start)}-${end} ${window.length} ${window.reduce((total, value) => total + value, 0)} ${window}`)
  }
  return results
}

test('any count window gives what a naive reading of the list gives, through restarts, whether its windows are kept whole or in panes', async () => {
  const any = fc
    .record({ size: fc.integer({ min: 1, max: 12 }), step: fc.integer({ min: 1, max: 12 }), partial: fc.boolean() })
    .filter(({ size, step }) => step <= size)
  // So many overlap that they are kept in panes, and those do not divide the size by the step.
  const inPanes = fc.record({ size: fc.constantFrom(9, 11, 13), step: fc.constant(2), partial: fc.boolean() })
  const window = fc.oneof({ arbitrary: any, weight: 3 }, inPanes)
  const records = fc.array(fc.tuple(fc.constantFrom('x', 'y'), fc.integer({ min: -9, max: 9 })), { maxLength: 40, size: 'max' })
  const restarts = fc.array(fc.nat(39), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(window, records, restarts, async ({ size, step, partial }, input, restartBefore) => {
      const spec = slidingCount(size, { step, partial })
      const number = (value: string) => Number(value)
      const driver = await TopologyTestDriver.open(
        topology('windows', (builder) => {
          const group = builder.stream<string, string>('in', text).groupByKey(text)
          group
            .windowedBy(spec)
            .aggregate({ values: count(), sum: sum(number), list: collect(number) }, { store: 'windows' })
            .to('out', { key: json(), value: json() })
        }),
      )
      for (const [index, [key, value]] of input.entries()) {
        if (restartBefore.includes(index)) await driver.restart()
        driver.pipe('in', key, String(value), { timestamp: 0 })
      }
      const results = driver.output<{ key: string; start: number; end: number }, { values: number; sum: number; list: number[] }>('out')
      await driver.close()
      for (const key of ['x', 'y']) {
        const got = results.filter((result) => result.key.key === key)
        const values = input.filter(([other]) => other === key).map(([, value]) => value)
        expect(got.map(({ key: { start, end }, value }) => `${start}-${end} ${value.values} ${value.sum} ${value.list}`)).toEqual(
          naive(values, spec),
        )
      }
    }),
    { numRuns: Number(process.env.MILLRACE_RUNS ?? 30) },
  )
})

test('of windows that overlap much a record writes one pane to the changelog, however large they are', async () => {
  const driver = await TopologyTestDriver.open(
    topology('sizes', (builder) => {
      const group = builder.stream<string, string>('in', text).groupByKey(text)
      group
        .windowedBy(slidingCount(1000, { step: 1 }))
        .count({ store: 'counts' })
        .to('out', { key: json(), value: json() })
    }),
  )
  for (let record = 0; record < 1100; record++) driver.pipe('in', 'k', 'v', { timestamp: 0 })
  expect(driver.output('out').map(({ value }) => value)).toEqual(Array.from({ length: 101 }, () => 1000))
  const written = (topic: string) => driver.outputBytes(topic).map(({ value }) => value!.length)
  // How many records came, without a pane, for each is full at once; and that pane.
  expect(new Set(written('sizes-counts-changelog'))).toEqual(new Set([28]))
  expect(new Set(written('sizes-counts-panes-changelog'))).toEqual(new Set([8]))
  await driver.close()
})

test('each key has windows of its own, and keeps them over a restart', async () => {
  const driver = await TopologyTestDriver.open(windows(tumblingCount(2)))
  driver.pipe('in', 'x', '1')
  driver.pipe('in', 'y', 'a')
  await driver.restart()
  driver.pipe('in', 'y', 'b')
  driver.pipe('in', 'x', '2')
  expect(driver.output('out').map(({ key, value }) => [key, value])).toEqual([
    [{ key: 'y', start: 0, end: 2 }, 'ab'],
    [{ key: 'x', start: 0, end: 2 }, '12'],
  ])
  await driver.close()
})

test('a record without a key is left out and counted', async () => {
  const driver = await TopologyTestDriver.open(windows(tumblingCount(1)))
  driver.pipe('in', null, 'a')
  expect(driver.output('out')).toEqual([])
  expect(driver.dropped.count('null-key')).toBe(1)
  await driver.close()
})
