// Serdes that fetch something before they can read: partitions wait for it, between records, and nothing is done twice or out of order.

import { describe, expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import type { Serde, SerdeContext } from '../../framework/ports/serde.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { changed } from '../../framework/serdes/changed.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { subscription, subscriptionResponse } from '../../framework/serdes/subscription.ts'
import { sessionWindowed, timeWindowed } from '../../framework/serdes/windowed.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { temporaryFolders } from '../store-leveldb/temporary-folders.ts'
import { AppBench } from './app-bench.ts'

const folder = temporaryFolders()

/** Texts whose first character is their version: a version is known once it was fetched, which ends when the test says so. */
class Versions {
  readonly opened: SerdeContext[] = []
  readonly fetched: string[] = []
  private readonly known = new Set<string>()
  private readonly fetches = new Map<string, { promise: Promise<void>; settle: (failure?: Error) => void }>()
  readonly serde: Serde<string> = {
    name: 'versioned',
    immutable: false,
    open: async (context) => void this.opened.push(context),
    canRead: (bytes, start) => this.known.has(bytes.latin1Slice(start, start + 1)),
    prepare: (bytes, start) => this.fetch(bytes.latin1Slice(start, start + 1)),
    read: (bytes, start, end) => {
      const text = bytes.latin1Slice(start, end)
      if (!this.known.has(text.slice(0, 1))) throw new Error(`${text} was read before its version was there`)
      return text
    },
    write: (text, target) => string().write(text, target),
  }

  constructor(...known: string[]) {
    for (const version of known) this.known.add(version)
  }

  /** Ends the fetch of a version. */
  settle(version: string, failure?: Error): void {
    this.fetches.get(version)!.settle(failure)
  }

  private fetch(version: string): Promise<void> {
    const running = this.fetches.get(version)
    if (running !== undefined) return running.promise
    this.fetched.push(version)
    let settle: (failure?: Error) => void = () => {}
    const promise = new Promise<void>((resolve, reject) => {
      settle = (failure) => (failure === undefined ? resolve() : reject(failure))
    }).then(() => void this.known.add(version))
    this.fetches.set(version, { promise, settle })
    return promise
  }
}

function copies({ serde }: Versions) {
  return topology('copies', (builder) => {
    const texts = { key: string(), value: serde }
    builder
      .stream<string, string>('in', texts)
      .merge(builder.stream<string, string>('other', texts))
      .mapValues((text) => text.toUpperCase())
      .to('out', texts)
  })
}

async function benchWith(records: Readonly<Record<string, readonly (readonly [string, string, number])[]>>): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, other: 1, out: 1 })
  for (const [topic, some] of Object.entries(records)) await bench.produce(topic, some)
  return bench
}

