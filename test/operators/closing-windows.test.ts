// What closes windows besides stream time, and what is sent when: each kind of window, by hand, on a clock that the test moves. What the clock decides is in the
// changelog, so a restart, also one without the last commit's stream times, takes nothing back.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Closes,
  type EmitOptions,
  every,
  hopping,
  idle,
  type Late,
  type Serde,
  session,
  sliding,
  string,
  topology,
  tumbling,
  type Windowed,
} from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { problemsOf } from '../graph/topology-of.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }

const windows = {
  tumbling: (closes: Closes) => tumbling(10, { closes, grace: 2 }),
  hopping: (closes: Closes) => hopping(10, { advance: 5, closes }),
  session: (closes: Closes) => session(5, { closes }),
  sliding: (closes: Closes) => sliding(5, { closes }),
}

type Kind = keyof typeof windows

function counts(kind: Kind, closes: Closes, options: EmitOptions = { emit: 'final' }) {
  return topology('counts', (builder) => {
    const group = builder.stream<string, string>('in', text).groupByKey(text)
    const send = { key: json() as Serde<Windowed<string>>, value: json<number>() }
    if (kind === 'session') {
      const visits = group.windowedBy(windows.session(closes), options).late((late) => late.to('late', { key: string(), value: json() }))
      visits.count({ store: 'counts' }).toStream().to('out', send)
      return
    }
    const cut = group.windowedBy(windows[kind](closes), options).late((late) => late.to('late', { key: string(), value: json() }))
    cut.count({ store: 'counts' }).toStream().to('out', send)
  })
}

type Windows = { key: string; start: number; end: number }

function sent(driver: TopologyTestDriver): string[] {
  return driver.output<Windows, number | null>('out').map(({ key: { key, start, end }, value }) => `${key} ${start}-${end} ${value}`)
}

function late(driver: TopologyTestDriver): string[] {
  return driver.output<string, Late<string>>('late').map(({ key, value }) => `${key} ${value.value} ${value.lateMs}`)
}

const idleResults: Readonly<Record<Kind, readonly [first: readonly string[], second: readonly string[], late: readonly string[]]>> = {
  // Closed are all windows that hold a record; those that begin behind the last record are open.
  tumbling: [['k 0-10 2'], ['k 10-20 1'], ['k b 7']],
  hopping: [['k 0-10 2', 'k 5-15 1'], ['k 10-20 1'], []],
  // The session that was sent does not grow: the next record begins another, though it lies within the gap.
  session: [['k 3-7 2'], ['k 10-10 1'], []],
  // Of sliding windows those that end with the last record or before it.
  sliding: [['k 2-7 2'], ['k 5-10 2'], []],
}

test('a partition to which only late records come is not idle, and what they do to stream time is written with the next decision, restart or not', async () => {
  for (const restarts of [false, true]) {
    const driver = await TopologyTestDriver.open(counts('tumbling', idle('30s')))
    driver.pipe('in', 'k', 'a', { timestamp: 3 })
    driver.advanceWallClock(30_000)
    expect(sent(driver)).toEqual(['k 0-10 1'])
    if (restarts) await driver.restart()
    // Windows are closed up to stream time and their size, 13; stream time goes on to 9, in a window that is closed.
    driver.pipe('in', 'k', 'b', { timestamp: 9 })
    driver.advanceWallClock(29_999)
    driver.pipe('in', 'k', 'c', { timestamp: 4 })
    driver.advanceWallClock(29_999)
    driver.pipe('in', 'k', 'd', { timestamp: 4 })
    expect(late(driver)).toEqual(['k b 3', 'k c 3', 'k d 3'])
    driver.advanceWallClock(30_000)
    driver.pipe('in', 'k', 'e', { timestamp: 4 })
    expect(late(driver)).toEqual(['k e 9'])
    expect(sent(driver)).toEqual([])
    await driver.close()
  }
})

test.each(Object.keys(windows) as Kind[])(
  '%s windows of a partition that goes quiet are closed to the millisecond, once, and stay closed over a restart',
  async (kind) => {
    const [first, second, lateOnes] = idleResults[kind]
    const driver = await TopologyTestDriver.open(counts(kind, idle('30s')))
    driver.pipe('in', 'k', 'a', { timestamp: 3 })
    driver.advanceWallClock(29_999)
    driver.pipe('in', 'k', 'a', { timestamp: 7 })
    driver.advanceWallClock(29_999)
    // Sliding windows end between two records, and stream time closes them too.
    expect(sent(driver)).toEqual(kind === 'sliding' ? ['k 0-5 1'] : [])
    driver.advanceWallClock(1)
    expect(sent(driver)).toEqual(first)
    await driver.restart()
    driver.advanceWallClock(100_000)
    expect(sent(driver)).toEqual([])
    if (kind === 'tumbling') driver.pipe('in', 'k', 'b', { timestamp: 9 })
    driver.pipe('in', 'k', 'c', { timestamp: 10 })
    expect(sent(driver)).toEqual(kind === 'sliding' ? ['k 4-9 1'] : [])
    driver.advanceWallClock(30_000)
    expect(sent(driver)).toEqual(second)
    expect(late(driver)).toEqual(lateOnes)
    await driver.close()
  },
)

