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

test('hopping windows hold what a naive reading of the list says, whatever comes late and wherever the app starts anew', async () => {
  const steps = fc.array(fc.record({ key: keys, timestamp: fc.nat(80), restart }), { maxLength: 20 })
  const cut = fc.record({ size: fc.integer({ min: 1, max: 20 }), share: fc.integer({ min: 1, max: 4 }), grace: fc.nat(15) })
  await fc.assert(
    fc.asyncProperty(steps, cut, async (input, { size, share, grace }) => {
      const advance = Math.max(1, Math.floor(size / share))
      const windowsOf = (timestamp: number) => {
        const all: [number, number][] = []
        for (let start = 0; start <= timestamp; start += advance) if (timestamp < start + size) all.push([start, start + size])
        return all
      }
      expect(await finalResults(hopping(size, { advance, grace }), input)).toEqual(naive(input, grace, windowsOf))
    }),
    { numRuns },
  )
})

test('days of a place hold what their local dates say, over a change of the clocks, late records and restarts', async () => {
  const timeZone = 'Europe/Berlin'
  const hour = 3_600_000
  const first = Date.parse('2024-03-29T00:00:00Z')
  const dates = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
  const dayOf = (timestamp: number): readonly [number, number] => {
    const date = dates.format(timestamp)
    let start = timestamp - (timestamp % hour)
    while (dates.format(start - 1) === date) start -= hour
    let end = start + hour
    while (dates.format(end) === date) end += hour
    return [start, end]
  }
  const timestamp = fc.nat(5 * 24 * 4).map((quarters) => first + quarters * (hour / 4))
  const steps = fc.array(fc.record({ key: keys, timestamp, restart }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(12), async (input, graceHours) => {
      const grace = graceHours * hour
      expect(await finalResults(calendar('day', { timeZone, grace }), input)).toEqual(naive(input, grace, (at) => [dayOf(at)]))
    }),
    { numRuns },
  )
})

test('sliding windows are one for each set of records that lie within the difference, in whatever order they come', async () => {
  const steps = fc.array(fc.record({ key: keys, timestamp: fc.integer({ min: 1_000, max: 1_060 }), restart }), { maxLength: 12 })
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
