// Joins with what is known outside: what a cache has and for how long, who asks and who waits, and that nothing is lost when the app dies with calls on their way.

import * as fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { isMillraceError, type LookupJoinOptions, string, topology } from '../../framework/index.ts'
import type { Metrics, MetricsReporter } from '../../framework/ports/metrics.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { AppBench } from './app-bench.ts'
import { outAfter } from './out-after.ts'

vi.setConfig({ testTimeout: 30_000 })

const text = { key: string(), value: string() }

/** Calls that the test answers. */
class Outside {
  readonly asked: string[] = []
  private readonly open: { readonly id: string; resolve(value: string | null): void; reject(error: unknown): void }[] = []

  readonly lookup = (id: string): Promise<string | null> => {
    this.asked.push(id)
    return new Promise((resolve, reject) => this.open.push({ id, resolve, reject }))
  }

  /** The oldest call for it. */
  answer(id: string, value: string | null = id.toUpperCase()): void {
    this.take(id).resolve(value)
  }

  fail(id: string): void {
    this.take(id).reject(new Error(`no answer for ${id}`))
  }

  private take(id: string) {
    const index = this.open.findIndex((one) => one.id === id)
    return this.open.splice(index, 1)[0]!
  }
}

type Options = Partial<LookupJoinOptions<string, string, string | null>> & { readonly left?: boolean }

/** A value is the lookup key and a number: `a1` asks for `a`; `-1` for nothing. */
const idOf = (value: string) => (value.startsWith('-') ? null : value.slice(0, 1))

function joining(lookup: (id: string) => Promise<string | null>, { left = false, ...options }: Options = {}) {
  return topology('joining', (builder) => {
    const stream = builder.stream<string, string>('in', { name: 'in', ...text })
    const given = { name: 'joined', ...text, ...options }
    const joined = left
      ? stream.leftLookupJoin(idOf, lookup, (value, found) => `${value}=${found ?? 'nothing'}`, given)
      : stream.lookupJoin(idOf, lookup, (value, found) => `${value}=${found}`, given)
    joined.to('out', text)
  })
}