test.each(['tumbling', 'hopping', 'session', 'sliding'] as const)(
  '%s windows whose end the clock on the wall has passed are closed then',
  async (kind) => {
    const driver = await TopologyTestDriver.open(counts(kind, 'wallClock'), { startMs: 3 })
    driver.pipe('in', 'k', 'a')
    driver.pipe('in', 'k', 'a')
    const closes = { tumbling: [12, 'k 0-10 2'], hopping: [10, 'k 0-10 2'], session: [9, 'k 3-3 2'], sliding: [6, 'k 0-5 2'] } as const
    const [at, result] = closes[kind]
    driver.advanceWallClock(at - 3 - 1)
    expect(sent(driver)).toEqual([])
    driver.advanceWallClock(1)
    expect(sent(driver)).toEqual([result])
    driver.advanceWallClock(1000)
    await driver.restart()
    driver.advanceWallClock(1000)
    expect(sent(driver)).toEqual([])
    // The store has one row: what was decided last.
    const decisions = driver.outputBytes('counts-counts-decisions-changelog').map(({ value }) => JSON.parse(String(value)) as object)
    expect(decisions.at(-1)).toMatchObject({ because: 'wallClock' })
    await driver.close()
  },
)

test('windows that were open when the app stopped are closed when it is back, though nothing comes', async () => {
  const driver = await TopologyTestDriver.open(counts('tumbling', 'wallClock'))
  driver.pipe('in', 'k', 'a')
  await driver.restart()
  driver.advanceWallClock(12)
  expect(sent(driver)).toEqual(['k 0-10 1'])
  driver.pipe('in', 'k', 'b')
  await driver.restart()
  await driver.restart()
  driver.advanceWallClock(10)
  expect(sent(driver)).toEqual(['k 10-20 1'])
  await driver.close()
})

test('windows that only the end of the input closes take the oldest record, and are sent at the end', async () => {
  const driver = await TopologyTestDriver.open(
    topology('bounded', (builder) => {
      const elements = builder.fromElements(
        [
          ['k', 'a', 100_000],
          ['k', 'b', 3],
          ['k', 'c', 1_000_000],
          ['k', 'd', 4],
        ] as const,
        text,
      )
      const group = elements.groupByKey(text)
      const cut = group.windowedBy(tumbling(10, { closes: 'endOfInput' }), { emit: 'final' })
      cut
        .count()
        .toStream()
        .to('out', { key: json() as Serde<Windowed<string>>, value: json<number>() })
    }),
  )
  expect(sent(driver)).toEqual(['k 0-10 2', 'k 100000-100010 1', 'k 1000000-1000010 1'])
  await driver.close()
})

test('processing time: a record belongs to the window of the clock, whatever its timestamp, and the clock closes the window', async () => {
  const driver = await TopologyTestDriver.open(
    topology('processing', (builder) => {
      const group = builder.stream<string, string>('in', text).groupByKey(text)
      const send = { key: json() as Serde<Windowed<string>>, value: json<number>() }
      group
        .windowedBy(tumbling(10, { time: 'processing' }), { emit: 'final' })
        .count({ store: 'counts' })
        .toStream()
        .to('out', send)
      group
        .windowedBy(session(5, { time: 'processing' }), { emit: 'final' })
        .count({ store: 'visits' })
        .toStream()
        .to('visits', send)
    }),
    { startMs: 1004 },
  )
  driver.pipe('in', 'k', 'a', { timestamp: 5_000_000 })
  driver.pipe('in', 'k', 'a', { timestamp: 1 })
  driver.advanceWallClock(5)
  driver.pipe('in', 'k', 'a', { timestamp: 77 })
  await driver.restart()
  driver.advanceWallClock(1)
  expect(sent(driver)).toEqual(['k 1000-1010 3'])
  driver.pipe('in', 'k', 'a', { timestamp: 2 })
  driver.advanceWallClock(10)
  expect(sent(driver)).toEqual(['k 1010-1020 1'])
  expect(driver.output<Windows, number>('visits').map(({ key, value }) => `${key.start}-${key.end} ${value}`)).toEqual(['1004-1010 4'])
  await driver.close()
})