describe('a partition whose next record cannot be read yet', () => {
  test('waits, and goes on with that record: each is processed once, in its order', async () => {
    const versions = new Versions('1')
    const bench = await benchWith({
      in: [
        ['k', '1a', 10],
        ['k', '2b', 20],
        ['k', '1c', 30],
        ['k', '3d', 40],
        ['k', '2e', 50],
      ],
      other: [
        ['k', '1v', 15],
        ['k', '1w', 25],
        ['k', '1x', 45],
      ],
    })
    const app = bench.start(copies(versions), { config: { commitIntervalMs: 100 } })
    await bench.clock.advanceUntil(() => versions.fetched.includes('2'))
    await bench.clock.advanceUntil(() => bench.values('out').length === 1)
    // The other input waits too: the task chooses by time.
    await bench.clock.advanceUntil(() => bench.clock.now() > 5_000)
    expect(bench.values('out')).toEqual(['1A'])
    versions.settle('2')
    await bench.clock.advanceUntil(() => versions.fetched.includes('3'))
    versions.settle('3')
    await bench.clock.advanceUntil(() => bench.values('out').length === 8)
    expect(bench.values('out')).toEqual(['1A', '1V', '2B', '1W', '1C', '3D', '1X', '2E'])
    expect(await app.stop()).toMatchObject({ recordsIn: 8, recordsOut: 8 })
    expect(versions.fetched).toEqual(['2', '3'])
  })

  test('is committed up to it, so that a stop meanwhile loses and repeats nothing', async () => {
    const versions = new Versions('1')
    const bench = await benchWith({
      in: [
        ['k', '1a', 10],
        ['k', '2b', 20],
      ],
    })
    const app = bench.start(copies(versions))
    await bench.clock.advanceUntil(() => versions.fetched.includes('2'))
    expect(await app.stop()).toMatchObject({ recordsIn: 1, recordsOut: 1 })
    // Too late: that task is gone.
    versions.settle('2')
    await bench.runToEnd(copies(new Versions('1', '2')))
    expect(bench.values('out')).toEqual(['1A', '2B'])
  })

  test('is not taken for the end of the input', async () => {
    const versions = new Versions()
    const bench = await benchWith({ in: [['k', '2b', 20]] })
    const app = bench.start(copies(versions), { untilEnd: true })
    await bench.clock.advanceUntil(() => versions.fetched.includes('2'))
    versions.settle('2')
    expect(await app.ended()).toMatchObject({ recordsIn: 1 })
    expect(bench.values('out')).toEqual(['2B'])
  })

  test('ends the app if what it waits for cannot be had', async () => {
    const versions = new Versions()
    const bench = await benchWith({ in: [['k', '2b', 20]] })
    const app = bench.start(copies(versions))
    await bench.clock.advanceUntil(() => versions.fetched.includes('2'))
    versions.settle('2', new Error('nobody answers'))
    expect(await app.failed()).toMatchObject({ message: 'nobody answers' })
  })

  test('is waited for by global tables, before anything else runs', async () => {
    const versions = new Versions('1')
    const bench = await benchWith({ other: [['k', '2g', 5]], in: [['k', '1a', 10]] })
    const joined = topology('joined', (builder) => {
      const table = builder.globalTable<string, string>('other', { key: string(), value: versions.serde })
      builder
        .stream<string, string>('in', { key: string(), value: versions.serde })
        .join(
          table,
          (_value, key) => key,
          (left, right) => left + right,
          { name: 'joined' },
        )
        .to('out', { key: string(), value: string() })
    })
    const app = bench.start(joined)
    await bench.clock.advanceUntil(() => versions.fetched.includes('2'))
    versions.settle('2')
    await bench.clock.advanceUntil(() => bench.values('out').length === 1)
    expect(bench.values('out')).toEqual(['1a2g'])
    await app.stop()
  })
})

test('what is restored can be read when the first task starts', async () => {
  const versions = new Versions('1', '2')
  const table = ({ serde }: Versions) =>
    topology('latest', (builder) => {
      const rows = builder.table<string, string>('other', { key: string(), value: serde, store: 'rows' })
      builder
        .stream<string, string>('in', { key: string(), value: serde })
        .join(rows, (left, right) => left + right, { name: 'joined' })
        .to('out', { key: string(), value: string() })
    })
  const bench = await benchWith({ other: [['k', '2r', 5]], in: [['k', '1a', 10]] })
  await bench.runToEnd(table(versions))
  const later = new Versions('1')
  await bench.produce('in', [['k', '1b', 20]])
  const app = bench.start(table(later))
  await bench.clock.advanceUntil(() => later.fetched.includes('2'))
  expect(app.app.state).toBe('restoring')
  later.settle('2')
  await bench.clock.advanceUntil(() => bench.values('out').length === 2)
  expect(bench.values('out')).toEqual(['1a2r', '1b2r'])
  await app.stop()
})

