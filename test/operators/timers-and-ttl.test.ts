// What time does to keyed state: entries whose life is over, and timers. By event time everything follows from the records; by the wall clock from the clock that
// the test moves.

import { describe, expect, test } from 'vitest'
import { json, type KStream, list, map, set, string, topology, value } from '../../framework/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }
const named = { name: 'p', key: string() }

async function opened(use: (input: KStream<string, string>) => KStream<string, unknown>): Promise<TopologyTestDriver> {
  return await TopologyTestDriver.open(
    topology('timed', (builder) => {
      use(builder.stream<string, string>('in', { name: 'in', ...text })).to('out', { key: string(), value: json() })
    }),
  )
}

function outputs(driver: TopologyTestDriver): unknown[] {
  return driver
    .output<string, unknown>('out', { key: string(), value: json() })
    .map(({ key, value: result, timestamp }) => [key, result, timestamp])
}

function changes(driver: TopologyTestDriver, store: string): unknown[] {
  return driver
    .outputBytes(`timed-${store}-changelog`)
    .map(({ key, value: bytes, timestamp }) => [key?.toString('latin1'), bytes === null ? null : bytes.length, timestamp])
}

describe('time to live', () => {
  const remembered = (ttl: '16s' | { after: '16s'; by: 'processingTime' }) => (input: KStream<string, string>) =>
    input.processValues(
      {
        state: { last: value<string>({ value: string(), ttl }) },
        process(command, _key, _record, { state }) {
          if (command === 'get') return [state.last.get() ?? null]
          state.last.set(command)
          return []
        },
      },
      named,
    )

  test('by event time an entry is over so long after it was last written, for whichever key time moves, and gets a tombstone', async () => {
    const driver = await opened(remembered('16s'))
    driver.pipe('in', 'a', 'x', { timestamp: 1_000 })
    driver.pipe('in', 'b', 'y', { timestamp: 2_000 })
    driver.pipe('in', 'a', 'get', { timestamp: 16_999 })
    driver.pipe('in', 'a', 'get', { timestamp: 17_000 })
    driver.pipe('in', 'b', 'z', { timestamp: 17_500 })
    driver.pipe('in', 'b', 'get', { timestamp: 33_499 })
    driver.pipe('in', 'b', 'get', { timestamp: 40_000 })
    expect(outputs(driver).map((result) => (result as unknown[])[1])).toEqual(['x', null, 'z', null])
    expect(changes(driver, 'p-last')).toEqual([
      ['a', 1, 1_000],
      ['b', 1, 2_000],
      ['a', null, 17_000],
      ['b', 1, 17_500],
      ['b', null, 40_000],
    ])
  })

  test('what is late lives from the stream time of its writing, so it is not over at once', async () => {
    const driver = await opened(remembered('16s'))
    driver.pipe('in', 'a', 'x', { timestamp: 100_000 })
    driver.pipe('in', 'b', 'late', { timestamp: 1_000 })
    driver.pipe('in', 'b', 'get', { timestamp: 115_000 })
    expect(outputs(driver)).toEqual([['b', 'late', 115_000]])
  })

  test('a restart forgets neither stream time nor what is over', async () => {
    const driver = await opened(remembered('16s'))
    driver.pipe('in', 'a', 'x', { timestamp: 1_000 })
    driver.pipe('in', 'b', 'y', { timestamp: 10_000 })
    await driver.restart()
    driver.pipe('in', 'b', 'get', { timestamp: 5_000 })
    driver.pipe('in', 'c', 'z', { timestamp: 20_000 })
    expect(driver.keyValueStore('p-last').get('a')).toBeUndefined()
    driver.pipe('in', 'b', 'get', { timestamp: 25_999 })
    await driver.restart()
    driver.pipe('in', 'b', 'get', { timestamp: 26_000 })
    expect(outputs(driver).map((result) => (result as unknown[])[1])).toEqual(['y', 'y', null])
  })

  test('by processing time the wall clock ends it, whatever the records say, and no record is needed', async () => {
    const driver = await opened(remembered({ after: '16s', by: 'processingTime' }))
    driver.pipe('in', 'a', 'x', { timestamp: 1 })
    driver.pipe('in', 'a', 'get', { timestamp: 1_000_000 })
    driver.advanceWallClock(15_999)
    driver.pipe('in', 'a', 'get', { timestamp: 1_000_000 })
    driver.advanceWallClock(1)
    driver.pipe('in', 'a', 'get', { timestamp: 1_000_000 })
    expect(outputs(driver).map((result) => (result as unknown[])[1])).toEqual(['x', 'x', null])
    expect(changes(driver, 'p-last').at(-1)).toEqual(['a', null, 16_000])
  })

  test('each element of a list, a map or a set has a life of its own', async () => {
    const driver = await opened((input) =>
      input.processValues(
        {
          state: {
            items: list<string>({ value: string(), ttl: '10s' }),
            byItem: map<string, string>({ key: string(), value: string(), ttl: '10s' }),
            seen: set<string>({ member: string(), ttl: '10s' }),
          },
          process(item, _key, _record, { state: { items, byItem, seen } }) {
            items.append(item)
            byItem.set(item, item)
            seen.add(item)
            return [[[...items], [...byItem.keys()], [...seen]]]
          },
        },
        named,
      ),
    )
    for (const [item, timestamp] of [
      ['x', 0],
      ['y', 5_000],
      ['x', 6_000],
      ['z', 12_000],
      ['x', 15_999],
    ] as const)
      driver.pipe('in', 'k', item, { timestamp })
    expect(outputs(driver).map((result) => (result as unknown[])[1])).toEqual([
      [['x'], ['x'], ['x']],
      [
        ['x', 'y'],
        ['x', 'y'],
        ['x', 'y'],
      ],
      [
        ['x', 'y', 'x'],
        ['x', 'y'],
        ['x', 'y'],
      ],
      [
        ['y', 'x', 'z'],
        ['x', 'y', 'z'],
        ['x', 'y', 'z'],
      ],
      [
        ['x', 'z', 'x'],
        ['x', 'z'],
        ['x', 'z'],
      ],
    ])
    // Two that are over, of the list; of map and set only y is: x was written again.
    const tombstones = (store: string): number => changes(driver, store).filter((change) => (change as unknown[])[1] === null).length
    expect([tombstones('p-items'), tombstones('p-byItem'), tombstones('p-seen')]).toEqual([2, 1, 1])
  })
})