test('late records go aside with how late they are; one that is late for some of its windows only does not', async () => {
  const driver = await TopologyTestDriver.open(counts('hopping', 'eventTime', {}))
  driver.pipe('in', 'k', 'a', { timestamp: 20 })
  driver.pipe('in', 'k', 'b', { timestamp: 11 })
  driver.pipe('in', 'k', 'c', { timestamp: 4 })
  driver.pipe('in', 'k', 'd', { timestamp: 9 })
  expect(sent(driver)).toEqual(['k 15-25 1', 'k 20-30 1'])
  // 11 lies in 5-15 and 10-20, of which the last is closed since 20 - 20.
  expect(late(driver)).toEqual(['k b 0', 'k c 10', 'k d 5'])
  expect(driver.dropped.count('late')).toBe(5)
  await driver.close()
})

test('late records of two aggregations cannot be one stream', () => {
  expect(
    problemsOf((builder) => {
      const cut = builder.stream('in', text).groupByKey(text).windowedBy(tumbling(5))
      const both = cut.late((late) => late.to('late', { key: string(), value: json() }))
      both.count()
      both.reduce((left) => left)
    }),
  ).toEqual(['KSTREAM-LATE-0000000001: late records of two aggregations cannot be one stream.'])
})

test('every: of the changes within a time the last one is sent, by stream time or by the clock on the wall', async () => {
  const byStreamTime = await TopologyTestDriver.open(counts('tumbling', 'eventTime', { emit: every(3) }))
  for (const timestamp of [0, 1, 2, 3, 4, 5, 6]) byStreamTime.pipe('in', 'k', 'a', { timestamp })
  expect(sent(byStreamTime)).toEqual(['k 0-10 4'])
  await byStreamTime.close()

  const driver = await TopologyTestDriver.open(counts('tumbling', 'eventTime', { emit: every(3000, { by: 'wallClock' }) }))
  driver.pipe('in', 'k', 'a', { timestamp: 0 })
  driver.advanceWallClock(2000)
  driver.pipe('in', 'k', 'a', { timestamp: 1 })
  await driver.restart()
  driver.advanceWallClock(999)
  expect(sent(driver)).toEqual([])
  driver.advanceWallClock(1)
  expect(sent(driver)).toEqual(['k 0-10 2'])
  driver.advanceWallClock(10_000)
  expect(sent(driver)).toEqual([])
  await driver.close()
})

test('windows begin at an offset', async () => {
  const driver = await TopologyTestDriver.open(
    topology('offsets', (builder) => {
      const group = builder.stream<string, string>('in', text).groupByKey(text)
      group
        .windowedBy(tumbling(10, { offset: 3 }), { emit: 'final' })
        .count()
        .toStream()
        .to('out', { key: json() as Serde<Windowed<string>>, value: json<number>() })
    }),
  )
  // What lies before the first window is in none: none begins before 1970.
  for (const timestamp of [0, 2, 3, 12, 13, 22, 23, 99]) driver.pipe('in', 'k', 'a', { timestamp })
  expect(sent(driver)).toEqual(['k 3-13 2', 'k 13-23 2', 'k 23-33 1'])
  expect(driver.dropped.counts()).toEqual(new Map([['before-first-window', 2]]))
  await driver.close()
})

test('what makes no sense is said when the topology is made', () => {
  const group = (builder: Parameters<Parameters<typeof problemsOf>[0]>[0]) => builder.stream('in', text).groupByKey(text)
  expect(
    problemsOf((builder) =>
      group(builder)
        .windowedBy(tumbling(5, { closes: idle(0) }))
        .count(),
    ),
  ).toEqual(['KSTREAM-SOURCE-0000000000: a partition cannot be idle for 0 ms.'])
  expect(
    problemsOf((builder) =>
      group(builder)
        .windowedBy(session(5, { time: 'processing', closes: idle(5) }))
        .count(),
    ),
  ).toEqual(['KSTREAM-SOURCE-0000000000: windows of processing time are closed by the clock on the wall, and nothing else.'])
})

type Step = readonly ['record', key: string, timestamp: number] | readonly ['wait', ms: number] | readonly ['restart']