describe('a serde is opened', () => {
  test('before the first record, with all places where it stands and a folder beside the state on disk', async () => {
    const versions = new Versions('1')
    const bench = await benchWith({})
    const engine = leveldb().stores!.leveldb!
    const stateDir = folder()
    const counted = topology('counted', (builder) => {
      builder
        .stream<string, string>('in', { key: versions.serde, value: versions.serde })
        .groupBy((value) => value, { key: versions.serde, value: versions.serde, name: 'grouped' })
        .reduce((_left, right) => right, { store: 'latest' })
        .toStream()
        .to('out', { key: versions.serde, value: versions.serde })
    })
    await bench.runToEnd(counted, { engine, config: { stateDir } })
    const [context] = versions.opened
    expect(context?.folder).toContain(stateDir)
    expect(context?.applicationId).toBe('counted')
    const places = context!.uses.map(({ topic, part, writes }) => `${part} of ${topic}${writes ? ', written' : ''}`)
    expect(places.filter((place) => place.startsWith('value')).sort()).toEqual([
      'value of counted-grouped-repartition',
      'value of counted-grouped-repartition, written',
      'value of counted-latest-changelog, written',
      'value of in',
      'value of out, written',
    ])
    expect(places.filter((place) => place.startsWith('key'))).toHaveLength(5)
  })

  test('without a folder where the state is in memory; its failure ends the start', async () => {
    const versions = new Versions('1')
    const bench = await benchWith({})
    await bench.runToEnd(copies(versions))
    expect(versions.opened.map(({ folder }) => folder)).toEqual([undefined])
    const refused = { ...versions.serde, open: () => Promise.reject(new Error('no access')) }
    const app = bench.start(copies({ serde: refused } as unknown as Versions))
    expect(await app.failed()).toMatchObject({ message: 'no access' })
  })
})

describe('a serde made of another', () => {
  const hash = Buffer.alloc(16, 7)
  const made: Readonly<Record<string, (inner: Serde<string>) => { readonly serde: Serde<never>; readonly samples: readonly Buffer[] }>> = {
    windowed: (inner) => sampled(timeWindowed(inner, 10), { key: '2', start: 0, end: 10 }),
    session: (inner) => sampled(sessionWindowed(inner), { key: '2', start: 0, end: 10 }),
    changed: (inner) =>
      sampled(changed(inner), { newValue: '2', oldValue: null, isLatest: true }, { newValue: '1', oldValue: '2', isLatest: true }),
    subscription: (inner) => {
      const rest = { instruction: 'tellAlways', primaryKey: '2', primaryPartition: 0 } as const
      return sampled(subscription(inner), { hash, ...rest }, { hash: null, ...rest })
    },
    response: (inner) => {
      const rest = { foreignValue: '2', primaryPartition: 0 }
      return sampled(subscriptionResponse(inner), { hash, ...rest }, { hash: null, ...rest })
    },
  }

  function sampled<T>(serde: Serde<T>, ...values: readonly T[]): { readonly serde: Serde<never>; readonly samples: readonly Buffer[] } {
    return { serde: serde as unknown as Serde<never>, samples: values.map((value) => toBytes(serde, value)) }
  }

  test.each(Object.entries(made))('asks it about its own bytes: %s', async (_name, make) => {
    const inner = new Versions('1')
    const { serde, samples } = make(inner.serde)
    for (const bytes of samples) expect(serde.canRead?.(bytes, 0, bytes.length)).toBe(false)
    expect(serde.open).toBeDefined()
    // What is damaged is left to read.
    for (const bytes of [Buffer.alloc(0), Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 2])])
      expect(() => serde.canRead?.(bytes, 0, bytes.length)).not.toThrow()
    const preparing = samples.map((bytes) => serde.prepare?.(bytes, 0, bytes.length))
    expect(inner.fetched).toEqual(['2'])
    inner.settle('2')
    await Promise.all(preparing)
    for (const bytes of samples) expect(serde.canRead?.(bytes, 0, bytes.length)).toBe(true)
  })

  test('asks nothing if that one never misses anything', () => {
    for (const serde of [timeWindowed(string(), 10), changed(string()), subscription(string())]) expect(serde.canRead).toBeUndefined()
  })
})

test('the test driver says what has to be prepared, and prepares it', async () => {
  const versions = new Versions('1')
  const driver = await TopologyTestDriver.open(copies(versions))
  const key = Buffer.from('k')
  driver.pipe('in', 'k', '1a')
  expect(() => driver.pipeBytes('in', key, Buffer.from('2b'))).toThrow('await driver.prepare(topic, key, value)')
  const preparing = driver.prepare('in', key, Buffer.from('2b'))
  versions.settle('2')
  await preparing
  driver.pipeBytes('in', key, Buffer.from('2b'))
  expect(driver.output('out').map(({ value }) => value)).toEqual(['1A', '2B'])
  await driver.close()
})
