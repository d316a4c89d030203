// What each kind of state costs: how many records of how many bytes a change writes to the changelog, and how often it asks the store below, which is a disk in production.

import { expect, test } from 'vitest'
import {
  aggregating,
  count,
  type KStream,
  list,
  long,
  map,
  reducing,
  set,
  string,
  topology,
  tumbling,
  tumblingCount,
  value,
} from '../../framework/index.ts'
import type { ByteStore, StateEngine, StateFolder } from '../../framework/ports/store.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }
const named = { name: 'p', key: string() } as const

/** Counts what is asked of the engine. */
class CountedReads {
  gets = 0
  ranges = 0

  around(engine: StateEngine): StateEngine {
    return {
      name: engine.name,
      supports: engine.supports,
      open: async (folder) => this.aroundFolder(await engine.open(folder)),
      setAside: (folder) => engine.setAside(folder),
    }
  }

  private aroundFolder(folder: StateFolder): StateFolder {
    return {
      store: (name) => this.aroundStore(folder.store(name)),
      positions: () => folder.positions(),
      write: (batch) => folder.write(batch),
      clear: (store, range) => folder.clear(store, range),
      close: () => folder.close(),
    }
  }

  private aroundStore(store: ByteStore): ByteStore {
    return {
      get: (key) => {
        this.gets++
        return store.get(key)
      },
      range: (options) => {
        this.ranges++
        return store.range(options)
      },
    }
  }
}

interface Cost {
  /** Of each record, in bytes: key and value; null is a tombstone. */
  readonly writes: readonly (readonly [key: number, value: number | null])[]
  readonly gets: number
  readonly ranges: number
}

/** What the last record costs, behind a restart: nothing of the state is at hand then but what lies in its folder. */
async function costOf(
  build: (input: KStream<string, string>) => unknown,
  store: string,
  before: readonly (readonly [value: string, timestamp: number])[],
  last: readonly [value: string, timestamp: number],
): Promise<Cost> {
  const reads = new CountedReads()
  const engine = reads.around(memory().stores!.memory!)
  const definition = topology('costs', (builder) => {
    build(builder.stream<string, string>('in', { name: 'in', ...text }))
  })
  const driver = await TopologyTestDriver.open(definition, { state: { engine, folder: 'none' } })
  for (const [one, timestamp] of before) driver.pipe('in', 'key', one, { timestamp })
  await driver.restart()
  const written = driver.outputBytes(`costs-${store}-changelog`).length
  const [gets, ranges] = [reads.gets, reads.ranges]
  driver.pipe('in', 'key', last[0], { timestamp: last[1] })
  const writes = driver.outputBytes(`costs-${store}-changelog`).slice(written)
  const cost = {
    writes: writes.map(({ key, value: bytes }) => [key!.length, bytes?.length ?? null] as const),
    gets: reads.gets - gets,
    ranges: reads.ranges - ranges,
  }
  await driver.close()
  return cost
}

const many = Array.from({ length: 50 }, (_, index) => [`entry-${10 + index}`, index] as const)
const nothing = (): never[] => []

// The key is `key`, 3 bytes; an entry of it is behind its length, 4 bytes: 7 in all, and then the number of an element (8 bytes) or the key of an entry.

test('a value: one read, one record', async () => {
  const build = (input: KStream<string, string>) =>
    input.processValues(
      {
        state: { last: value<string>({ value: string() }) },
        process(one, _key, _record, { state }) {
          state.last.update((before = '') => (one > before ? one : before))
          return nothing()
        },
      },
      named,
    )
  expect(await costOf(build, 'p-last', many, ['entry-99', 60])).toEqual({ writes: [[3, 8]], gets: 1, ranges: 0 })
})

test('a list: to append to fifty elements reads nothing, and writes the new one', async () => {
  const build = (input: KStream<string, string>) =>
    input.processValues(
      {
        state: { items: list<string>({ value: string() }) },
        process(one, _key, _record, { state }) {
          if (one === 'shift') state.items.shift()
          else state.items.append(one)
          return nothing()
        },
      },
      named,
    )
  expect(await costOf(build, 'p-items', many, ['entry-99', 60])).toEqual({ writes: [[15, 8]], gets: 0, ranges: 0 })
  expect(await costOf(build, 'p-items', many, ['shift', 60])).toEqual({ writes: [[15, null]], gets: 0, ranges: 1 })
})

test('a map: to set one of fifty entries reads nothing, and writes that one; to read one is one read', async () => {
  const build = (input: KStream<string, string>) =>
    input.processValues(
      {
        state: { pieces: map<string, number>({ key: string(), value: long() }) },
        process(one, _key, { timestamp }, { state }) {
          if (one === 'get') state.pieces.get('entry-20')
          else if (one === 'delete') state.pieces.delete('entry-20')
          else if (one === 'clear') state.pieces.clear()
          else state.pieces.set(one, timestamp)
          return nothing()
        },
      },
      named,
    )
  expect(await costOf(build, 'p-pieces', many, ['entry-20', 60])).toEqual({ writes: [[15, 8]], gets: 0, ranges: 0 })
  expect(await costOf(build, 'p-pieces', many, ['get', 60])).toEqual({ writes: [], gets: 1, ranges: 0 })
  expect(await costOf(build, 'p-pieces', many, ['delete', 60])).toEqual({ writes: [[15, null]], gets: 1, ranges: 0 })
  expect(await costOf(build, 'p-pieces', many, ['clear', 60])).toEqual({ writes: many.map(() => [15, null]), gets: 0, ranges: 1 })
})