/** Windows of 10 with grace 2, from the whole list: what is sent when, with each decision of the clock as it must be made. */
function naive(steps: readonly Step[], idleMs: number): string[] {
  const open = new Map<string, { key: string; start: number; values: number }>()
  const results: string[] = []
  let streamTime = -1
  let decided = -1
  let nowMs = 0
  let lastRecordMs = 0
  let waiting = false
  const close = (closedMs: number) => {
    const due = [...open.values()].filter(({ start }) => start + 10 <= closedMs)
    for (const { key, start, values } of due.sort((a, b) => a.start - b.start || (a.key < b.key ? -1 : 1))) {
      open.delete(`${key} ${start}`)
      results.push(`${key} ${start}-${start + 10} ${values}`)
    }
  }
  for (const step of steps) {
    if (step[0] === 'wait') {
      nowMs += step[1]
      if (waiting && nowMs >= lastRecordMs + idleMs && streamTime + 10 > decided) {
        decided = streamTime + 10
        close(decided)
        waiting = false
      }
    }
    // Who was away does not know how long nothing has come.
    if (step[0] === 'restart') lastRecordMs = nowMs
    if (step[0] !== 'record') continue
    const [, key, timestamp] = step
    streamTime = Math.max(streamTime, timestamp)
    const closedMs = Math.max(streamTime - 2, decided)
    const start = Math.floor(timestamp / 10) * 10
    if (start + 10 > closedMs) {
      const window = open.get(`${key} ${start}`) ?? { key, start, values: 0 }
      open.set(`${key} ${start}`, { ...window, values: window.values + 1 })
    }
    // A record that is late for its window has come to the partition all the same.
    lastRecordMs = nowMs
    waiting = true
    close(closedMs)
  }
  return results
}

test('whatever comes in whatever order, with pauses and restarts, is sent as a naive reading of the list says', async () => {
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(fc.constant('record' as const), fc.constantFrom('x', 'y'), fc.nat(60)) },
    { weight: 2, arbitrary: fc.tuple(fc.constant('wait' as const), fc.integer({ min: 1, max: 70 })) },
    { weight: 1, arbitrary: fc.constant(['restart'] as const) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30, size: 'max' }), async (steps) => {
      const driver = await TopologyTestDriver.open(counts('tumbling', idle(50)))
      for (const one of steps) {
        if (one[0] === 'record') driver.pipe('in', one[1], 'v', { timestamp: one[2] })
        else if (one[0] === 'wait') driver.advanceWallClock(one[1])
        else await driver.restart()
      }
      const results = sent(driver)
      await driver.close()
      expect(results).toEqual(naive(steps, 50))
    }),
    { numRuns: Number(process.env.MILLRACE_RUNS ?? 50) },
  )
})

test('a restart sends nothing again that stream time has closed behind the last decision of the clock', async () => {
  const driver = await TopologyTestDriver.open(counts('tumbling', idle(50)))
  driver.pipe('in', 'x', 'v', { timestamp: 0 })
  driver.advanceWallClock(50)
  driver.pipe('in', 'x', 'v', { timestamp: 10 })
  driver.pipe('in', 'x', 'v', { timestamp: 22 })
  await driver.restart()
  driver.advanceWallClock(1)
  driver.pipe('in', 'x', 'v', { timestamp: 0 })
  expect(sent(driver)).toEqual(['x 0-10 1', 'x 10-20 1'])
  await driver.close()
})

test('a session that was closed and sent does not grow with a late record that joins it to one that is open', async () => {
  const driver = await TopologyTestDriver.open(counts('session', 'eventTime'))
  for (const timestamp of [42, 41, 48, 52, 43, 70]) driver.pipe('in', 'k', 'v', { timestamp })
  expect(sent(driver)).toEqual(['k 41-42 2', 'k 43-52 3'])
  await driver.close()
})

test.for([
  // As the JVM's vectors of sessions at the edge have it.
  ['kafka-streams', ['k 0-0 1', 'j 7-7 1', 'k 0-0 1', 'k 1-1 1']],
  ['variables', ['k 0-0 1', 'j 7-7 1', 'k 0-0 2', 'k 0-0 null', 'k 0-1 3']],
] as const)(
  'found by chance: a session that ends exactly its gap and grace ago takes records, with names of %s',
  async ([naming, expected]) => {
    const driver = await TopologyTestDriver.open(
      topology(
        'edge',
        (builder) => {
          const group = builder.stream<string, string>('in', text).groupByKey(text)
          group
            .windowedBy(session(5, { grace: 2 }))
            .count({ store: { name: 'edge', caching: false } })
            .toStream()
            .to('out', { key: json() as Serde<Windowed<string>>, value: json<number>() })
        },
        { naming },
      ),
    )
    for (const [key, timestamp] of [
      ['k', 0],
      ['j', 7],
      ['k', 0],
      ['k', 1],
    ] as const)
      driver.pipe('in', key, 'v', { timestamp })
    expect(sent(driver)).toEqual(expected)
    await driver.close()
  },
)

test('the decisions are a store of the topology, with a changelog', () => {
  const { stores } = counts('session', idle(5)).build()
  expect(stores.get('counts-decisions')).toMatchObject({
    kind: 'keyValue',
    changelog: { name: 'counts-decisions-changelog', settings: { 'cleanup.policy': 'compact' } },
  })
})
