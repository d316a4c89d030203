import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { asOffset, noHeaders } from '../../framework/ports/record.ts'
import type { KeyValueStore, ValueAndTimestamp } from '../../framework/ports/store.ts'
import { json, long, string } from '../../framework/serdes/serdes.ts'
import type { CountWindowState } from '../../framework/state/contract.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { engineOf } from '../contract/state-engine.ts'
import { temporaryFolders } from '../store-leveldb/temporary-folders.ts'
import type { RecordedChangelog } from './recorded-changelog.ts'
import { StateUnderTest, storeSpec } from './state-under-test.ts'

const newFolder = temporaryFolders()
const leveldbEngine = engineOf(leveldb(), 'leveldb')
const counts = storeSpec('timestampedKeyValue', string(), long())
const topic = 'app-s-changelog'

function hexOf({ records }: RecordedChangelog): (string | number)[][] {
  return records.map(({ key, value, timestamp }) => [key?.toString('hex') ?? 'null', value?.toString('hex') ?? 'null', timestamp])
}

test('a row goes to the changelog as Kafka Streams writes it: key, value, its timestamp on the record; a deletion is a tombstone', async () => {
  const under = await StateUnderTest.open({ stores: [counts] })
  under.state.rows<number>('s').put('a', 258, 10, noHeaders)
  under.state.rows<number>('s').put('a', null, 20, noHeaders)
  expect(hexOf(under.changelog(topic))).toEqual([
    ['61', '0000000000000102', 10],
    ['61', 'null', 20],
  ])
})

test('a windowed row goes to the changelog under key, start and a sequence number of 0', async () => {
  const under = await StateUnderTest.open({ stores: [storeSpec('window', string(), long(), { retentionMs: 1000, windowSizeMs: 1000 })] })
  under.state.windowRows<number>('s').put('a', 3000, 1, 3500, noHeaders)
  expect(hexOf(under.changelog(topic))).toEqual([['610000000000000bb800000000', '0000000000000001', 3500]])
})

test('values that can be changed are kept as bytes: a reader changes only its copy', async () => {
  for (const cacheBytesMax of [0, 1_000_000]) {
    const spec = storeSpec('timestampedKeyValue', string(), json<{ n: number }>(), { caching: true })
    const under = await StateUnderTest.open({ stores: [spec], cacheBytesMax })
    const rows = under.state.rows<{ n: number }>('s')
    const given = { n: 1 }
    rows.put('a', given, 0, noHeaders)
    given.n = 2
    const read = rows.get('a')
    if (read !== undefined) read.value.n = 3
    expect(rows.get('a')?.value).toEqual({ n: 1 })
  }
})

test('a plain store of a processor writes with the timestamp of the record being processed', async () => {
  const under = await StateUnderTest.open({ stores: [storeSpec('keyValue', string(), string())] })
  const store = under.state.keyValue<string, string>('s')
  under.context.timestamp = 5
  store.put('b', 'one')
  expect(store.putIfAbsent('b', 'two')).toBe('one')
  expect(store.putIfAbsent('é', 'three')).toBeUndefined()
  under.context.timestamp = 6
  expect(store.delete('b')).toBe('one')
  expect(store.delete('b')).toBeUndefined()
  expect([...store.all()]).toEqual([['é', 'three']])
  expect(hexOf(under.changelog(topic))).toEqual([
    ['62', Buffer.from('one').toString('hex'), 5],
    ['c3a9', Buffer.from('three').toString('hex'), 5],
    ['62', 'null', 6],
    ['62', 'null', 6],
  ])
})

test('a processor sees and writes the timestamps of a timestamped store', async () => {
  const under = await StateUnderTest.open({ stores: [counts] })
  const store: KeyValueStore<string, ValueAndTimestamp<number>> = under.state.keyValue('s')
  store.put('a', { value: 1, timestamp: 7 })
  expect(store.get('a')).toEqual({ value: 1, timestamp: 7 })
  expect(under.state.rows<number>('s').get('a')).toMatchObject({ value: 1, timestamp: 7 })
  expect(hexOf(under.changelog(topic))).toEqual([['61', '0000000000000001', 7]])
})

test('entries may be deleted while they are walked', async () => {
  const under = await StateUnderTest.open({
    stores: [storeSpec('keyValue', string(), string())],
    engine: leveldbEngine,
    stateDir: newFolder(),
  })
  const store = under.state.keyValue<string, string>('s')
  for (const key of ['a', 'b', 'c']) store.put(key, key)
  await under.state.commit()
  for (const key of ['d', 'e']) store.put(key, key)
  const seen: string[] = []
  for (const [key] of store.all()) {
    seen.push(key)
    store.delete(key)
  }
  expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect([...store.all()]).toEqual([])
  await under.state.close()
})

