// State and timers by key, as processors see them: each kind of state, over restarts, with what it writes to its changelog.

import { describe, expect, test } from 'vitest'
import { describe as describeTopology } from '../../framework/graph/describe.ts'
import { manifestOf } from '../../framework/graph/manifest.ts'
import {
  aggregating,
  broadcast,
  count,
  json,
  type KStream,
  list,
  long,
  map,
  max,
  reducing,
  serdeFormats,
  serdeFromManifest,
  set,
  string,
  topology,
  value,
} from '../../framework/index.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { entryKey } from '../../framework/serdes/entry.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }

/** A topology of one processor: strings in, JSON out. */
function processing(use: (input: KStream<string, string>) => KStream<string, unknown>) {
  return topology('state', (builder) => {
    use(builder.stream<string, string>('in', { name: 'in', ...text })).to('out', { key: string(), value: json() })
  })
}

async function opened(use: (input: KStream<string, string>) => KStream<string, unknown>): Promise<TopologyTestDriver> {
  return await TopologyTestDriver.open(processing(use))
}

function results(driver: TopologyTestDriver): unknown[] {
  return driver.output<string, unknown>('out', { key: string(), value: json() }).map(({ key, value: result }) => [key, result])
}

/** What was written to a changelog: keys as text, values as text, tombstones as null. */
function changes(driver: TopologyTestDriver, store: string): unknown[] {
  return driver.outputBytes(`state-${store}-changelog`).map(({ key, value: bytes }) => [key?.toString('latin1'), bytes?.toString() ?? null])
}

const named = { name: 'p', key: string() }

describe('a value', () => {
  const counted = (input: KStream<string, string>) =>
    input.processValues(
      {
        state: { count: value<number>({ value: json() }) },
        process(command, _key, _record, { state }) {
          if (command === 'clear') state.count.clear()
          else if (command === 'get') return [state.count.get() ?? null]
          else return [state.count.update((before = 0) => before + 1)]
          return []
        },
      },
      named,
    )

  test('is one for each key, over a restart too, and each change is one record of the changelog', async () => {
    const driver = await opened(counted)
    driver.pipe('in', 'a', '')
    driver.pipe('in', 'b', '')
    driver.pipe('in', 'a', '')
    await driver.restart()
    for (const command of ['', 'clear', 'get']) driver.pipe('in', 'a', command)
    driver.pipe('in', 'b', 'get')
    expect(results(driver)).toEqual([
      ['a', 1],
      ['b', 1],
      ['a', 2],
      ['a', 3],
      ['a', null],
      ['b', 1],
    ])
    expect(changes(driver, 'p-count')).toEqual([
      ['a', '1'],
      ['b', '1'],
      ['a', '2'],
      ['a', '3'],
      ['a', null],
    ])
    expect(driver.keyValueStore<string, number>('p-count').get('b')).toBe(1)
  })

  test('records without a key are dropped and counted', async () => {
    const driver = await opened(counted)
    driver.pipe('in', null, '')
    expect(results(driver)).toEqual([])
    expect(driver.dropped.count('null-key')).toBe(1)
  })
})

describe('a list', () => {
  const listed = (input: KStream<string, string>) =>
    input.processValues(
      {
        state: { items: list<string>({ value: string() }) },
        process(command, _key, _record, { state }): unknown[] {
          if (command === 'all') return [[...state.items]]
          if (command === 'shift') return [state.items.shift() ?? null]
          if (command === 'clear') state.items.clear()
          else state.items.append(...command.split(' '))
          return []
        },
      },
      named,
    )

  test('keeps the order of appending for each key, and an append writes one entry', async () => {
    const driver = await opened(listed)
    driver.pipe('in', 'a', 'x y')
    driver.pipe('in', 'aa', 'other')
    await driver.restart()
    driver.pipe('in', 'a', 'z')
    driver.pipe('in', 'a', 'all')
    for (const command of ['shift', 'all', 'clear', 'all', 'shift']) driver.pipe('in', 'a', command)
    driver.pipe('in', 'aa', 'all')
    expect(results(driver)).toEqual([
      ['a', ['x', 'y', 'z']],
      ['a', 'x'],
      ['a', ['y', 'z']],
      ['a', []],
      ['a', null],
      ['aa', ['other']],
    ])
    expect(changes(driver, 'p-items')).toEqual([
      ['\0\0\0\x01a\0\0\0\0\0\0\0\x01', 'x'],
      ['\0\0\0\x01a\0\0\0\0\0\0\0\x02', 'y'],
      ['\0\0\0\x02aa\0\0\0\0\0\0\0\x03', 'other'],
      ['\0\0\0\x01a\0\0\0\0\0\0\0\x04', 'z'],
      ['\0\0\0\x01a\0\0\0\0\0\0\0\x01', null],
      ['\0\0\0\x01a\0\0\0\0\0\0\0\x02', null],
      ['\0\0\0\x01a\0\0\0\0\0\0\0\x04', null],
    ])
  })
})