describe('the cache', () => {
  test('answers at once what was asked before, until it is too old; whoever comes meanwhile waits for the same call', async () => {
    const outside = new Outside()
    const driver = await TopologyTestDriver.open(joining(outside.lookup, { cache: { ttl: '10s' } }))
    for (const [key, value] of [
      ['k', 'a1'],
      ['l', 'a2'],
      ['l', 'b1'],
    ] as const)
      driver.pipe('in', key, value)
    expect(outside.asked).toEqual(['a', 'b'])
    expect(await outAfter(driver, () => outside.answer('a'))).toEqual(['a1=A', 'a2=A'])
    driver.advanceWallClock(10_000)
    // Not a promise: it is there when the call to pipe() returns.
    driver.pipe('in', 'm', 'a3')
    expect(driver.output('out', text).map(({ value }) => value)).toEqual(['a3=A'])
    driver.advanceWallClock(1)
    expect(await outAfter(driver, () => driver.pipe('in', 'm', 'a4'))).toEqual([])
    expect(outside.asked).toEqual(['a', 'b', 'a'])
    expect(await outAfter(driver, () => outside.answer('a', 'A2'))).toEqual(['a4=A2'])
  })

  test('lets nobody overtake a record of its key that waits', async () => {
    const outside = new Outside()
    const driver = await TopologyTestDriver.open(joining(outside.lookup, { cache: { ttl: '10s' } }))
    driver.pipe('in', 'k', 'a1')
    await outAfter(driver, () => outside.answer('a'))
    driver.pipe('in', 'k', 'b1')
    expect(await outAfter(driver, () => driver.pipe('in', 'k', 'a2'))).toEqual([])
    expect(await outAfter(driver, () => driver.pipe('in', 'l', 'a3'))).toEqual(['a3=A'])
    expect(await outAfter(driver, () => outside.answer('b'))).toEqual(['b1=B', 'a2=A'])
  })

  test('keeps that there is nothing, and a failure only where that is wanted', async () => {
    const outside = new Outside()
    const cache = { ttl: '10s', missingTtl: '2s', failureTtl: '1s' } as const
    const driver = await TopologyTestDriver.open(joining(outside.lookup, { left: true, cache, onFailure: () => 'fallback' }))
    expect(await outAfter(driver, () => driver.pipe('in', 'k', 'a1'))).toEqual([])
    expect(await outAfter(driver, () => outside.answer('a', null))).toEqual(['a1=nothing'])
    expect(await outAfter(driver, () => driver.pipe('in', 'k', 'a2'))).toEqual(['a2=nothing'])
    driver.advanceWallClock(2_001)
    driver.pipe('in', 'k', 'a3')
    expect(await outAfter(driver, () => outside.fail('a'))).toEqual(['a3=fallback'])
    expect(await outAfter(driver, () => driver.pipe('in', 'k', 'a4'))).toEqual(['a4=fallback'])
    driver.advanceWallClock(1_001)
    driver.pipe('in', 'k', 'a5')
    expect(outside.asked).toEqual(['a', 'a', 'a'])
    const without = await TopologyTestDriver.open(
      joining(outside.lookup, { cache: { ttl: '10s', missingTtl: 0 }, onFailure: 'skip', order: 'none' }),
    )
    for (const value of [null, 'fails', null]) {
      without.pipe('in', 'k', 'c1')
      expect(await outAfter(without, () => (value === null ? outside.answer('c', null) : outside.fail('c')))).toEqual([])
    }
    expect(outside.asked.slice(3)).toEqual(['c', 'c', 'c'])
    expect(without.dropped.count('call-failed')).toBe(1)
  })

  test('keeps so many answers, or so many bytes, of the keys asked for last', async () => {
    for (const limit of [{ entriesMax: 2 }, { bytesMax: 2 * (2 + 110) }]) {
      const asked: string[] = []
      const lookup = async (id: string) => {
        asked.push(id)
        return id.repeat(100)
      }
      const driver = await TopologyTestDriver.open(joining(lookup, { cache: { ttl: '1h', ...limit } }))
      for (const id of ['a', 'b', 'a', 'c', 'a', 'b']) {
        driver.pipe('in', 'k', id)
        await driver.settled()
      }
      expect(asked).toEqual(['a', 'b', 'c', 'b'])
    }
  })

  test('tells keys apart by what they are, also where they are objects', async () => {
    const asked: unknown[] = []
    const definition = topology('objects', (builder) => {
      const keys: Readonly<Record<string, unknown>> = { a: { id: 1n, at: new Date(5) }, b: { id: 1, at: new Date(5) }, c: '1', d: 1 }
      const joined = builder.stream<string, string>('in', text).lookupJoin(
        (value) => keys[value],
        async (id) => asked.push(id),
        (value) => value,
        { name: 'joined', ...text, cache: { ttl: '1h' } },
      )
      joined.to('out', text)
    })
    const driver = await TopologyTestDriver.open(definition)
    for (const value of [...'abcdabcd']) driver.pipe('in', 'k', value)
    await driver.settled()
    expect(asked).toEqual([{ id: 1n, at: new Date(5) }, { id: 1, at: new Date(5) }, '1', 1])
  })

  test('is counted: hits, those who wait for the call of another one, and calls', async () => {
    const bench = new AppBench()
    await bench.createTopics({ in: 1, out: 1 })
    let metrics: Metrics | undefined
    const reporter: MetricsReporter = {
      start: async (all) => {
        metrics = all
      },
      close: async () => {},
    }
    const app = bench.start(
      joining(async (id) => id, { cache: { ttl: '1h' } }),
      { reporters: [reporter] },
    )
    await bench.produce(
      'in',
      ['a1', 'a2', 'b1'].map((value) => ['k', value] as const),
    )
    await bench.clock.advanceUntil(() => bench.values('out').length === 3)
    await bench.produce('in', [['k', 'a3']])
    await bench.clock.advanceUntil(() => bench.values('out').length === 4)
    const counted = (metrics?.read() ?? []).filter(({ name, tags }) => name.startsWith('lookup-') && tags['processor-node-id'] === 'joined')
    expect(Object.fromEntries(counted.map(({ name, value }) => [name, value]))).toEqual({
      'lookup-hit-total': 1,
      'lookup-shared-total': 1,
      'lookup-miss-total': 2,
      'lookup-cache-entries': 2,
    })
    await app.stop()
  })
})

