// What operators and stores do that no recording of Kafka Streams covers.

import { expect, test } from 'vitest'
import type { KeyValueStore, Processor, SessionStore, VersionedKeyValueStore, WindowStore } from '../../framework/index.ts'
import { long, type StreamsBuilder, string, topology } from '../../framework/index.ts'
import { TopologyTestDriver } from '../kit/topology-test-driver.ts'

const text = { key: string(), value: string() }

async function driverOf(define: (builder: StreamsBuilder) => void): Promise<TopologyTestDriver> {
  return await TopologyTestDriver.open(topology('app', define))
}

/** A processor that does something with its store for each record. */
function withStore<S>(
  store: string,
  work: (store: S, value: string, key: string) => void,
): () => Processor<string, string, string, string> {
  return () => {
    let opened: S
    return {
      init(context) {
        opened = context.store(store)
      },
      process({ key, value }) {
        work(opened, value, key)
      },
    }
  }
}

test('forEach() sees each record with its key, and passes nothing on', async () => {
  const seen: unknown[] = []
  const driver = await driverOf((builder) => {
    builder.stream('in', text).forEach((value, key) => {
      seen.push([key, value])
    })
  })
  driver.pipe('in', 'a', '1')
  driver.pipe('in', null, null)
  expect(seen).toEqual([
    ['a', '1'],
    [null, null],
  ])
})

test('print() takes a label and a format', async () => {
  const driver = await driverOf((builder) => {
    const input = builder.stream('in', text)
    input.print()
    input.print({ label: 'in', format: (value, key) => `${key} is ${value}` })
  })
  driver.pipe('in', 'a', '1')
  expect(driver.printed).toEqual(['(a,"1")', '[in]: a is 1'])
})

test('the driver reads what is piped into, or written to, a topic that a pattern matches', async () => {
  const driver = await driverOf((builder) => {
    builder.stream(/sensor-.*/, text).to('out', text)
    builder.stream('in', text).to('sensor-c', text)
  })
  driver.pipe('sensor-a', 'k', '1')
  driver.pipe('sensor-b', 'k', '2')
  driver.pipe('in', 'k', '3')
  expect(driver.output('out').map(({ value }) => value)).toEqual(['1', '2', '3'])
  expect(() => driver.pipe('my-sensor-a', 'k', '4')).toThrow(/reads no topic my-sensor-a/)
  await driver.restart()
  driver.pipe('sensor-a', 'k', '5')
  expect(driver.output('out').map(({ value }) => value)).toEqual(['5'])
})

test('a stream can have the time at which its records are taken', async () => {
  const driver = await driverOf((builder) => builder.stream('in', { ...text, timestamp: 'wallClock' }).to('out', text))
  driver.advanceWallClock(70)
  driver.pipe('in', 'k', 'v', { timestamp: 5 })
  expect(driver.output('out')).toMatchObject([{ timestamp: 70 }])
})

test('a transformer opens its stores, sees deletions, and is asked again where its rows are read', async () => {
  const driver = await driverOf((builder) => {
    builder.addStore('seen', { key: string(), value: long() })
    const numbered = builder.table('left', text).transformValues<string>(
      () => {
        let seen: KeyValueStore<string, number>
        return {
          init(context) {
            seen = context.store('seen')
          },
          transform(value, key) {
            const count = (seen.get(key) ?? 0) + 1
            seen.put(key, count)
            return `${value}${count}`
          },
        }
      },
      { stores: ['seen'] },
    )
    numbered.toStream().to('numbered', text)
    numbered
      .join(builder.table('right', text), (left, right) => left + right)
      .toStream()
      .to('joined', text)
  })
  driver.pipe('left', 'k', 'a')
  driver.pipe('left', 'k', null)
  expect(driver.output('numbered').map(({ value }) => value)).toEqual(['a1', 'null2'])
  driver.pipe('right', 'k', 'x')
  // The row was deleted, and what the transformer makes of that is joined.
  expect(driver.output('joined').map(({ value }) => value)).toEqual(['null3x'])
})

test('a transformer that forwards is told that it cannot', async () => {
  const driver = await driverOf((builder) => {
    builder.addStore('s', text)
    const table = builder.table('in', text).transformValues<string>(
      () => {
        let context: object
        return {
          init(given) {
            context = given
          },
          transform() {
            return (context as { forward(): string }).forward()
          },
        }
      },
      { stores: ['s'] },
    )
    table.toStream().to('out', text)
  })
  expect(() => driver.pipe('in', 'k', 'v')).toThrow(/forwards nothing/)
})

test('a read-only store is filled by its processor, read by those it is connected to, and restored from its topic', async () => {
  const driver = await driverOf((builder) => {
    builder.addReadOnlyStore(
      'names',
      'names',
      withStore<KeyValueStore<string, string>>('names', (names, value, key) => names.put(key, value)) as () => Processor<
        string,
        string,
        never,
        never
      >,
      text,
    )
    builder.addSource('source', 'ids', text)
    const lookUp = (): Processor<string, string, string, string> => {
      let find: (id: string) => void
      return {
        init(context) {
          const names = context.store<KeyValueStore<string, string>>('names')
          find = (id) => context.forward({ key: id, value: names.get(id) ?? '?' })
        },
        process: ({ value }) => find(value),
      }
    }
    builder.addProcessor('lookUp', lookUp, ['source'])
    builder.connectStores('lookUp', ['names'])
    builder.addSink('sink', (_value, key) => `to-${key}`, ['lookUp'], text)
  })
  driver.pipe('names', '1', 'Ann')
  driver.pipe('ids', 'x', '1')
  await driver.restart()
  driver.pipe('ids', 'x', '1')
  driver.pipe('ids', 'x', '2')
  const written = (topic: string) => driver.outputBytes(topic).map(({ value }) => String(value))
  expect(written('to-1')).toEqual(['Ann', 'Ann'])
  expect(written('to-2')).toEqual(['?'])
})