describe('a map', () => {
  const mapped = (input: KStream<string, string>) =>
    input.processValues(
      {
        state: { pages: map<string, number>({ key: string(), value: long() }) },
        process(command, _key, _record, { state: { pages } }): unknown[] {
          if (command === 'all') return [[...pages]]
          if (command === 'keys') return [[[...pages.keys()], [...pages.values()], [...pages.entries()]]]
          if (command === 'clear') pages.clear()
          else if (command.startsWith('-')) return [pages.delete(command.slice(1)), pages.has(command.slice(1))]
          else pages.set(command, (pages.get(command) ?? 0) + 1)
          return []
        },
      },
      named,
    )

  test('has entries by key, and a change of one writes one', async () => {
    const driver = await opened(mapped)
    for (const page of ['home', 'shop', 'home', 'a']) driver.pipe('in', 'u', page)
    driver.pipe('in', 'v', 'shop')
    await driver.restart()
    for (const command of ['home', 'all', '-shop', '-shop', 'keys', 'clear', 'all']) driver.pipe('in', 'u', command)
    driver.pipe('in', 'v', 'all')
    expect(results(driver)).toEqual([
      [
        'u',
        [
          ['a', 1],
          ['home', 3],
          ['shop', 1],
        ],
      ],
      ['u', true],
      ['u', false],
      ['u', false],
      ['u', false],
      [
        'u',
        [
          ['a', 'home'],
          [1, 3],
          [
            ['a', 1],
            ['home', 3],
          ],
        ],
      ],
      ['u', []],
      ['v', [['shop', 1]]],
    ])
    const sizes = driver.outputBytes('state-p-pages-changelog').map(({ key, value: bytes }) => [key?.length, bytes?.length])
    expect(sizes).toEqual([
      [9, 8],
      [9, 8],
      [9, 8],
      [6, 8],
      [9, 8],
      [9, 8],
      [9, undefined],
      [6, undefined],
      [9, undefined],
    ])
  })
})

describe('a set', () => {
  test('says whether a member is new, and writes nothing for one that is not', async () => {
    const driver = await opened((input) =>
      input.processValues(
        {
          state: { seen: set<string>({ member: string() }) },
          process(command, _key, _record, { state: { seen } }): unknown[] {
            if (command === 'all') return [[...seen]]
            if (command.startsWith('-')) return [seen.delete(command.slice(1))]
            return [seen.add(command)]
          },
        },
        named,
      ),
    )
    for (const member of ['x', 'y', 'x']) driver.pipe('in', 'a', member)
    await driver.restart()
    for (const command of ['x', 'all', '-x', '-x', 'x']) driver.pipe('in', 'a', command)
    driver.pipe('in', 'b', 'x')
    expect(results(driver).map((result) => (result as unknown[])[1])).toEqual([
      true,
      true,
      false,
      false,
      ['x', 'y'],
      true,
      false,
      true,
      true,
    ])
    // No bytes are not null: a member has no value, and is there.
    expect(changes(driver, 'p-seen')).toEqual([
      ['\0\0\0\x01ax', ''],
      ['\0\0\0\x01ay', ''],
      ['\0\0\0\x01ax', null],
      ['\0\0\0\x01ax', ''],
      ['\0\0\0\x01bx', ''],
    ])
  })
})

test('reducing and aggregating states fold what is added, in one value of their store', async () => {
  const driver = await opened((input) =>
    input.processValues(
      {
        state: {
          longest: reducing<string>((left, right) => (right.length > left.length ? right : left), { value: string() }),
          stats: aggregating({ words: count(), last: max((word: string) => word) }),
          sum: aggregating(
            () => 0,
            (sum: number, word: string) => sum + word.length,
            { value: long() },
          ),
        },
        process(word, _key, _record, { state }) {
          if (word === 'clear') for (const cell of [state.longest, state.stats, state.sum]) cell.clear()
          else for (const cell of [state.longest, state.stats, state.sum]) cell.add(word)
          return [[state.longest.get() ?? null, state.stats.get() ?? null, state.sum.get() ?? null]]
        },
      },
      named,
    ),
  )
  driver.pipe('in', 'k', 'to')
  await driver.restart()
  for (const word of ['tee', 'a', 'clear']) driver.pipe('in', 'k', word)
  expect(results(driver).map((result) => (result as unknown[])[1])).toEqual([
    ['to', { words: 1, last: 'to' }, 2],
    ['tee', { words: 2, last: 'to' }, 5],
    ['tee', { words: 3, last: 'to' }, 6],
    [null, null, null],
  ])
  expect(changes(driver, 'p-longest')).toHaveLength(4)
})

