// What Kafka Streams 4.3.1 does (conformance vectors versioned-stores).

import { expect, test } from 'vitest'
import { string } from '../../framework/serdes/serdes.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { engineOf } from '../contract/state-engine.ts'
import { temporaryFolders } from '../store-leveldb/temporary-folders.ts'
import { memoryEngine, StateUnderTest, storeSpec } from './state-under-test.ts'

const newFolder = temporaryFolders()
const engines = [memoryEngine, engineOf(leveldb(), 'leveldb')]

async function open(historyRetentionMs: number, engine = memoryEngine) {
  const under = await StateUnderTest.open({
    stores: [storeSpec('versioned', string(), string(), { historyRetentionMs })],
    engine,
    stateDir: newFolder(),
  })
  const store = () => under.state.versioned<string, string>('s')
  const asOf = (key: string, time: number) => {
    const found = store().getAsOf(key, time)
    return found === undefined ? null : `${found.value}@${found.timestamp}`
  }
  const versions = () =>
    [...under.state.versionedRows<string>('s').all()].map(({ key, value, timestamp, validTo }) => [key, value, timestamp, validTo])
  return { under, store, asOf, versions }
}

test.each(engines)('gives the value as it was at a time, also after a restart ($name)', async (engine) => {
  const { under, store, asOf, versions } = await open(1000, engine)
  expect(store().put('k', 'a', 10)).toBe('latest')
  expect(store().put('k', 'b', 20)).toBe('latest')
  expect(store().put('k', 'c', 30)).toBe('latest')
  expect(store().get('k')).toEqual({ value: 'c', timestamp: 30, validTo: undefined })
  expect([9, 10, 19, 20, 100].map((time) => asOf('k', time))).toEqual([null, 'a@10', 'a@10', 'b@20', 'c@30'])
  await under.state.commit()
  expect(store().put('k', 'x', 15)).toBe(20)
  expect(store().put('k', 'b2', 20)).toBe(30)
  await under.crash()
  expect([14, 15, 19, 20].map((time) => asOf('k', time))).toEqual(['a@10', 'x@15', 'x@15', 'b2@20'])
  expect(store().get('j')).toBeUndefined()
  expect(versions()).toEqual([
    ['k', 'a', 10, 15],
    ['k', 'x', 15, 20],
    ['k', 'b2', 20, 30],
    ['k', 'c', 30, undefined],
  ])
  const logged = under.changelog('app-s-changelog').records.map(({ value, timestamp }) => `${value}@${timestamp}`)
  expect(logged).toEqual(['a@10', 'b@20', 'c@30', 'x@15', 'b2@20'])
  await under.state.close()
})

// Recorded from Kafka Streams 4.3.1 (test/conformance/vectors/found-by-fuzzing.json, a-deletion-at-the-time-of-the-present-value).
test.each(engines)(
  'a deletion at the time of the present value leaves no trace of its time, also after a restart ($name)',
  async (engine) => {
    const { under, store, versions } = await open(1000, engine)
    store().put('k', 'a', 10)
    store().put('k', null, 30)
    store().put('k', 'c', 40)
    expect(store().put('k', null, 40)).toBe('latest')
    store().put('only', 'x', 40)
    store().put('only', null, 40)
    store().put('valued', 'v', 30)
    store().put('valued', 'w', 40)
    store().put('valued', null, 40)
    await under.state.commit()
    await under.crash()
    expect(store().put('k', 'd', 34)).toBe('latest')
    expect(store().put('only', 'y', 34)).toBe('latest')
    expect(store().put('valued', 'z', 34)).toBe(40)
    expect(versions()).toEqual([
      ['k', 'a', 10, 30],
      ['k', 'd', 34, undefined],
      ['only', 'y', 34, undefined],
      ['valued', 'v', 30, 34],
      ['valued', 'z', 34, 40],
    ])
    await under.state.close()
  },
)

test.each(engines)('a deletion is a gap from then on ($name)', async (engine) => {
  const { under, store, asOf, versions } = await open(1000, engine)
  store().put('k', 'a', 10)
  store().put('k', 'b', 20)
  expect(store().put('k', null, 30)).toBe('latest')
  expect(store().get('k')).toBeUndefined()
  expect([29, 30].map((time) => asOf('k', time))).toEqual(['b@20', null])
  expect(store().delete('k', 25)).toMatchObject({ value: 'b', timestamp: 20 })
  expect([24, 25].map((time) => asOf('k', time))).toEqual(['b@20', null])
  store().put('k', 'c', 40)
  expect(asOf('k', 35)).toBeNull()
  expect(store().delete('k', 40)).toMatchObject({ value: 'c', timestamp: 40 })
  expect(asOf('k', 40)).toBeNull()
  expect(store().delete('j', 43)).toBeUndefined()
  await under.crash()
  expect(versions()).toEqual([
    ['k', 'a', 10, 20],
    ['k', 'b', 20, 25],
  ])
  await under.state.close()
})

test.each(engines)('forgets what has left the history, but not the present value ($name)', async (engine) => {
  const { under, store, asOf } = await open(100, engine)
  store().put('k', 'a', 10)
  store().put('k', 'b', 200)
  expect(store().put('k', 'old', 99)).toBe('refused')
  expect(under.expired).toEqual(['s'])
  expect(store().put('k', 'edge', 100)).toBe(200)
  expect([100, 99, 150].map((time) => asOf('k', time))).toEqual(['edge@100', null, 'edge@100'])
  store().put('j', 'x', 101)
  store().put('k', 'c', 1000)
  await under.crash()
  expect([200, 899, 900, 950, 1000].map((time) => asOf('k', time))).toEqual([null, null, 'b@200', 'b@200', 'c@1000'])
  expect(asOf('j', 101)).toBe('x@101')
  expect(under.changelog('app-s-changelog').records).toHaveLength(6)
  await under.state.close()
})

test('versions leave the store with their segment', async () => {
  const { store, versions } = await open(3000)
  for (const time of [0, 1000, 9000]) store().put('k', `at ${time}`, time)
  store().put('k', 'last', 9500)
  expect(versions().map(([, value]) => value)).toEqual(['at 1000', 'at 9000', 'last'])
})
