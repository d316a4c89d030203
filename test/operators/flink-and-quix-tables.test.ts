// What Flink's and Quix Streams' documentation says of their windows, as tables computed by hand: the input, and what each record makes them send. Flink's watermark is taken to be
// the highest timestamp, as stream time is.

import { expect, test } from 'vitest'
import {
  type CountWindow,
  collect,
  type GlobalWindow,
  globalWindow,
  mean,
  onCount,
  onEvery,
  purging,
  type Serde,
  type SessionWindow,
  session,
  slidingCount,
  string,
  type TimeWindow,
  topology,
  tumbling,
  tumblingCount,
  type Windowed,
} from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }
type Any = TimeWindow | SessionWindow | CountWindow | GlobalWindow

/** Each record, and the results that it makes be sent: `letters@start-end`; late ones by a question mark. */
type Table = readonly (readonly [value: string, timestamp: number, sent: readonly string[]])[]

async function hold(window: Any, emit: 'final' | 'updates', table: Table): Promise<void> {
  const definition = topology('tables', (builder) => {
    const group = builder.stream<string, string>('in', text).groupByKey(text)
    const joined = (elements: readonly string[]) => elements.join('')
    const out = { key: json() as Serde<Windowed<string>>, value: string() }
    if (window.kind === 'time')
      group
        .windowedBy(window, { emit })
        .late((late) => late.mapValues(({ value }) => `?${value}`).to('late', text))
        .apply(joined)
        .toStream()
        .to('out', out)
    else if (window.kind === 'session') group.windowedBy(window, { emit }).apply(joined).toStream().to('out', out)
    else if (window.kind === 'count') group.windowedBy(window, { emit }).apply(joined).to('out', out)
    else group.windowedBy(window).apply(joined).to('out', out)
  })
  const driver = await TopologyTestDriver.open(definition)
  const got = table.map(([value, timestamp]) => {
    driver.pipe('in', 'k', value, { timestamp })
    const results = driver.output<Windowed<string>, string | null>('out')
    const late = window.kind === 'time' ? driver.output<string, string>('late').map((record) => record.value) : []
    // What two sessions were before they became one is deleted.
    const sent = results.flatMap(({ key, value: result }) => (result === null ? [] : [`${result}@${key.start}-${key.end}`]))
    return [value, timestamp, [...sent, ...late]]
  })
  await driver.close()
  expect(got).toEqual(table)
}

test('Flink: countWindow(3) fires when three elements of the key are there, and begins anew', async () => {
  await hold(tumblingCount(3), 'final', [
    ['a', 5, []],
    ['b', 1, []],
    ['c', 9, ['abc@0-3']],
    ['d', 2, []],
    ['e', 2, []],
    ['f', 2, ['def@3-6']],
  ])
})

test('Flink: countWindow(5, 2) fires after every two elements, with the last five there are', async () => {
  await hold(slidingCount(5, { step: 2, partial: true }), 'final', [
    ['a', 0, []],
    ['b', 0, ['ab@0-2']],
    ['c', 0, []],
    ['d', 0, ['abcd@0-4']],
    ['e', 0, []],
    ['f', 0, ['bcdef@1-6']],
    ['g', 0, []],
    ['h', 0, ['defgh@3-8']],
  ])
})

test('Quix Streams: tumbling_count_window(3), final and current', async () => {
  await hold(tumblingCount(3), 'final', [
    ['a', 0, []],
    ['b', 0, []],
    ['c', 0, ['abc@0-3']],
    ['d', 0, []],
  ])
  await hold(tumblingCount(3), 'updates', [
    ['a', 0, ['a@0-3']],
    ['b', 0, ['ab@0-3']],
    ['c', 0, ['abc@0-3']],
    ['d', 0, ['d@3-6']],
  ])
})

test('Quix Streams: hopping_count_window(4, step 2) and sliding_count_window(3) send their first result when it is full', async () => {
  await hold(slidingCount(4, { step: 2 }), 'final', [
    ['a', 0, []],
    ['b', 0, []],
    ['c', 0, []],
    ['d', 0, ['abcd@0-4']],
    ['e', 0, []],
    ['f', 0, ['cdef@2-6']],
  ])
  await hold(slidingCount(3, { step: 1 }), 'final', [
    ['a', 0, []],
    ['b', 0, []],
    ['c', 0, ['abc@0-3']],
    ['d', 0, ['bcd@1-4']],
  ])
})

test('Flink: sessions with a gap; an element between two of them makes them one', async () => {
  // As the drawing of session windows has it: the gap after the last element ends one. The end of ours is the last element, that of Flink's is it and the gap.
  await hold(session(10, { grace: 100 }), 'updates', [
    ['a', 0, ['a@0-0']],
    ['b', 10, ['ab@0-10']],
    ['c', 25, ['c@25-25']],
    ['d', 18, ['abcd@0-25']],
    ['e', 36, ['e@36-36']],
  ])
})