test('broadcast state is a global table, read by any key and walked', async () => {
  const definition = topology('state', (builder) => {
    const rules = builder.globalTable<string, string>('rules', { name: 'rules', ...text })
    builder
      .stream<string, string>('in', { name: 'in', ...text })
      .processValues(
        {
          state: { rules: broadcast(rules) },
          process: (command, _key, _record, { state }) => [command === 'all' ? [...state.rules] : (state.rules.get(command) ?? null)],
        },
        named,
      )
      .to('out', { key: string(), value: json() })
  })
  const driver = await TopologyTestDriver.open(definition)
  driver.pipe('rules', 'r1', 'allow')
  driver.pipe('rules', 'r2', 'deny')
  for (const command of ['r2', 'r3', 'all']) driver.pipe('in', 'k', command)
  driver.pipe('rules', 'r1', null)
  driver.pipe('in', 'k', 'all')
  expect(results(driver).map((result) => (result as unknown[])[1])).toEqual([
    'deny',
    null,
    [
      ['r1', 'allow'],
      ['r2', 'deny'],
    ],
    [['r2', 'deny']],
  ])
})

describe('process() with state', () => {
  test('gives pairs with keys of their own and timestamps if they say so; a key that changed before is repartitioned first', async () => {
    const definition = topology('state', (builder) => {
      const moves = builder
        .stream<string, string>('in', { name: 'in', ...text })
        .selectKey((room) => room, { name: 'by-room' })
        .process(
          {
            state: { visits: value<number>({ value: json() }) },
            *process(room, key, record, { state }) {
              yield [key, state.visits.update((before = 0) => before + 1)]
              yield [`${room}-${record.key}`, -1, 7]
            },
          },
          { name: 'p', ...text },
        )
      moves.to('out', { key: string(), value: json() })
    })
    const driver = await TopologyTestDriver.open(definition)
    driver.pipe('in', 'x', 'hall', { timestamp: 50 })
    driver.pipe('in', 'y', 'hall', { timestamp: 60 })
    expect(
      driver.output('out', { key: string(), value: json() }).map(({ key, value: result, timestamp }) => [key, result, timestamp]),
    ).toEqual([
      ['hall', 1, 50],
      ['hall-hall', -1, 7],
      ['hall', 2, 60],
      ['hall-hall', -1, 7],
    ])
    const manifest = manifestOf(driver.topology)
    expect(manifest.repartitionTopics.map(({ name }) => name)).toEqual(['p-repartition'])
    expect(manifest.nodes.find(({ name }) => name === 'p')?.operator).toEqual({
      kind: 'keyedProcess',
      method: 'process',
      state: { visits: 'value' },
    })
    expect(describeTopology(driver.topology)).toContain('Processor: p (stores: [p-visits])')
  })

  test('state outside of a call is refused with what to do', async () => {
    let leaked: { get(): unknown } | undefined
    const driver = await opened((input) =>
      input.processValues(
        {
          state: { last: value<string>({ value: string() }) },
          process(_value, _key, _record, { state }) {
            leaked = state.last
            return []
          },
        },
        named,
      ),
    )
    driver.pipe('in', 'a', 'b')
    expect(() => leaked?.get()).toThrow('p has a key only while a record or a timer is processed')
  })

  test('what is wrong with a definition is said when the topology is built', () => {
    const build = (use: (input: KStream<string, string>) => void) => () =>
      topology('state', (builder) => use(builder.stream<string, string>('in', { name: 'in', ...text }))).build()
    expect(build((input) => input.processValues({ timers: { alarm: 'eventTime' }, process: () => [] }, named))).toThrow(
      'it has timers and no onTimer()',
    )
    expect(build((input) => input.processValues({ process: () => [], onTimer: () => [] }, named))).toThrow('it has onTimer() and no timers')
    expect(build((input) => input.processValues({ state: { a: value<number>() }, process: () => [] }, named))).toThrow(
      'p-a: there is no serde for its values',
    )
    expect(
      build((input) => input.processValues({ state: { a: set<string>({ member: string(), ttl: 0 }) }, process: () => [] }, named)),
    ).toThrow('is over at once')
  })
})

test('what a serde of entries writes it reads, and refuses what is no entry', () => {
  const serde = entryKey(string(), long())
  const bytes = toBytes(serde, ['ä', 7])
  expect(bytes.toString('hex')).toBe('00000002c3a40000000000000007')
  expect(serde.read(bytes, 0, bytes.length)).toEqual(['ä', 7])
  const fromName = serdeFromManifest("entry(string('a, (b'), entry(string, long))", {}, serdeFormats().serdes)
  expect(fromName.name).toBe("entry(string('a, (b'), entry(string, long))")
  const nested = toBytes(fromName, ['x', ['y', 7]])
  expect(fromName.read(nested, 0, nested.length)).toEqual(['x', ['y', 7]])
  expect(() => serde.read(bytes, 0, 3)).toThrow('at least 4 bytes')
  expect(() => serde.read(Buffer.from('000000ff61', 'hex'), 0, 5)).toThrow('the bytes end within the key of an entry')
})