describe('a record', () => {
  test('that names nothing is dropped and counted, or joined with null; no call is made', async () => {
    const outside = new Outside()
    const inner = await TopologyTestDriver.open(joining(outside.lookup))
    expect(await outAfter(inner, () => inner.pipe('in', 'k', '-1'))).toEqual([])
    expect(inner.dropped.count('null-key')).toBe(1)
    const left = await TopologyTestDriver.open(joining(outside.lookup, { left: true }))
    expect(await outAfter(left, () => left.pipe('in', null, '-1'))).toEqual(['-1=nothing'])
    expect(outside.asked).toEqual([])
  })

  test('of which nothing is known is left out, or joined with null', async () => {
    for (const [left, out] of [
      [false, []],
      [true, ['a1=nothing']],
    ] as const) {
      const driver = await TopologyTestDriver.open(joining(async () => null, { left }))
      driver.pipe('in', 'k', 'a1')
      await driver.settled()
      expect(driver.output('out', text).map(({ value }) => value)).toEqual(out)
    }
  })

  test('asks for itself where there is no cache', async () => {
    const outside = new Outside()
    const driver = await TopologyTestDriver.open(joining(outside.lookup, { order: 'none' }))
    for (const value of ['a1', 'a2']) driver.pipe('in', 'k', value)
    expect(outside.asked).toEqual(['a', 'a'])
    expect(await outAfter(driver, () => [outside.answer('a', '1'), outside.answer('a', '2')])).toEqual(['a1=1', 'a2=2'])
  })

  test('whose joiner throws is told with node and place, whether it had to wait or not', async () => {
    const definition = topology('failing', (builder) => {
      const joined = builder.stream<string, string>('in', { name: 'in', ...text }).lookupJoin(
        (value) => value,
        async (id) => id,
        (value): string => {
          if (value === 'b') throw new Error('no b')
          return value
        },
        { name: 'joined', ...text, cache: { ttl: '1h' } },
      )
      joined.to('out', text)
    })
    const driver = await TopologyTestDriver.open(definition)
    driver.pipe('in', 'k', 'b')
    await expect(driver.settled()).rejects.toThrow(/joined.*in-0@0.*no b/s)
    expect(() => driver.pipe('in', 'k', 'b')).toThrow(/joined.*in-0@1.*no b/s)
  })
})

test('what cannot be is said when the topology is made', () => {
  const problem = (options: Options): string => {
    try {
      joining(async () => null, options).build()
      return 'none'
    } catch (error) {
      return isMillraceError(error) ? error.message : String(error)
    }
  }
  expect(problem({ cache: { ttl: 0 } })).toContain('joined: its cache keeps answers for 0 ms.')
  expect(problem({ cache: { ttl: '1s', entriesMax: 0 } })).toContain('joined: its entriesMax is 0.')
  expect(problem({ cache: { ttl: '1s', bytesMax: 1.5 } })).toContain('joined: its bytesMax is 1.5.')
  expect(problem({ order: 'time' as 'key' })).toContain('joined: its order is time.')
  expect(problem({ concurrency: 0 })).toContain('joined: its concurrency is 0.')
})

