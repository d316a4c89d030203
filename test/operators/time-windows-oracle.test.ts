// Windows of time against a naive reading of the list: random records, out of order and too late, with restarts in between that restore all state from the changelogs.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { calendar, hopping, type Serde, sliding, string, type TimeWindow, topology, type Windowed } from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }
const numRuns = Number(process.env.MILLRACE_RUNS ?? 40)
const keys = fc.constantFrom('x', 'y')
/** A restart comes before about every seventh record. */
const restart = fc.nat(6).map((one) => one === 0)

interface Step {
  readonly key: string
  readonly timestamp: number
  readonly restart: boolean
}

/** Final results, in any order: key, start, end, and the letters of the records in the order in which they came. */
async function finalResults(window: TimeWindow | ReturnType<typeof sliding>, steps: readonly Step[]): Promise<readonly string[]> {
  const definition = topology('windows', (builder) => {
    const group = builder.stream<string, string>('in', text).groupByKey(text)
    const results = group.windowedBy(window, { emit: 'final' }).reduce((left, right) => left + right, { store: 'windows' })
    results.toStream().to('out', { key: json() as Serde<Windowed<string>>, value: string() })
  })
  const driver = await TopologyTestDriver.open(definition)
  for (const [index, { key, timestamp, restart: first }] of steps.entries()) {
    if (first) await driver.restart()
    driver.pipe('in', key, letter(index), { timestamp })
  }
  const results = driver
    .output<Windowed<string>, string>('out')
    .map(({ key: { key, start, end }, value }) => `${key} ${start}-${end} ${value}`)
  await driver.close()
  return results.sort()
}

function letter(index: number): string {
  return String.fromCharCode(97 + index)
}

/** A record is in each of its windows that is not closed yet; a window is sent when stream time is past its end and its grace. */
function naive(
  steps: readonly Step[],
  grace: number,
  windowsOf: (timestamp: number) => readonly (readonly [start: number, end: number])[],
) {
  const rows = new Map<string, { readonly end: number; value: string }>()
  let streamTime = -Infinity
  for (const [index, { key, timestamp }] of steps.entries()) {
    streamTime = Math.max(streamTime, timestamp)
    for (const [start, end] of windowsOf(timestamp)) {
      if (end + grace <= streamTime) continue
      const name = `${key} ${start}-${end}`
      rows.set(name, { end, value: (rows.get(name)?.value ?? '') + letter(index) })
    }
  }
  return [...rows]
    .filter(([, { end }]) => end + grace <= streamTime)
    .map(([name, { value }]) => `${name} ${value}`)
    .sort()
}

test('hopping windows, at any offset, hold what a naive reading of the list says, whatever comes late and wherever the app starts anew', async () => {
  const steps = fc.array(fc.record({ key: keys, timestamp: fc.nat(80), restart }), { maxLength: 20, size: 'max' })
  const cut = fc.record({
    size: fc.integer({ min: 1, max: 20 }),
    share: fc.integer({ min: 1, max: 4 }),
    grace: fc.nat(15),
    offset: fc.integer({ min: -25, max: 25 }),
  })
  await fc.assert(
    fc.asyncProperty(steps, cut, async (input, { size, share, grace, offset }) => {
      const advance = Math.max(1, Math.floor(size / share))
      const windowsOf = (timestamp: number) => {
        const all: [number, number][] = []
        // Whatever is moved by a whole step is not moved at all; no window begins before 1970.
        for (let start = 0; start <= timestamp; start++)
          if ((start - offset) % advance === 0 && timestamp < start + size) all.push([start, start + size])
        return all
      }
      expect(await finalResults(hopping(size, { advance, grace, offset }), input)).toEqual(naive(input, grace, windowsOf))
    }),
    { numRuns },
  )
})

/** The day of a place that a time is in, by nothing but what a clock there shows, which is set by quarters of an hour. No window begins before 1970. */
function localDay(timeZone: string): (timestamp: number) => readonly [start: number, end: number] {
  const dates = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  const quarter = 900_000
  return (timestamp) => {
    const date = dates.format(timestamp)
    let start = Math.floor(timestamp / quarter) * quarter
    while (dates.format(start - 1) === date) start -= quarter
    let end = Math.floor(timestamp / quarter) * quarter + quarter
    while (dates.format(end) === date) end += quarter
    return [Math.max(0, start), end]
  }
}

