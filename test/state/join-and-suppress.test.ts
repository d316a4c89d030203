// Stores whose changelogs have formats of Kafka Streams' own. The bytes are those that Kafka Streams 4.3.1 wrote (conformance vectors stream-stream-joins/left
// and suppress/until-window-closes).

import { expect, test } from 'vitest'
import { noHeaders } from '../../framework/ports/record.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { engineOf } from '../contract/state-engine.ts'
import { temporaryFolders } from '../store-leveldb/temporary-folders.ts'
import type { RecordedChangelog } from './recorded-changelog.ts'
import { memoryEngine, StateUnderTest, storeSpec } from './state-under-test.ts'

const newFolder = temporaryFolders()
const engines = [memoryEngine, engineOf(leveldb(), 'leveldb')]
const at = (timestamp: number) => ({ timestamp, headers: noHeaders })

function hexOf({ records }: RecordedChangelog): (string | number)[][] {
  return records.map(({ key, value, timestamp }) => [key?.toString('hex') ?? 'null', value?.toString('hex') ?? 'null', timestamp])
}

test.each(engines)(
  'a join keeps every record of a key, in the order of time, then of arrival, also over a restart ($name)',
  async (engine) => {
    const spec = storeSpec('joinWindow', string(), string(), { retentionMs: 1000, windowSizeMs: 20 })
    const under = await StateUnderTest.open({ stores: [spec], engine, stateDir: newFolder() })
    const store = () => under.state.joinWindow<string>('s')
    store().put('k', 22, 'b1', noHeaders)
    store().put('k', 22, 'b2', noHeaders)
    store().put('k', 21, 'b0', noHeaders)
    store().put('kk', 22, 'other', noHeaders)
    store().put('k', 50, 'late', noHeaders)
    store().put('k', 30, null, noHeaders)
    expect(hexOf(under.changelog('app-s-changelog'))[0]).toEqual(['6b000000000000001600000001', '6231', 22])
    expect(hexOf(under.changelog('app-s-changelog'))[5]).toEqual(['6b000000000000001e00000006', 'null', 30])
    const expected = [
      [21, 'b0'],
      [22, 'b1'],
      [22, 'b2'],
    ]
    expect([...store().range('k', 0, 40)]).toEqual(expected)
    await under.state.commit()
    expect([...store().range('k', 0, 40)]).toEqual(expected)
    await under.crash()
    store().put('k', 22, 'b3', noHeaders)
    expect([...store().range('k', 22, 22)].map(([, value]) => value)).toEqual(['b1', 'b2', 'b3'])
    await under.state.close()
  },
)

test.each(engines)('records that have met nobody wait by time, right before left, then key ($name)', async (engine) => {
  const spec = storeSpec('unmatched', string(), string(), { otherValue: long() as never })
  const under = await StateUnderTest.open({ stores: [spec], engine, stateDir: newFolder() })
  const store = () => under.state.unmatched<string, number>('s')
  store().add({ timestamp: 12, side: 'left', key: 'k', value: 'a2' }, at(12))
  store().add({ timestamp: 10, side: 'left', key: 'k', value: 'a1' }, at(12))
  store().add({ timestamp: 10, side: 'left', key: 'j', value: 'a0' }, at(12))
  store().add({ timestamp: 10, side: 'right', key: 'k', value: 7 }, at(12))
  store().add({ timestamp: 10, side: 'left', key: 'k', value: 'a1 again' }, at(13))
  await under.state.commit()
  await under.crash()
  const seen = [...store().all()].map(({ timestamp, side, key, value }) => `${timestamp} ${side} ${key} ${value}`)
  expect(seen).toEqual(['10 right k 7', '10 left j a0', '10 left k a1', '10 left k a1 again', '12 left k a2'])
  store().delete(10, 'left', 'k', at(22))
  store().delete(10, 'left', 'nobody', at(22))
  expect([...store().all()]).toHaveLength(3)
  const log = hexOf(under.changelog('app-s-changelog'))
  expect(log[0]).toEqual(['000000000000000c016b', '010000000100000003016132', 12])
  expect(log[4]).toEqual(['000000000000000a016b', '010000000200000003016131' + '0000000901613120616761696e', 13])
  expect(log.slice(5)).toEqual([['000000000000000a016b', 'null', 22]])
  await under.state.close()
})

