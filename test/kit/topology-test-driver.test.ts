import { expect, test } from 'vitest'
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