/** Where clocks are changed, also at midnight, so that a day begins at one o'clock or has that hour twice; and where time began, in the middle of a day. */
const places = [
  ['Europe/Berlin', '2024-03-31'],
  ['Europe/Berlin', '2024-10-27'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['America/Sao_Paulo', '2018-02-18'],
  ['Asia/Kolkata', '2024-05-05'],
  ['Australia/Lord_Howe', '2024-04-07'],
  ['Europe/Berlin', '1970-01-01'],
  ['America/New_York', '1970-01-01'],
] as const

test.each(places)(
  'days in %s around %s hold what local dates say, to the millisecond, with late records and restarts',
  async (timeZone, date) => {
    const hour = 3_600_000
    const dayOf = localDay(timeZone)
    const middle = Date.parse(`${date}T12:00:00Z`)
    const midnights = [-36, -12, 12, 36].map((hours) => dayOf(middle + hours * hour)[0])
    const atMidnight = fc.tuple(fc.constantFrom(...midnights), fc.constantFrom(-1, 0, 1, hour - 1, hour)).map(([time, more]) => time + more)
    const anytime = fc.integer({ min: -60, max: 60 }).map((hours) => middle + hours * hour)
    const timestamp = fc.oneof({ weight: 3, arbitrary: atMidnight }, { weight: 1, arbitrary: anytime }).map((time) => Math.max(0, time))
    const steps = fc.array(fc.record({ key: keys, timestamp, restart }), { maxLength: 20, size: 'max' })
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(0, 1, hour, 12 * hour), async (input, grace) => {
        expect(await finalResults(calendar('day', { timeZone, grace }), input)).toEqual(naive(input, grace, (at) => [dayOf(at)]))
      }),
      { numRuns: Math.ceil(numRuns / 4) },
    )
  },
)

/** The week, from Monday on, or the month of a place that a time is in: its days, put together. */
function localPeriod(timeZone: string, unit: 'week' | 'month'): (timestamp: number) => readonly [start: number, end: number] {
  const dayOf = localDay(timeZone)
  const days = new Map<number, readonly [number, number]>()
  // A day is looked for once, whatever time of it is asked for.
  const day = (timestamp: number): readonly [number, number] => {
    const known = [...days.values()].find(([start, end]) => start <= timestamp && timestamp < end)
    const found = known ?? dayOf(timestamp)
    days.set(found[0], found)
    return found
  }
  const shown = new Intl.DateTimeFormat('en-CA', { timeZone, ...(unit === 'week' ? { weekday: 'short' } : { day: 'numeric' }) })
  const begins = (time: number): boolean => /^(Mon|1)\b/.test(shown.format(time))
  return (timestamp) => {
    let [start, end] = day(timestamp)
    while (!begins(start)) start = day(start - 1)[0]
    while (!begins(end)) end = day(end)[1]
    return [start, end]
  }
}

test.each(
  places.filter(([, date]) => date > '1971').flatMap(([place, date]) => [['week', place, date] as const, ['month', place, date] as const]),
)('each %s in %s around %s holds what its days hold, to the millisecond, with late records and restarts', async (unit, timeZone, date) => {
  const day = 86_400_000
  const periodOf = localPeriod(timeZone, unit)
  const middle = Date.parse(`${date}T12:00:00Z`)
  const bounds = [periodOf(middle)[0], periodOf(middle)[1], periodOf(periodOf(middle)[1])[1]]
  const atBound = fc.tuple(fc.constantFrom(...bounds), fc.constantFrom(-1, 0, 1, -3_600_000, 3_600_000)).map(([time, more]) => time + more)
  const anytime = fc.integer({ min: -40, max: 40 }).map((days) => middle + days * day)
  const timestamp = fc.oneof({ weight: 3, arbitrary: atBound }, { weight: 1, arbitrary: anytime })
  const steps = fc.array(fc.record({ key: keys, timestamp, restart }), { maxLength: 20, size: 'max' })
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(0, 1, day, 9 * day), async (input, grace) => {
      expect(await finalResults(calendar(unit, { timeZone, grace }), input)).toEqual(naive(input, grace, (at) => [periodOf(at)]))
    }),
    { numRuns: Math.ceil(numRuns / 4) },
  )
})

test('sliding windows are one for each set of records that lie within the difference, in whatever order they come', async () => {
  const steps = fc.array(fc.record({ key: keys, timestamp: fc.integer({ min: 1_000, max: 1_060 }), restart }), {
    maxLength: 12,
    size: 'max',
  })
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 15 }), async (input, difference) => {
      // Nothing is late; one record of another key closes all.
      const all = [...input, { key: 'end', timestamp: 9_000, restart: false }]
      const expected = new Set<string>()
      for (const { key, timestamp } of input)
        for (const start of [timestamp - difference, timestamp + 1]) {
          const inside = input.flatMap((one, index) =>
            one.key === key && one.timestamp >= start && one.timestamp <= start + difference ? [letter(index)] : [],
          )
          if (inside.length > 0) expected.add(`${key} ${start}-${start + difference} ${inside.join('')}`)
        }
      // The same records out of order are joined in the order of their coming only where the window was there before, so letters are compared as sets.
      const sorted = (results: Iterable<string>) =>
        [...results].map((one) => one.replace(/\w+$/, (value) => [...value].sort().join(''))).sort()
      expect(sorted(await finalResults(sliding(difference, { grace: 5_000 }), all))).toEqual(sorted(expected))
    }),
    { numRuns },
  )
})
