import { expect, test } from 'vitest'
import { type CountWindow, slidingCount, string, topology, tumblingCount } from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }

/** The values of each window of a key, joined. */
function windows(window: CountWindow) {
  return topology('windows', (builder) => {
    builder
      .stream<string, string>('in', text)
      .groupByKey(text)
      .windowedBy(window)
      .aggregate(
        () => '',
        (all, value) => all + value,
        { value: string(), store: 'windows' },
      )
      .to('out', { key: json(), value: string() })
  })
}

async function resultsOf(window: CountWindow, values: string): Promise<string[]> {
  const driver = await TopologyTestDriver.open(windows(window))
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