describe('timers', () => {
  const alarmed = (input: KStream<string, string>) =>
    input.processValues(
      {
        timers: { alarm: 'eventTime', reminder: 'eventTime', clock: 'processingTime' },
        process(command, _key, { timestamp }, { timers, wallClock }) {
          const [timer = '', how, after] = command.split(' ')
          const one = timer === 'clock' ? timers.clock : timer === 'alarm' ? timers.alarm : timers.reminder
          const time = (timer === 'clock' ? wallClock : timestamp) + Number(after)
          if (how === 'set') one.set(time)
          else if (how === 'add') one.add(time)
          else if (how === 'clear') one.clear()
          return timer === '' ? [] : [command]
        },
        onTimer: ({ name, time }, key) => [`${name} of ${key} at ${time}`],
      },
      named,
    )

  test('by event time they fire before the record that moves time to them, in their order, each at its own time', async () => {
    const driver = await opened(alarmed)
    driver.pipe('in', 'a', 'alarm set 30', { timestamp: 0 })
    driver.pipe('in', 'b', 'alarm set 10', { timestamp: 10 })
    driver.pipe('in', 'a', 'reminder set 10', { timestamp: 10 })
    driver.pipe('in', 'c', 'x', { timestamp: 19 })
    driver.pipe('in', 'c', 'y', { timestamp: 40 })
    driver.pipe('in', 'c', 'z', { timestamp: 90 })
    expect(outputs(driver)).toEqual([
      ['a', 'alarm set 30', 0],
      ['b', 'alarm set 10', 10],
      ['a', 'reminder set 10', 10],
      ['c', 'x', 19],
      ['a', 'reminder of a at 20', 20],
      ['b', 'alarm of b at 20', 20],
      ['a', 'alarm of a at 30', 30],
      ['c', 'y', 40],
      ['c', 'z', 90],
    ])
  })

  test('one for a time that has passed fires behind the record that has set it', async () => {
    const driver = await opened(alarmed)
    driver.pipe('in', 'a', '', { timestamp: 100 })
    driver.pipe('in', 'b', 'alarm set 10', { timestamp: 50 })
    driver.pipe('in', 'a', 'x', { timestamp: 100 })
    expect(outputs(driver)).toEqual([
      ['b', 'alarm set 10', 50],
      ['b', 'alarm of b at 60', 60],
      ['a', 'x', 100],
    ])
  })

  test('one that is set again moves, one that is added comes besides, and clearing takes out all', async () => {
    const driver = await opened(alarmed)
    driver.pipe('in', 'a', 'alarm set 10', { timestamp: 0 })
    driver.pipe('in', 'a', 'alarm set 50', { timestamp: 0 })
    driver.pipe('in', 'a', 'reminder add 20', { timestamp: 0 })
    driver.pipe('in', 'a', 'reminder add 30', { timestamp: 0 })
    driver.pipe('in', 'a', 'reminder add 30', { timestamp: 0 })
    driver.pipe('in', 'b', 'reminder add 30', { timestamp: 0 })
    driver.pipe('in', 'b', 'reminder set 30', { timestamp: 0 })
    driver.pipe('in', 'b', 'alarm add 30', { timestamp: 0 })
    driver.pipe('in', 'b', 'reminder clear', { timestamp: 0 })
    outputs(driver)
    driver.pipe('in', 'c', '', { timestamp: 100 })
    expect(outputs(driver)).toEqual([
      ['a', 'reminder of a at 20', 20],
      ['a', 'reminder of a at 30', 30],
      ['b', 'alarm of b at 30', 30],
      ['a', 'alarm of a at 50', 50],
    ])
  })

  test('each is one record of the changelog when it is set, and a tombstone when it fires', async () => {
    const driver = await opened(alarmed)
    driver.pipe('in', 'a', 'alarm set 10', { timestamp: 5 })
    driver.pipe('in', 'a', 'reminder add 10', { timestamp: 5 })
    driver.pipe('in', 'b', '', { timestamp: 15 })
    expect(changes(driver, 'p-timers')).toEqual([
      ['\0\0\0\x01aalarm', 8, 5],
      ['\0\0\0\x01areminder@15', 8, 5],
      ['\0\0\0\x01aalarm', null, 15],
      ['\0\0\0\x01areminder@15', null, 15],
    ])
  })

  test('they outlive a restart, and fire once', async () => {
    const driver = await opened(alarmed)
    driver.pipe('in', 'a', 'alarm set 10', { timestamp: 0 })
    driver.pipe('in', 'a', 'clock set 1000', { timestamp: 0 })
    await driver.restart()
    driver.pipe('in', 'b', '', { timestamp: 10 })
    driver.advanceWallClock(1_000)
    await driver.restart()
    driver.pipe('in', 'b', '', { timestamp: 50 })
    driver.advanceWallClock(5_000)
    expect(outputs(driver).slice(2)).toEqual([
      ['a', 'alarm of a at 10', 10],
      ['a', 'clock of a at 1000', 10],
    ])
  })

  test('by processing time they fire without a record, in their order, and what they send has stream time', async () => {
    const driver = await opened(alarmed)
    driver.pipe('in', 'a', 'clock set 2000', { timestamp: 7 })
    driver.pipe('in', 'b', 'clock add 1000', { timestamp: 5 })
    driver.pipe('in', 'b', 'clock add 1500', { timestamp: 5 })
    outputs(driver)
    driver.advanceWallClock(999)
    expect(outputs(driver)).toEqual([])
    driver.advanceWallClock(1)
    expect(outputs(driver)).toEqual([['b', 'clock of b at 1000', 7]])
    driver.advanceWallClock(60_000)
    expect(outputs(driver)).toEqual([
      ['b', 'clock of b at 1500', 7],
      ['a', 'clock of a at 2000', 7],
    ])
  })

  test('thousands of them fire in order, though more are set while they do', async () => {
    const fired: number[] = []
    const driver = await opened((input) =>
      input.processValues(
        {
          timers: { tick: 'eventTime' },
          process(command, _key, _record, { timers }) {
            if (command === 'many') for (let index = 0; index < 1_500; index++) timers.tick.add((index * 7_919) % 3_001)
            return []
          },
          onTimer({ time }, _key, { timers }) {
            fired.push(time)
            if (time % 1_000 === 0 && time < 10_000) timers.tick.add(time + 1_500)
            if (time === 2_000) timers.tick.add(2_001)
            return []
          },
        },
        named,
      ),
    )
    driver.pipe('in', 'k', 'many', { timestamp: 0 })
    await driver.restart()
    driver.pipe('in', 'k', '', { timestamp: 1_500 })
    driver.pipe('in', 'k', '', { timestamp: 20_000 })
    expect(fired).toEqual([...fired].sort((left, right) => left - right))
    expect(fired).toHaveLength(new Set(fired).size)
    const set = Array.from({ length: 1_500 }, (_, index) => (index * 7_919) % 3_001)
    expect(new Set(fired)).toEqual(new Set([...set, 1_500, 3_500]))
  })

  test('one that throws is told with its node, and those behind it fire when the policy is to go on', async () => {
    const failing = (input: KStream<string, string>) =>
      input.processValues(
        {
          timers: { alarm: 'eventTime' },
          process(_command, _key, { timestamp }, { timers }) {
            timers.alarm.set(timestamp + 10)
            return []
          },
          onTimer(_timer, key) {
            if (key === 'a') throw new Error('no alarm for a')
            return [key]
          },
        },
        named,
      )
    const definition = topology('timed', (builder) => {
      failing(builder.stream<string, string>('in', { name: 'in', ...text })).to('out', { key: string(), value: json() })
    })
    const strict = await TopologyTestDriver.open(definition)
    strict.pipe('in', 'a', '', { timestamp: 0 })
    expect(() => strict.pipe('in', 'c', '', { timestamp: 10 })).toThrow(/p.*no alarm for a/s)
    const lenient = await TopologyTestDriver.open(definition, { settings: { processingExceptionHandler: 'continue' } })
    lenient.pipe('in', 'a', '', { timestamp: 0 })
    lenient.pipe('in', 'b', '', { timestamp: 0 })
    lenient.pipe('in', 'c', '', { timestamp: 10 })
    expect(outputs(lenient)).toEqual([['b', 'b', 10]])
    expect(lenient.dropped.count('callback-failed')).toBe(1)
  })

  test('at the end of a bounded input those by event time fire, up to the last that was set before', async () => {
    const definition = topology('bounded', (builder) => {
      builder
        .fromElements<string, string>(
          [
            ['a', '', 0],
            ['b', '', 100],
          ],
          { name: 'in', ...text },
        )
        .processValues(
          {
            timers: { tick: 'eventTime' },
            process(_value, _key, { timestamp }, { timers }) {
              timers.tick.set(timestamp + 150)
              return []
            },
            onTimer({ time }, _key, { timers }) {
              timers.tick.set(time + 60)
              return [time]
            },
          },
          named,
        )
        .to('out', { key: string(), value: json() })
    })
    const driver = await TopologyTestDriver.open(definition)
    expect(outputs(driver)).toEqual([
      ['a', 150, 150],
      ['a', 210, 210],
      ['b', 250, 250],
    ])
  })

  test.each(['-1', '0.5', 'soon'])('the time %s is none, and refused', async (time) => {
    const driver = await opened((input) =>
      input.processValues(
        {
          timers: { alarm: 'eventTime' },
          process(command, _key, _record, { timers }) {
            timers.alarm.set(Number(command))
            return []
          },
          onTimer: () => [],
        },
        named,
      ),
    )
    expect(() => driver.pipe('in', 'a', time)).toThrow('a timer fires at a whole number of milliseconds since 1970')
  })
})