const windowed = (key: string, start: number) => `${key}\0\0\0\0\0\0\0${String.fromCharCode(start)}`

function change(newValue: number | null, oldValue: number | null, timestamp: number, offset: number) {
  return { newValue, oldValue, timestamp, headers: noHeaders, topic: 'in', partition: 0, offset }
}

test.each(engines)('a suppress logs what it holds when it is flushed, and has it back after a restart ($name)', async (engine) => {
  const under = await StateUnderTest.open({ stores: [storeSpec('suppressBuffer', string(), long())], engine, stateDir: newFolder() })
  const store = () => under.state.suppressBuffer<number>('s')
  expect(store().firstTime).toBe(Number.POSITIVE_INFINITY)
  store().put(10, windowed('a', 0), change(1, 0, 1, 0))
  under.state.flushCaches()
  store().put(10, windowed('b', 0), change(1, 0, 2, 1))
  under.state.flushCaches()
  store().put(10, windowed('a', 0), change(2, 1, 9, 2))
  under.state.flushCaches()
  const context = (timestamp: string, offset: string) => `${timestamp}${offset}00000002696e0000000000000000`
  const log = () => hexOf(under.changelog('app-s-changelog'))
  expect(log()).toEqual([
    [
      '610000000000000000',
      `${context('0000000000000001', '0000000000000000')}000000080000000000000000fffffffe000000080000000000000001000000000000000a`,
      -1,
    ],
    [
      '620000000000000000',
      `${context('0000000000000002', '0000000000000001')}000000080000000000000000fffffffe000000080000000000000001000000000000000a`,
      -1,
    ],
    [
      '610000000000000000',
      `${context('0000000000000009', '0000000000000002')}000000080000000000000000000000080000000000000001000000080000000000000002000000000000000a`,
      -1,
    ],
  ])
  expect(under.changelog('app-s-changelog').records[0]?.headers).toEqual([{ key: 'v', value: Buffer.from([3]) }])
  const bytes = store().bytes
  expect(bytes).toBe(2 * (8 + 9 + 8 + 8 + 22) + 8)

  await under.state.commit()
  await under.crash()
  expect([store().records, store().bytes, store().firstTime]).toEqual([2, bytes, 10])
  expect(store().first()).toEqual({ ...change(2, 1, 9, 2), key: windowed('a', 0) })
  expect(store().priorValue(windowed('a', 0))).toEqual({ value: 0 })
  expect(store().priorValue(windowed('c', 0))).toBeUndefined()
  store().removeFirst()
  store().removeFirst()
  expect(store().first()).toBeUndefined()
  expect([store().records, store().bytes]).toEqual([0, 0])
  under.state.flushCaches()
  expect(log().slice(3)).toEqual([
    ['610000000000000000', 'null', -1],
    ['620000000000000000', 'null', -1],
  ])
  await under.state.close()
})

test('a change of a key that is held already keeps its place', async () => {
  const under = await StateUnderTest.open({ stores: [storeSpec('suppressBuffer', string(), long())] })
  const store = under.state.suppressBuffer<number>('s')
  store.put(10, 'a', change(1, null, 10, 0))
  store.put(20, 'b', change(1, null, 20, 1))
  store.put(30, 'a', change(null, 1, 30, 2))
  expect(store.firstTime).toBe(10)
  expect(store.first()).toEqual({ ...change(null, 1, 30, 2), key: 'a' })
  expect(store.priorValue('a')).toEqual({ value: null })
})
