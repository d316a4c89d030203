import { expect, test } from 'vitest'
import type { StoreSpec } from '../../framework/graph/operator-spec.ts'
import { noHeaders } from '../../framework/ports/record.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { engineOf } from '../contract/state-engine.ts'
import { temporaryFolders } from '../store-leveldb/temporary-folders.ts'
import { StateUnderTest, storeSpec } from './state-under-test.ts'

const newFolder = temporaryFolders()
const leveldbEngine = engineOf(leveldb(), 'leveldb')

/** Retention 100 s, so segments of 60 s. */
function windows(changes: Partial<StoreSpec> = {}): StoreSpec {
  return storeSpec('window', string(), long(), { retentionMs: 100_000, windowSizeMs: 10_000, ...changes })
}

function put(under: StateUnderTest, start: number, value: number | null = 1): void {
  under.state.windowRows<number>('s').put('k', start, value, start, noHeaders)
}

function startsSeen(under: StateUnderTest): number[] {
  return [...under.state.windowRows<number>('s').readOnly<string>().all()].map(([{ start }]) => start)
}

test('reads hide what is past the retention by the latest window put, to the millisecond', async () => {
  const under = await StateUnderTest.open({ stores: [windows()] })
  put(under, 10_000)
  put(under, 10_001)
  put(under, 110_000)
  expect(startsSeen(under)).toEqual([10_001, 110_000])
  expect(under.state.windowRows('s').get('k', 10_000)).toBeUndefined()
  expect(under.state.windowRows<number>('s').get('k', 10_001)?.value).toBe(1)
  expect([...under.state.windowRows<number>('s').readOnly<string>().fetchRange('k', 0, 200_000)].map(([start]) => start)).toEqual([
    10_001, 110_000,
  ])
})

test('a window in a segment past the retention is not kept, but logged, as in Kafka Streams', async () => {
  const under = await StateUnderTest.open({ stores: [windows()] })
  put(under, 300_000)
  put(under, 179_999)
  expect(under.expired).toEqual(['s'])
  put(under, 180_000)
  expect(under.expired).toEqual(['s'])
  expect(under.changelog('app-s-changelog').records).toHaveLength(3)
  expect(startsSeen(under)).toEqual([300_000])
})

test('a window store in memory expires window by window', async () => {
  const under = await StateUnderTest.open({ stores: [windows({ persistent: false })] })
  put(under, 300_000)
  put(under, 199_999)
  expect(under.expired).toEqual(['s'])
})

test('expired segments leave the folder at the commit, and the store remembers its stream time', async () => {
  const under = await StateUnderTest.open({ stores: [windows({ changelog: null })], engine: leveldbEngine, stateDir: newFolder() })
  put(under, 0)
  put(under, 60_000)
  await under.state.commit()
  put(under, 160_000)
  await under.state.commit()
  await under.crash()
  expect(startsSeen(under)).toEqual([160_000])
  // Stream time came back with the folder: window 60000 is there still, and hidden.
  expect(under.state.windowRows('s').get('k', 60_000)).toBeUndefined()
  put(under, 59_999)
  expect(under.expired).toEqual(['s'])
  await under.state.close()
})

test('stream time comes back from the changelog', async () => {
  const under = await StateUnderTest.open({ stores: [windows()] })
  put(under, 60_000)
  put(under, 300_000, null)
  await under.crash()
  expect(startsSeen(under)).toEqual([])
})

test('a cached window store shows what lies in its cache, expired or not, as in Kafka Streams', async () => {
  const under = await StateUnderTest.open({ stores: [windows({ caching: true })], cacheBytesMax: 1_000_000 })
  put(under, 0)
  put(under, 300_000)
  expect(under.state.windowRows<number>('s').get('k', 0)?.value).toBe(1)
  const changes: unknown[] = []
  under.state.windowRows<number>('s').onChange((key, start, newValue) => changes.push([key, start, newValue]), false)
  under.state.flushCaches()
  expect(changes).toEqual([
    ['k', 0, 1],
    ['k', 300_000, 1],
  ])
})

test('persistent windows are walked by segment, then key, then time; those in memory by time, then key', async () => {
  for (const [persistent, expected] of [
    [true, ['a@0', 'a@30000', 'b@10000', 'a@60000']],
    [false, ['a@0', 'b@10000', 'a@30000', 'a@60000']],
  ] as const) {
    const under = await StateUnderTest.open({ stores: [windows({ persistent })] })
    const store = under.state.windowRows<number>('s')
    for (const [key, start] of [
      ['a', 60_000],
      ['b', 10_000],
      ['a', 30_000],
      ['a', 0],
    ] as const)
      store.put(key, start, 1, 0, noHeaders)
    expect([...store.readOnly<string>().all()].map(([{ key, start }]) => `${key}@${start}`)).toEqual(expected)
  }
})