test('prefix scans give the entries whose keys begin so, in order, and putAll puts each', async () => {
  const found: unknown[] = []
  const driver = await driverOf((builder) => {
    builder.addStore('s', text)
    const work = withStore<KeyValueStore<string, string>>('s', (store, value) => {
      store.putAll([
        ['a', '1'],
        ['ab', '2'],
        ['b', '3'],
        ['ab\u{10ffff}', '4'],
        ['gone', '5'],
        ['gone', null],
      ])
      found.push([...store.prefixScan(value)].map(([key]) => key))
      found.push([...store.prefixScan(Buffer.from(value), bytesSerde)].map(([, stored]) => stored))
    })
    builder.stream('in', text).process(work, { stores: ['s'] })
  })
  driver.pipe('in', 'k', 'a')
  driver.pipe('in', 'k', 'g')
  driver.pipe('in', 'k', '')
  expect(found).toEqual([['a', 'ab', 'ab\u{10ffff}'], ['1', '2', '4'], [], [], ['a', 'ab', 'ab\u{10ffff}', 'b'], ['1', '2', '4', '3']])
})

test('session stores are walked by keys and by ends, forwards and backwards', async () => {
  const found: Record<string, unknown> = {}
  const driver = await driverOf((builder) => {
    builder.addStore('s', { ...text, type: 'session', retention: '1h' })
    const work = withStore<SessionStore<string, string>>('s', (store) => {
      for (const [key, start, end] of [
        ['a', 0, 5],
        ['a', 10, 20],
        ['b', 3, 15],
        ['c', 30, 40],
      ] as const)
        store.put(key, start, end, `${key}${end}`)
      const values = (entries: Iterable<readonly [unknown, unknown]>) => [...entries].map(([, value]) => value)
      found.keys = values(store.fetchKeys('a', 'b'))
      found.keysBackward = values(store.backwardFetchKeys('a', 'b'))
      found.sessions = values(store.findSessionsOfKeys('a', 'b', 10, 5))
      found.sessionsBackward = values(store.backwardFindSessionsOfKeys(undefined, undefined, 10, 100))
      found.ending = values(store.findSessionsEnding(5, 15))
      found.backwardAll = values(store.backwardAll())
    })
    builder.stream('in', text).process(work, { stores: ['s'] })
  })
  driver.pipe('in', 'k', 'v')
  expect(found).toEqual({
    keys: ['a5', 'a20', 'b15'],
    keysBackward: ['b15', 'a20', 'a5'],
    sessions: ['b15'],
    sessionsBackward: ['c40', 'b15', 'a20'],
    ending: ['a5', 'b15'],
    backwardAll: ['c40', 'b15', 'a20', 'a5'],
  })
})

test('a versioned store tells the history of a key, the latest first, deletions left out', async () => {
  const found: unknown[] = []
  const driver = await driverOf((builder) => {
    builder.addStore('s', { ...text, type: 'versioned', historyRetention: '1h' })
    const work = withStore<VersionedKeyValueStore<string, string>>('s', (store) => {
      store.put('k', 'one', 10)
      store.put('k', null, 20)
      store.put('k', 'three', 30)
      const read = (from?: number, to?: number) => [...store.history('k', from, to)].map(({ value, validTo }) => [value, validTo])
      found.push(read(), read(25), read(15, 25), read(0, 10), read(20, 29))
    })
    builder.stream('in', text).process(work, { stores: ['s'] })
  })
  driver.pipe('in', 'k', 'v')
  const [one, three] = [
    ['one', 20],
    ['three', undefined],
  ]
  expect(found).toEqual([[three, one], [three], [one], [one], []])
})

test('a timestamped window store keeps a timestamp beside each value, through a restart', async () => {
  const found: unknown[] = []
  const driver = await driverOf((builder) => {
    builder.addStore('s', { ...text, type: 'timestampedWindow', retention: '1h', windowSize: '1m' })
    const work = withStore<WindowStore<string, { value: string; timestamp: number }>>('s', (store, value) => {
      found.push(store.fetch('k', 0))
      store.put('k', { value, timestamp: 7 }, 0)
    })
    builder.stream('in', text).process(work, { stores: ['s'] })
  })
  driver.pipe('in', 'k', 'v')
  await driver.restart()
  driver.pipe('in', 'k', 'w')
  expect(found).toEqual([undefined, { value: 'v', timestamp: 7 }])
})

test('an LRU map of the Processor API forgets the key that was used longest ago', async () => {
  let kept: readonly string[] = []
  const driver = await driverOf((builder) => {
    builder.addStore('s', { ...text, entriesMax: 2 })
    const work = withStore<KeyValueStore<string, string>>('s', (store, value, key) => {
      store.put(key, value)
      kept = [...store.all()].map(([one]) => one)
    })
    builder.stream('in', text).process(work, { stores: ['s'] })
  })
  for (const key of ['a', 'b', 'c']) driver.pipe('in', key, 'v')
  expect(kept).toEqual(['b', 'c'])
})

const bytesSerde = {
  name: 'bytes',
  immutable: false,
  read: (bytes: Buffer, start: number, end: number) => bytes.subarray(start, end),
  write(value: Buffer, target: { bytes: Buffer; end: number; reserve(size: number): void }) {
    target.reserve(value.length)
    target.end += value.copy(target.bytes, target.end)
  },
}