test('Flink: EventTimeSessionWindows send a session when the watermark has passed its gap', async () => {
  await hold(session(10), 'final', [
    ['a', 0, []],
    ['b', 9, []],
    ['c', 19, []],
    // The gap is part of a session in both: one at 29 would still be in.
    ['d', 30, ['abc@0-19']],
    ['e', 41, ['d@30-30']],
  ])
})

test('Flink: a CountTrigger of global windows keeps what it has sent; a PurgingTrigger does not', async () => {
  await hold(globalWindow(onCount(2)), 'final', [
    ['a', 0, []],
    ['b', 0, ['ab@0-2']],
    ['c', 0, []],
    ['d', 0, ['abcd@0-4']],
  ])
  await hold(globalWindow(purging(onCount(2))), 'final', [
    ['a', 0, []],
    ['b', 0, ['ab@0-2']],
    ['c', 0, []],
    ['d', 0, ['cd@2-4']],
  ])
})

test('Flink: a ContinuousEventTimeTrigger fires at the multiples of its interval', async () => {
  // The first time is the end of the interval of the first element. Flink's goes on firing where nothing has come; here nothing new is nothing to send.
  await hold(globalWindow(onEvery(10)), 'final', [
    ['a', 3, []],
    ['b', 9, []],
    ['c', 12, ['ab@0-2']],
    ['d', 20, ['abc@0-3']],
    ['e', 57, ['abcd@0-4']],
    ['f', 60, ['abcde@0-5']],
  ])
})

test('Flink: with allowed lateness a late element makes its window fire again at once; later ones go to the side output', async () => {
  // size 10, allowed lateness 5: the window to 10 fires at 10, again for each late one before 15, and never from 15 on.
  const table: Table = [
    ['a', 1, ['a@0-10']],
    ['b', 9, ['ab@0-10']],
    ['c', 11, ['c@10-20']],
    ['d', 4, ['abd@0-10']],
    ['e', 14, ['ce@10-20']],
    ['f', 9, ['abdf@0-10']],
    ['g', 15, ['ceg@10-20']],
    ['h', 9, ['?h']],
  ]
  await hold(tumbling(10, { grace: 5 }), 'updates', table)
  // Where one result a window is wanted, it is the last of those, when no further one can come.
  await hold(tumbling(10, { grace: 5 }), 'final', [
    ...table.slice(0, 6).map(([value, timestamp]) => [value, timestamp, []] as const),
    ['g', 15, ['abdf@0-10']],
    ['h', 9, ['?h']],
  ])
})

test("Quix Streams: the input and the output of the examples on its page about windows (docs/windowing.md), with bounds in records, where Quix has the records' times", async () => {
  const results = async (window: CountWindow | TimeWindow, input: readonly (readonly [value: number, timestamp: number])[]) => {
    const driver = await TopologyTestDriver.open(
      topology('examples', (builder) => {
        const group = builder.stream<string, string>('in', text).groupByKey(text)
        const aggregators = { data: collect((value: string) => Number(value)), average: mean((value: string) => Number(value)) }
        if (window.kind === 'count') group.windowedBy(window).aggregate(aggregators).to('out', { key: json(), value: json() })
        else
          group
            .windowedBy(window)
            .aggregate(aggregators, { store: { name: 'all', caching: false } })
            .toStream()
            .to('out', { key: json(), value: json() })
      }),
    )
    for (const [value, timestamp] of input) driver.pipe('in', 'k', String(value), { timestamp })
    const sent = driver.output<Windowed<string>, { data: number[]; average: number }>('out')
    await driver.close()
    return sent.map(({ key: { start, end }, value }) => ({ start, end, ...value! }))
  }
  const batch = [
    [100, 121],
    [50, 165],
    [200, 583],
  ] as const
  expect(await results(tumblingCount(3), batch)).toMatchObject([{ data: [100, 50, 200], start: 0, end: 3 }])
  const purchases = [
    [100, 121],
    [60, 165],
    [200, 583],
    [40, 723],
    [120, 1009],
    [80, 1242],
  ] as const
  const averages = (await results(slidingCount(3, { step: 1 }), purchases)).map(({ average }) => average)
  expect(averages).toEqual([120, 100, 120, 80])
  const twelve = Array.from({ length: 12 }, (_, index) => [index, index] as const)
  const bounds = async (window: CountWindow) => (await results(window, twelve)).map(({ start, end }) => [start, end - 1])
  expect(await bounds(slidingCount(6, { step: 2 }))).toEqual([
    [0, 5],
    [2, 7],
    [4, 9],
    [6, 11],
  ])
  expect(await bounds(tumblingCount(4))).toEqual([
    [0, 3],
    [4, 7],
    [8, 11],
  ])
  const temperatures = await results(tumbling('1h'), [
    [30, 100],
    [29, 200],
    [28, 300],
  ])
  expect(temperatures.map(({ average, start, end }) => [average, start, end])).toEqual([
    [30, 0, 3_600_000],
    [29.5, 0, 3_600_000],
    [29, 0, 3_600_000],
  ])
})
