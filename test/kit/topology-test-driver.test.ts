import { describe, expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { tumbling } from '../../framework/dsl/windows.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { TopologyTestDriver } from './index.ts'

const text = { key: string(), value: string() }

test('the seed example prints each sum of its windows', async () => {
  const definition = topology('sums', (builder) => {
    const pairs: [string, number][] = [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]
    builder
      .fromElements(pairs, { key: string(), value: long() })
      .groupByKey({ key: string(), value: long() })
      .windowedBy(tumbling('10s'))
      .reduce((sum, value) => sum + value)
      .toStream()
      .print()
  })
  const driver = await TopologyTestDriver.open(definition)
  expect(driver.printed).toEqual(['(a,1)', '(b,2)', '(c,3)'])
  await driver.close()
})

test('a record goes from topic to topic, with its timestamp and headers', async () => {
  const definition = topology('upper', (builder) => {
    builder
      .stream<string, string>('in', text)
      .mapValues((value) => value.toUpperCase())
      .to('out', text)
  })
  const driver = await TopologyTestDriver.open(definition)
  const headers = [{ key: 'trace', value: Buffer.from('7') }]
  driver.pipe('in', 'k', 'apple', { timestamp: 5, headers })
  driver.pipe('in', null, 'pear')
  expect(driver.output('out')).toEqual([
    { key: 'k', value: 'APPLE', timestamp: 5, headers },
    { key: null, value: 'PEAR', timestamp: 0, headers: [] },
  ])
  expect(driver.output('out')).toEqual([])
})

test('a changed key goes through a repartition topic before it is counted', async () => {
  const definition = topology('fruit', (builder) => {
    builder
      .stream<string, string>('in', text)
      .groupBy((value) => value, text)
      .count({ store: 'counts' })
      .toStream()
      .to('out', { key: string(), value: long() })
  })
  const driver = await TopologyTestDriver.open(definition)
  for (const fruit of ['apple', 'pear', 'apple']) driver.pipe('in', 'x', fruit)
  expect(driver.output('out').map(({ key, value }) => [key, value])).toEqual([
    ['apple', 1],
    ['pear', 1],
    ['apple', 2],
  ])
  expect(driver.rows('counts').get('apple')?.value).toBe(2)
})

describe('topics of a driver', () => {
  const upper = topology('upper', (builder) => {
    builder
      .stream<string, string | null>('in', text)
      .mapValues((value) => value?.toUpperCase() ?? null)
      .to('out', text)
  })

  test('records are piped in with times of their own, or with times that go on', async () => {
    const driver = await TopologyTestDriver.open(upper, { startMs: 100 })
    const input = driver.inputTopic('in')
    input.pipe('a', 'x')
    input.pipeAll(
      [
        ['a', 'y'],
        ['b', 'z', 7],
        ['b', null],
      ],
      { startMs: 1_000, advanceMs: 10 },
    )
    expect(driver.output('out').map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      ['a', 'X', 100],
      ['a', 'Y', 1_000],
      ['b', 'Z', 7],
      ['b', null, 1_020],
    ])
  })

  test('what was read once is not read again, whoever reads it', async () => {
    const driver = await TopologyTestDriver.open(upper)
    const output = driver.outputTopic<string, string>('out')
    expect(output.isEmpty).toBe(true)
    expect(() => output.read()).toThrow('the topic out has no record that was not read yet')
    driver.inputTopic('in').pipeAll([
      ['a', 'x'],
      ['a', 'y'],
      ['a', 'z'],
    ])
    expect(output.size).toBe(3)
    expect(output.read()).toEqual({ key: 'a', value: 'X', timestamp: 0, headers: [] })
    expect(driver.outputTopic<string, string>('out').read().value).toBe('Y')
    expect(driver.output('out')).toHaveLength(1)
    expect(output.readAll()).toEqual([])
    expect(output.isEmpty).toBe(true)
  })

  test('a map has the last value of each key, and tells keys apart by their bytes', async () => {
    const driver = await TopologyTestDriver.open(
      topology('windows', (builder) => {
        builder
          .stream<string, string>('in', text)
          .groupByKey(text)
          .windowedBy(tumbling('10s'))
          .count()
          .toStream()
          .to('out', { value: long() })
      }),
    )
    driver.inputTopic('in').pipeAll(
      ['b', 'a', 'b', 'b'].map((key) => [key, 'x'] as const),
      { startMs: 0, advanceMs: 4_000 },
    )
    expect([...driver.outputTopic('out').readToMap()]).toEqual([
      [{ key: 'b', start: 0, end: 10_000 }, 2],
      [{ key: 'a', start: 0, end: 10_000 }, 1],
      [{ key: 'b', start: 10_000, end: 20_000 }, 1],
    ])
    expect(driver.outputTopic('out').readToMap()).toEqual(new Map())
  })

  test('topics that each record chooses are read by the sink that writes them', async () => {
    const driver = await TopologyTestDriver.open(
      topology('by-day', (builder) => {
        builder.stream<string, string>('in', text).to((value) => `day-${value}`, text)
      }),
    )
    driver.pipe('in', 'k', 'monday')
    expect(driver.outputTopic('day-monday').read()).toMatchObject({ key: 'k', value: 'monday' })
  })

  test('topics that the topology does not have are refused', async () => {
    const driver = await TopologyTestDriver.open(upper)
    expect(() => driver.inputTopic('ni')).toThrow('the topology upper reads no topic ni')
    expect(() => driver.outputTopic('tuo')).toThrow('no sink writes tuo: give serdes to read it by')
    expect(driver.outputTopic('tuo', text).isEmpty).toBe(true)
  })
})