test('the state of count windows comes back from its changelog', async () => {
  const under = await StateUnderTest.open({ stores: [storeSpec('countWindow', string(), string(), { persistent: false })] })
  const state: CountWindowState<string> = { records: 5, firstStart: 3, dueMs: -1, aggregates: ['xyz', null, ''] }
  under.state.rows<CountWindowState<string>>('s').put('a', state, 9, noHeaders)
  expect(under.changelog(topic).records[0]?.value?.toString('hex')).toBe(
    '0000000000000005' + '0000000000000003' + 'ffffffffffffffff' + '00000003' + '0000000378797a' + 'ffffffff' + '00000000',
  )
  await under.crash()
  expect(under.state.rows<CountWindowState<string>>('s').get('a')).toMatchObject({ value: state, timestamp: 9 })
})

test('a commit is wanted when more lies uncommitted than the limit, and no longer after it', async () => {
  const under = await StateUnderTest.open({ stores: [counts], uncommittedBytesMax: 1000 })
  const rows = under.state.rows<number>('s')
  for (let key = 0; !under.state.commitWanted; key++) {
    expect(key).toBeLessThan(10)
    rows.put(`key ${key}`, key, 0, noHeaders)
  }
  await under.state.commit()
  expect(under.state.commitWanted).toBe(false)
  expect([...rows.readOnly().all()].length).toBeGreaterThan(3)
})

test('rows changed while a commit is being written are neither lost nor part of it', async () => {
  const under = await StateUnderTest.open({
    stores: [storeSpec('timestampedKeyValue', string(), long(), { changelog: null })],
    engine: leveldbEngine,
    stateDir: newFolder(),
  })
  const rows = () => under.state.rows<number>('s')
  rows().put('a', 1, 0, noHeaders)
  rows().put('b', 1, 0, noHeaders)
  const writing = under.state.commit()
  rows().put('a', 2, 0, noHeaders)
  expect([rows().get('a')?.value, rows().get('b')?.value]).toEqual([2, 1])
  await writing
  expect([...rows().readOnly<string>().all()].map(([key, { value }]) => key + value)).toEqual(['a2', 'b1'])
  await under.crash()
  expect([...rows().readOnly<string>().all()].map(([key, { value }]) => key + value)).toEqual(['a1', 'b1'])
  await under.state.close()
})

test('after a crash only the tail of the changelog is read', async () => {
  const under = await StateUnderTest.open({ stores: [counts], engine: leveldbEngine, stateDir: newFolder() })
  under.state.rows<number>('s').put('a', 1, 10, noHeaders)
  under.state.rows<number>('s').put('b', 2, 20, noHeaders)
  await under.state.commit()
  under.state.rows<number>('s').put('a', 3, 30, noHeaders)
  await under.crash()
  expect(under.state.rows<number>('s').get('a')).toMatchObject({ value: 3, timestamp: 30 })
  expect(under.state.rows<number>('s').get('b')).toMatchObject({ value: 2, timestamp: 20 })
  await under.state.commit()
  expect(await under.state.restore.begin(topic, asOffset(0), asOffset(9))).toBe(3)
  await under.state.close()
})

test.each([
  ['was truncated beyond what the store has seen', 3, 9, 3],
  ['ends before what the store has seen', 0, 1, 0],
])('a changelog that %s restores the store from nothing', async (_what, logStart, logEnd, from) => {
  const under = await StateUnderTest.open({ stores: [counts], engine: leveldbEngine, stateDir: newFolder() })
  under.state.rows<number>('s').put('a', 1, 10, noHeaders)
  under.state.rows<number>('s').put('b', 2, 20, noHeaders)
  await under.state.commit()
  await under.crash()
  expect(await under.state.restore.begin(topic, asOffset(logStart), asOffset(logEnd))).toBe(from)
  expect(under.state.restore.position(topic)).toBe(from)
  expect([...under.state.rows<number>('s').readOnly().all()]).toEqual([])
  await under.state.close()
})

test('a changelog record that cannot be one of the store is refused with its place', async () => {
  const under = await StateUnderTest.open({ stores: [storeSpec('window', string(), long(), { retentionMs: 1000, windowSizeMs: 1000 })] })
  under.changelog(topic).append(0, 0, Buffer.from('short'), 0, 5, null, long(), noHeaders)
  await expect(under.crash()).rejects.toMatchObject({
    code: 'changelog-malformed',
    message: expect.stringContaining(
      'app-s-changelog-0@0 is not a change of store s: its key has 5 bytes, and one of a window store has at least 12',
    ),
  })
})

