// Values from outside: in which order results go on, what a failure does, and that nothing is lost when the app dies with calls on their way.

import { describe, expect, test, vi } from 'vitest'
import { type KStream, type MapAsyncOptions, string, topology } from '../../framework/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { AppBench } from './app-bench.ts'
import { outAfter } from './out-after.ts'

vi.setConfig({ testTimeout: 30_000 })

const text = { key: string(), value: string() }

/** Calls that the test answers. */
class Outside {
  readonly asked: string[] = []
  private readonly open = new Map<string, { resolve(value: string): void; reject(error: unknown): void }>()

  readonly call = (value: string): Promise<string> => {
    this.asked.push(value)
    return new Promise((resolve, reject) => this.open.set(value, { resolve, reject }))
  }

  answer(...values: string[]): void {
    for (const value of values) this.open.get(value)?.resolve(value.toUpperCase())
  }

  fail(value: string): void {
    this.open.get(value)?.reject(new Error(`no answer for ${value}`))
  }
}

function asking(
  outside: Pick<Outside, 'call'>,
  options: Partial<MapAsyncOptions<string, string, string>> = {},
  behind?: (out: KStream<string, string>) => KStream<string, string>,
) {
  return topology('asking', (builder) => {
    const asked = builder
      .stream<string, string>('in', { name: 'in', ...text })
      .mapAsync(outside.call, { name: 'asked', ...text, ...options })
    ;(behind?.(asked) ?? asked).to('out', text)
  })
}

describe('results go on', () => {
  const records = [
    ['a', 'a1'],
    ['b', 'b1'],
    ['a', 'a2'],
    ['b', 'b2'],
  ] as const

  async function steps(order: 'key' | 'input' | 'none'): Promise<string[][]> {
    const outside = new Outside()
    const driver = await TopologyTestDriver.open(asking(outside, { order }))
    for (const [key, value] of records) driver.pipe('in', key, value)
    const seen: string[][] = []
    for (const value of ['b2', 'a2', 'b1', 'a1']) seen.push(await outAfter(driver, () => outside.answer(value)))
    return seen
  }

  test('in the order of each key', async () => {
    expect(await steps('key')).toEqual([[], [], ['B1', 'B2'], ['A1', 'A2']])
  })

  test('in the order of the input', async () => {
    expect(await steps('input')).toEqual([[], [], [], ['A1', 'B1', 'A2', 'B2']])
  })

  test('as they come', async () => {
    expect(await steps('none')).toEqual([['B2'], ['A2'], ['B1'], ['A1']])
  })

  test('with key, timestamp and headers of their records', async () => {
    const driver = await TopologyTestDriver.open(asking({ call: async (value) => value }))
    const headers = [{ key: 'trace', value: Buffer.from('7') }]
    driver.pipe('in', null, 'x', { timestamp: 5, headers })
    await driver.settled()
    expect(driver.output('out', text)).toEqual([{ key: null, value: 'x', timestamp: 5, headers }])
  })

  test('as many at once as it may be', async () => {
    const outside = new Outside()
    const driver = await TopologyTestDriver.open(asking(outside, { concurrency: 2 }))
    for (const value of ['1', '2', '3', '4']) driver.pipe('in', 'k', value)
    expect(outside.asked).toEqual(['1', '2'])
    await outAfter(driver, () => outside.answer('2'))
    expect(outside.asked).toEqual(['1', '2', '3'])
  })
})

describe('a call that fails', () => {
  async function failing(
    options: Partial<MapAsyncOptions<string, string, string>>,
  ): Promise<{ driver: TopologyTestDriver; outside: Outside }> {
    const outside = new Outside()
    const driver = await TopologyTestDriver.open(asking(outside, options))
    for (const value of ['1', '2']) driver.pipe('in', 'k', value)
    return { driver, outside }
  }

  test('is told with node and record, unless it is to be skipped or answered otherwise', async () => {
    const strict = await failing({})
    await expect(outAfter(strict.driver, () => strict.outside.fail('1'))).rejects.toThrow(/asked.*in-0@0.*no answer for 1/s)
    const skipping = await failing({ onFailure: 'skip' })
    expect(await outAfter(skipping.driver, () => [skipping.outside.answer('2'), skipping.outside.fail('1')])).toEqual(['2'])
    expect(skipping.driver.dropped.count('call-failed')).toBe(1)
    const answering = await failing({ onFailure: (error, value, key) => `${(error as Error).message} ${value} ${key}` })
    expect(await outAfter(answering.driver, () => answering.outside.fail('1'))).toEqual(['no answer for 1 1 k'])
  })

  test('goes to the handler of processing errors if what answers for it throws', async () => {
    const outside = new Outside()
    const onFailure = () => {
      throw new Error('no answer either')
    }
    const settings = { processingExceptionHandler: 'continue' } as const
    const driver = await TopologyTestDriver.open(asking(outside, { onFailure }), { settings })
    for (const value of ['1', '2']) driver.pipe('in', 'k', value)
    expect(await outAfter(driver, () => [outside.fail('1'), outside.answer('2')])).toEqual(['2'])
    expect(driver.dropped.count('callback-failed')).toBe(1)
    const strict = await failing({ onFailure })
    await expect(outAfter(strict.driver, () => strict.outside.fail('1'))).rejects.toThrow(/asked.*in-0@0.*no answer either/s)
  })

  test('is made again after a delay, as often as is said', async () => {
    const { driver, outside } = await failing({ retry: { attempts: 2, delay: '5s' } })
    expect(await outAfter(driver, () => outside.fail('1'))).toEqual([])
    expect(outside.asked).toEqual(['1', '2'])
    await outAfter(driver, () => driver.advanceWallClock(5_000))
    expect(outside.asked).toEqual(['1', '2', '1'])
    expect(await outAfter(driver, () => outside.answer('1'))).toEqual(['1'])
  })

  test('has taken too long: its signal is aborted', async () => {
    let aborted: unknown
    const definition = topology('asking', (builder) => {
      builder
        .stream<string, string>('in', { name: 'in', ...text })
        .mapAsync<string>(
          (_value, _key, _record, { signal }) => new Promise(() => signal.addEventListener('abort', () => (aborted = signal.reason))),
          {
            name: 'asked',
            timeout: '2s',
            ...text,
          },
        )
        .to('out', text)
    })
    const driver = await TopologyTestDriver.open(definition)
    driver.pipe('in', 'k', '1')
    await expect(outAfter(driver, () => driver.advanceWallClock(2_000))).rejects.toThrow('no result within 2000 ms')
    expect(aborted).toBeInstanceOf(Error)
  })
})