test('what is on its way at a commit is asked for again after the app was killed; what has gone on is not sent twice under exactly-once', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  const config = { processingGuarantee: 'exactly_once_v2', commitIntervalMs: 100 } as const
  const cache = { ttl: '1h' } as const
  const first = new Outside()
  const app = bench.start(joining(first.lookup, { order: 'none', cache }), { config })
  await bench.produce('in', [
    ['k', 'a1'],
    ['k', 'b1'],
    ['k', 'a2'],
    ['k', 'c1'],
  ])
  await bench.clock.advanceUntil(() => first.asked.length === 3)
  first.answer('b')
  await bench.clock.advanceUntil(() => bench.values('out').length === 1)
  const committed = () => bench.cluster.groups.get('joining')?.committed({ topic: 'in', partition: 0 })?.offset
  await bench.clock.advanceUntil(() => committed() === 4)
  app.crash()
  await app.stop().catch(() => {})

  const second = new Outside()
  const next = bench.start(joining(second.lookup, { order: 'none', cache }), { config })
  await bench.clock.advanceUntil(() => second.asked.length === 2)
  await bench.produce('in', [['k', 'c2']])
  second.answer('a')
  await bench.clock.advanceUntil(() => bench.values('out').length === 3)
  second.answer('c')
  await bench.clock.advanceUntil(() => bench.values('out').length >= 5)
  expect(second.asked).toEqual(['a', 'c'])
  expect(bench.values('out')).toEqual(['b1=B', 'a1=A', 'a2=A', 'c1=C', 'c2=C'])
  await next.stop()
})

// ------------------------------------------------------------------------------------------------------------- against a naive reading

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('record' as const), key: fc.constantFrom('x', 'y', null), id: fc.constantFrom(...'abc-') }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('answer' as const, 'nothing' as const, 'failure' as const), which: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(1, 999, 1_000, 1_001, 3_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
)

const setting = fc.record({
  order: fc.constantFrom('key' as const, 'input' as const, 'none' as const),
  concurrency: fc.integer({ min: 1, max: 3 }),
  left: fc.boolean(),
  cache: fc.option(
    fc.record({
      ttl: fc.constantFrom(1_000, 5_000),
      missingTtl: fc.constantFrom(0, 1_000),
      failureTtl: fc.constantFrom(0, 1_000),
      entriesMax: fc.integer({ min: 1, max: 3 }),
    }),
    { nil: undefined },
  ),
})

type Setting = typeof setting extends fc.Arbitrary<infer S> ? S : never

interface NaiveHeld {
  readonly key: string | null
  readonly value: string
  outcome: string | null | undefined
}

/** The rules as their documentation says them, by lists and loops. An outcome is what was found, null for nothing. */
class Naive {
  out: string[] = []
  asked: string[] = []
  calls: { readonly id: string; readonly for: NaiveHeld[]; runs: boolean }[] = []
  private held: NaiveHeld[] = []
  /** The one used last is the last one. */
  private kept: { readonly id: string; readonly outcome: string | null; readonly until: number }[] = []
  private readonly setting: Setting

  constructor(setting: Setting) {
    this.setting = setting
  }

  record(key: string | null, value: string, now: number): void {
    const one: NaiveHeld = { key, value, outcome: undefined }
    if (idOf(value) === null && !this.setting.left) return
    this.held.push(one)
    this.ask(one, now)
    this.goOn()
  }

  /** Of the calls that run. */
  answered(index: number, outcome: string | null, now: number, ttl: number): void {
    const call = this.calls.filter(({ runs }) => runs)[index]!
    this.calls = this.calls.filter((one) => one !== call)
    for (const one of call.for) one.outcome = outcome
    if (this.setting.cache !== undefined && ttl > 0) {
      this.kept = [...this.kept.filter(({ id }) => id !== call.id), { id: call.id, outcome, until: now + ttl }]
      this.kept = this.kept.slice(-this.setting.cache.entriesMax)
    }
    this.goOn()
    this.begin()
  }

  restart(now: number): void {
    this.kept = []
    this.calls = []
    for (const one of this.held) one.outcome = undefined
    for (const one of this.held) this.ask(one, now)
  }