test('a value that its serde refuses names the store', async () => {
  const under = await StateUnderTest.open({ stores: [counts] })
  under.changelog(topic).append(0, 0, Buffer.from('a'), 0, 1, 'text', string(), noHeaders)
  await under.crash()
  expect(() => under.state.rows('s').get('a')).toThrowError(
    expect.objectContaining({
      code: 'state-unreadable',
      message: expect.stringContaining('store s cannot be read as long: a long has 8 bytes, not 4'),
    }),
  )
})

test('a task folder is <state dir>/<application id>/<task id>, readable by its owner only, and says what wrote it', async () => {
  const stateDir = newFolder()
  const under = await StateUnderTest.open({ stores: [counts], engine: leveldbEngine, stateDir })
  const folder = join(stateDir, 'app', '0_0')
  for (const made of [stateDir, dirname(folder), folder]) expect(statSync(made).mode & 0o777).toBe(0o700)
  expect(readFileSync(join(folder, 'millrace.json'), 'utf8')).toBe('{"format":1,"engine":"leveldb"}\n')
  await under.state.close()
})

test('a task folder that others could read is closed to them, and with it what LevelDB writes', async () => {
  const stateDir = newFolder()
  const folder = join(stateDir, 'app', '0_0')
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  chmodSync(folder, 0o755)
  const under = await StateUnderTest.open({ stores: [counts], engine: leveldbEngine, stateDir })
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder, 'millrace.json')).mode & 0o777).toBe(0o600)
  await under.state.close()
})

test('what lies in a task folder is pinned: keys by store, timestamps and values, positions by topic', async () => {
  const stateDir = newFolder()
  const windows = storeSpec('window', string(), long(), { name: 'w', retentionMs: 200_000, windowSizeMs: 10_000, changelog: null })
  const under = await StateUnderTest.open({ stores: [counts, windows], engine: leveldbEngine, stateDir })
  under.state.rows<number>('s').put('key', 1, 1500, noHeaders)
  under.state.windowRows<number>('w').put('key', 120_000, 2, 121_000, noHeaders)
  await under.state.commit()
  await under.state.close()

  const folder = await leveldbEngine.open(join(stateDir, 'app', '0_0'))
  const entries = ['s', 'w', '$progress'].flatMap((store) =>
    [...folder.store(store).range({})].map(
      ({ key, value }) => `${store} ${Buffer.from(key, 'latin1').toString('hex')} ${value.toString('hex')}`,
    ),
  )
  expect(entries).toEqual([
    's 6b6579 40977000000000000000000000000001',
    'w 00000000000000016b6579000000000001d4c000000000 40fd8a80000000000000000000000002',
    '$progress 77 40fd4c000000000000000000',
  ])
  expect([...folder.positions()]).toEqual([[topic, 1]])
  await folder.close()
})

test('a folder that another version wrote is refused', async () => {
  const stateDir = newFolder()
  mkdirSync(join(stateDir, 'app', '0_0'), { recursive: true })
  writeFileSync(join(stateDir, 'app', '0_0', 'millrace.json'), '{"format":2,"engine":"leveldb"}\n')
  await expect(StateUnderTest.open({ stores: [counts], engine: leveldbEngine, stateDir })).rejects.toMatchObject({
    code: 'state-format-unknown',
  })
})

test('a damaged folder is set aside and rebuilt from the changelog', async () => {
  const stateDir = newFolder()
  const under = await StateUnderTest.open({ stores: [counts], engine: leveldbEngine, stateDir })
  under.state.rows<number>('s').put('a', 1, 10, noHeaders)
  await under.state.commit()
  await under.state.close()
  writeFileSync(join(stateDir, 'app', '0_0', 'CURRENT'), 'garbage')
  await under.reopen()
  expect(under.state.rows<number>('s').get('a')).toMatchObject({ value: 1, timestamp: 10 })
  expect(statSync(join(stateDir, 'app', '0_0.damaged')).isDirectory()).toBe(true)
  await under.state.close()
})

test('a store that the task does not have, or has of another kind, is named', async () => {
  const under = await StateUnderTest.open({ stores: [counts] })
  expect(() => under.state.rows('other')).toThrowError('Task 0_0 has no rows store other.')
  expect(() => under.state.windowRows('s')).toThrowError('Task 0_0 has no windowRows store s.')
})
