// The driver's types where a project's millrace-env.d.ts declares a topology, and where none does.

import { describe, expectTypeOf, it } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import type { Windowed } from '../../framework/graph/window-spec.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { TopologyTestDriver } from './index.ts'

interface Flight {
  origin: string
  delay: number
}

declare module '../../framework/dsl/topology-topics.ts' {
  interface TopologyTopics {
    'declared-for-the-type-test': {
      inputs: { flights: { key: string; value: Flight }; airports: { key: string; value: { state: string } } }
      outputs: { delays: { key: Windowed<string>; value: { flights: number } }; removed: { key: string; value: Flight | null } }
      stores: {
        airports: { kind: 'timestampedKeyValue'; key: string; value: { state: string } }
        delays: { kind: 'window'; key: string; value: { flights: number } }
        seen: { kind: 'keyValue'; key: string; value: number }
      }
    }
    'chooses-for-the-type-test': {
      inputs: { orders: { key: string; value: string } }
      patternInputs: { key: string; value: boolean }
      outputs: { rest: { key: string; value: number } }
      chosenOutputs: { key: string; value: { cents: number } }
      stores: Record<never, never>
    }
  }
}

const declared = topology('declared-for-the-type-test', () => {})
const chooses = topology('chooses-for-the-type-test', () => {})
const undeclared = topology('undeclared', () => {})

describe('the driver of a declared topology', async () => {
  const driver = await TopologyTestDriver.open(declared)

  it('takes what its topics hold, and nothing else', () => {
    driver.pipe('flights', 'DTW-ORD', { origin: 'DTW', delay: 66 }, { timestamp: 5 })
    driver.pipe('flights', null, null)
    driver.inputTopic('airports').pipeAll([
      ['DTW', { state: 'MI' }],
      ['ORD', { state: 'IL' }, 7],
    ])
    // @ts-expect-error: no such topic.
    driver.pipe('flihgts', 'DTW-ORD', { origin: 'DTW', delay: 66 })
    // @ts-expect-error: the delay is a number.
    driver.pipe('flights', 'DTW-ORD', { origin: 'DTW', delay: '66' })
    // @ts-expect-error: the key is a string.
    driver.inputTopic('flights').pipe(7, { origin: 'DTW', delay: 66 })
    // @ts-expect-error: it is written, not read.
    driver.inputTopic('delays')
  })

  it('gives what its topics hold', () => {
    expectTypeOf(driver.outputTopic('delays').read()).toMatchTypeOf<{ key: Windowed<string>; value: { flights: number } }>()
    expectTypeOf(driver.outputTopic('removed').readToMap()).toEqualTypeOf<Map<string, Flight | null>>()
    expectTypeOf(driver.output('delays')[0]!.value).toEqualTypeOf<{ flights: number }>()
    // @ts-expect-error: no such topic.
    driver.output('delay')
    // @ts-expect-error: no such topic.
    driver.outputTopic('flights')
  })

  it('reads any topic by serdes', () => {
    const read = driver.output('anything', { key: string(), value: long() })
    expectTypeOf(read[0]!.value).toEqualTypeOf<number>()
  })

  it('knows its stores by their kinds', () => {
    expectTypeOf(driver.rows('airports').get('DTW')!.value).toEqualTypeOf<{ state: string }>()
    expectTypeOf(driver.windowRows('delays').fetch('MI', 0)!.value).toEqualTypeOf<{ flights: number }>()
    expectTypeOf(driver.keyValueStore('seen').get('DTW')).toEqualTypeOf<number | undefined>()
    // @ts-expect-error: a store of windows.
    driver.rows('delays')
    // @ts-expect-error: no such store.
    driver.windowRows('delay')
  })

  it('has its topology in its type', () => {
    expectTypeOf(driver).toEqualTypeOf<TopologyTestDriver<'declared-for-the-type-test'>>()
  })
})

describe('the driver of a topology that chooses topics', async () => {
  const driver = await TopologyTestDriver.open(chooses)

  it('gives any topic, and those with names by their types', () => {
    expectTypeOf(driver.output('orders-of-monday')[0]!.value).toEqualTypeOf<{ cents: number }>()
    expectTypeOf(driver.output('rest')[0]!.value).toEqualTypeOf<number>()
    driver.pipe('orders', 'a', 'b')
    driver.pipe('matched-by-a-pattern', 'a', true)
    // @ts-expect-error: a topic that has a name has types of its own.
    driver.pipe('orders', 'a', true)
  })
})

describe('the driver of a topology that is not declared', async () => {
  const driver = await TopologyTestDriver.open(undeclared)

  it('takes everything and knows no types', () => {
    expectTypeOf(driver).toEqualTypeOf<TopologyTestDriver>()
    driver.pipe('anything', 7, { a: 1 })
    driver.inputTopic('anything').pipe('a', 'b')
    expectTypeOf(driver.output('anything')[0]!.value).toEqualTypeOf<unknown>()
    expectTypeOf(driver.output<string, number>('anything')[0]!.value).toEqualTypeOf<number>()
    expectTypeOf(driver.outputTopic<string, number>('anything').read().key).toEqualTypeOf<string>()
    expectTypeOf(driver.rows<string, number>('anything').get('a')!.value).toEqualTypeOf<number>()
  })
})