test('a set: to add reads one member and writes it, without a value; to add it again writes nothing', async () => {
  const build = (input: KStream<string, string>) =>
    input.processValues(
      {
        state: { seen: set<string>({ member: string() }) },
        process(one, _key, _record, { state }) {
          state.seen.add(one)
          return nothing()
        },
      },
      named,
    )
  expect(await costOf(build, 'p-seen', many, ['entry-99', 60])).toEqual({ writes: [[15, 0]], gets: 1, ranges: 0 })
  expect(await costOf(build, 'p-seen', many, ['entry-20', 60])).toEqual({ writes: [], gets: 1, ranges: 0 })
})

test('reducing and aggregating states: one read, one record, however much was added', async () => {
  const reduced = (input: KStream<string, string>) =>
    input.processValues(
      {
        state: { longest: reducing<string>((left, right) => (right.length > left.length ? right : left), { value: string() }) },
        process(one, _key, _record, { state }) {
          state.longest.add(one)
          return nothing()
        },
      },
      named,
    )
  expect(await costOf(reduced, 'p-longest', many, ['longer-99', 60])).toEqual({ writes: [[3, 9]], gets: 1, ranges: 0 })
  const aggregated = (input: KStream<string, string>) =>
    input.processValues(
      {
        state: { stats: aggregating({ entries: count() }) },
        process(one, _key, _record, { state }) {
          state.stats.add(one)
          return nothing()
        },
      },
      named,
    )
  // `[51]`, as JSON.
  expect(await costOf(aggregated, 'p-stats', many, ['entry-99', 60])).toEqual({ writes: [[3, 4]], gets: 1, ranges: 0 })
})

test('a time to live: what is over gets a tombstone each, and no more; to append still reads nothing of the list', async () => {
  const build = (input: KStream<string, string>) =>
    input.processValues(
      {
        state: { items: list<string>({ value: string(), ttl: 55 }) },
        process(one, _key, _record, { state }) {
          state.items.append(one)
          return nothing()
        },
      },
      named,
    )
  // Written at 0, 1, … 49. Rows that are over are removed together, each by a 16th of its time late at most (3 here): at 58 those of 0 to 2.
  const { writes } = await costOf(build, 'p-items', many, ['entry-99', 58])
  expect(writes).toEqual([
    [15, null],
    [15, null],
    [15, null],
    [15, 8],
  ])
  expect(await costOf(build, 'p-items', many, ['entry-99', 50])).toMatchObject({ writes: [[15, 8]], gets: 0 })
})

test('timers: one record when it is set, and a tombstone when it fires', async () => {
  const build = (input: KStream<string, string>) =>
    input.processValues(
      {
        timers: { alarm: 'eventTime' },
        process(one, _key, { timestamp }, { timers }) {
          if (one === 'set') timers.alarm.set(timestamp + 100)
          return nothing()
        },
        onTimer: nothing,
      },
      named,
    )
  const set = await costOf(build, 'p-timers', [['x', 0]], ['set', 0])
  expect(set.writes).toHaveLength(1)
  expect(set.writes[0]![1]).toBe(8)
  const fired = await costOf(build, 'p-timers', [['set', 0]], ['x', 100])
  expect(fired.writes).toEqual([[set.writes[0]![0], null]])
})

test('a deduplication, a rate limit and a sample write one record for one that goes through, and none for one that does not', async () => {
  const distinct = (input: KStream<string, string>) => input.distinctBy((one) => one, { within: '1h', id: string(), ...named })
  expect((await costOf(distinct, 'p-seen', many, ['entry-99', 60])).writes).toEqual([[15, 0]])
  expect(await costOf(distinct, 'p-seen', many, ['entry-20', 60])).toMatchObject({ writes: [], gets: 1 })
  const throttled = (input: KStream<string, string>) => input.throttle(51, { per: '1h', ...named })
  // The range is the first look at what is due, after the restart.
  const passed = [[3, '{"since":0,"records":51}'.length]]
  expect(await costOf(throttled, 'p-passed', many, ['x', 60])).toEqual({ writes: passed, gets: 1, ranges: 1 })
  expect((await costOf(throttled, 'p-passed', [...many, ['x', 50]], ['x', 60])).writes).toEqual([])
})

test('windows: each record writes the windows that it is in, and what the clock decides is one small row', async () => {
  const counts = (input: KStream<string, string>) => input.groupByKey(text).windowedBy(tumbling(100)).count({ store: 'w' })
  // Key, start and a number; timestamps are those of the records.
  expect(await costOf(counts, 'w', many, ['x', 60])).toEqual({ writes: [[3 + 8 + 4, 8]], gets: 1, ranges: 0 })
  const threes = (input: KStream<string, string>) => input.groupByKey(text).windowedBy(tumblingCount(100)).count({ store: 'w' })
  const { writes, gets, ranges } = await costOf(threes, 'w', many, ['x', 60])
  expect([writes.length, writes[0]![0], gets, ranges]).toEqual([1, 3, 1, 0])
  expect(writes[0]![1]).toBeLessThan(60)
})