describe('in an app', () => {
  test('what is on its way at a commit is called again after the app was killed, and only that', async () => {
    const bench = new AppBench()
    await bench.createTopics({ in: 1, out: 1 })
    const first = new Outside()
    const app = bench.start(asking(first, { order: 'none' }), { config: { commitIntervalMs: 100 } })
    await bench.produce('in', [
      ['k', 'a'],
      ['k', 'b'],
      ['k', 'c'],
    ])
    await bench.clock.advanceUntil(() => first.asked.length === 3)
    first.answer('b')
    await bench.clock.advanceUntil(() => bench.values('out').length === 1)
    const committed = () => bench.cluster.groups.get('asking')?.committed({ topic: 'in', partition: 0 })?.offset
    await bench.clock.advanceUntil(() => committed() === 3)
    await bench.clock.advanceUntil(() => bench.records('asking-asked-pending-changelog').length >= 2)
    app.crash()
    await app.stop().catch(() => {})

    const second = new Outside()
    const next = bench.start(asking(second, { order: 'none' }), { config: { commitIntervalMs: 100 } })
    await bench.produce('in', [['k', 'd']])
    await bench.clock.advanceUntil(() => second.asked.length === 3)
    expect(second.asked).toEqual(['a', 'c', 'd'])
    second.answer('a', 'c', 'd')
    await bench.clock.advanceUntil(() => bench.values('out').length === 4)
    expect(bench.values('out')).toEqual(['B', 'A', 'C', 'D'])
    await next.stop()
  })

  test('no more is taken than twice what may run, and other work of the app goes on', async () => {
    const bench = new AppBench()
    await bench.createTopics({ in: 1, out: 1 })
    const outside = new Outside()
    const app = bench.start(asking(outside, { concurrency: 2 }), { config: { commitIntervalMs: 100 } })
    await bench.produce(
      'in',
      Array.from({ length: 50 }, (_, index) => ['k', String(index)] as const),
    )
    const committed = () => bench.cluster.groups.get('asking')?.committed({ topic: 'in', partition: 0 })?.offset
    await bench.clock.advanceUntil(() => committed() !== undefined)
    expect(committed()).toBe(4)
    expect(outside.asked).toEqual(['0', '1'])
    for (let index = 0; index < 50; index++) {
      await bench.clock.advanceUntil(() => outside.asked.includes(String(index)))
      outside.answer(String(index))
    }
    await bench.clock.advanceUntil(() => bench.values('out').length === 50)
    expect(bench.values('out')).toEqual(Array.from({ length: 50 }, (_, index) => String(index)))
    await app.stop()
  })

  test('the end of the input waits for what is on its way, over a repartition topic too', async () => {
    const bench = new AppBench()
    await bench.createTopics({ in: 2, out: 1 })
    await bench.produce(
      'in',
      ['a', 'b', 'c', 'd'].map((key) => [key, `${key}1`] as const),
    )
    const slow = { call: (value: string) => new Promise<string>((resolve) => bench.clock.after(7_000, () => resolve(value.toUpperCase()))) }
    const definition = asking(slow, { concurrency: 1 }, (out) =>
      out.selectKey(() => 'all', { name: 'by-all' }).repartition({ name: 'all', ...text }),
    )
    await bench.runToEnd(definition, { config: { commitIntervalMs: 1_000 } })
    expect([...bench.values('out')].sort()).toEqual(['A1', 'B1', 'C1', 'D1'])
    expect(await bench.runToEnd(definition)).toMatchObject({ recordsIn: 0 })
    expect(bench.values('out')).toHaveLength(4)
  })
})