  private ask(one: NaiveHeld, now: number): void {
    const id = idOf(one.value)
    const known = this.kept.find((entry) => entry.id === id && entry.until >= now)
    const other = this.setting.cache === undefined ? undefined : this.calls.find((call) => call.id === id)
    if (id === null) one.outcome = null
    else if (known !== undefined) {
      one.outcome = known.outcome
      this.kept = [...this.kept.filter((entry) => entry !== known), known]
    } else if (other !== undefined) other.for.push(one)
    else this.calls.push({ id, for: [one], runs: false })
    this.begin()
  }

  private begin(): void {
    for (const call of this.calls) {
      if (call.runs || this.calls.filter(({ runs }) => runs).length >= this.setting.concurrency) continue
      call.runs = true
      this.asked.push(call.id)
    }
  }

  private goOn(): void {
    const { order, left } = this.setting
    this.held = this.held.filter((one, index, all) => {
      const waitsFor = all.slice(0, index).filter((before) => before.outcome === undefined || this.waiting.has(before))
      const waits = waitsFor.some((before) => order === 'input' || (order === 'key' && one.key !== null && before.key === one.key))
      if (one.outcome === undefined || waits) {
        this.waiting.add(one)
        return true
      }
      this.waiting.delete(one)
      if (one.outcome !== null || left) this.out.push(`${one.value}=${one.outcome ?? 'nothing'}`)
      return false
    })
  }

  private readonly waiting = new Set<NaiveHeld>()
}

/** Calls by number, so that a call is answered whatever others there are for its key. */
class Numbered {
  asked: string[] = []
  open: { readonly resolve: (value: string | null) => void; readonly reject: (error: Error) => void }[] = []

  readonly lookup = (id: string): Promise<string | null> => {
    this.asked.push(id)
    return new Promise((resolve, reject) => this.open.push({ resolve, reject }))
  }
}

test('results and calls are those of a naive reading, whatever is answered when, fails, grows old, and wherever the app starts anew', async () => {
  await fc.assert(
    fc.asyncProperty(setting, fc.array(step, { maxLength: 40, size: 'max' }), async (given, steps) => {
      const outside = new Numbered()
      const naive = new Naive(given)
      const { order, concurrency, left, cache } = given
      const options = { order, concurrency, left, onFailure: () => 'failed', ...(cache === undefined ? {} : { cache }) }
      const driver = await TopologyTestDriver.open(joining(outside.lookup, options))
      const out: string[] = []
      for (const [index, one] of steps.entries()) {
        const now = driver.clock.now()
        out.push(
          ...(await outAfter(driver, () => {
            if (one.do === 'record') {
              driver.pipe('in', one.key, `${one.id}${index}`)
              naive.record(one.key, `${one.id}${index}`, now)
            } else if (one.do === 'time') driver.advanceWallClock(one.ms)
            else if (one.do !== 'restart' && outside.open.length > 0) {
              const which = one.which % outside.open.length
              const [call] = outside.open.splice(which, 1)
              if (one.do === 'failure') call!.reject(new Error('no'))
              else call!.resolve(one.do === 'answer' ? `found${index}` : null)
              const ttl = one.do === 'failure' ? cache?.failureTtl : one.do === 'answer' ? cache?.ttl : cache?.missingTtl
              naive.answered(which, one.do === 'failure' ? 'failed' : one.do === 'answer' ? `found${index}` : null, now, ttl ?? 0)
            }
          })),
        )
        if (one.do === 'restart') {
          outside.open = []
          await driver.restart()
          naive.restart(now)
          out.push(...(await outAfter(driver, () => {})))
        }
        expect({ step: index, out, asked: outside.asked }).toEqual({ step: index, out: naive.out, asked: naive.asked })
      }
      await driver.close()
    }),
    { numRuns: Number(process.env.MILLRACE_RUNS ?? 60) },
  )
})
