import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isMillraceError, MillraceError } from '../../framework/errors.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { AppBench } from './app-bench.ts'
import { counts } from './counts.ts'

const engine = leveldb().stores!.leveldb!

let stateDir: string
let bench: AppBench

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'millrace-local-state-'))
  bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
})
afterEach(() => rmSync(stateDir, { recursive: true, force: true }))

test('state on disk is restored from its checkpoint on: only what came after it is read', async () => {
  const config = { stateDir, cacheBytesMax: 0, commitIntervalMs: 60_000 }
  await bench.produce('in', [
    ['a', ''],
    ['b', ''],
  ])
  await bench.runToEnd(counts, { engine, config })
  expect(await bench.runToEnd(counts, { engine, config })).toMatchObject({ restoredRecords: 0 })

  // One that dies with changes in the changelog that its folder does not have.
  await bench.produce('in', [['a', '']])
  const crashed = bench.start(counts, { engine, config: { ...config, stateDir: `${stateDir}/other` } })
  await bench.clock.advanceUntil(() => bench.values('out').length === 3)
  crashed.crash()
  await crashed.failed()
  expect(await bench.runToEnd(counts, { engine, config })).toMatchObject({ recordsIn: 1, restoredRecords: 1 })
  expect(bench.values('out').at(-1)).toBe('3')
})

test('a changelog that was made anew empties the state that does not belong to it', async () => {
  const config = { stateDir }
  await bench.produce('in', [
    ['a', ''],
    ['b', ''],
  ])
  await bench.runToEnd(counts, { engine, config })
  await bench.admin.deleteTopics(['counts-counts-changelog'])
  await bench.produce('in', [['a', '']])
  await bench.runToEnd(counts, { engine, config })
  expect(bench.values('out').at(-1)).toBe('1')
})

test('a state folder that another app has open is waited for, and then refused with what to do', async () => {
  const folder = join(stateDir, 'counts', '0_0')
  await bench.produce('in', [['a', '']])
  await bench.runToEnd(counts, { engine, config: { stateDir } })
  const other = await engine.open(folder)
  const refused = bench.start(counts, { engine, config: { stateDir }, untilEnd: true })
  expect(isMillraceError(await refused.failed(), 'state-locked')).toBe(true)
  expect(refused.logged.filter(({ message }) => message.startsWith('Waiting up to'))).toHaveLength(1)

  const waiting = bench.start(counts, { engine, config: { stateDir }, untilEnd: true })
  await waiting.reaches('rebalancing')
  await bench.clock.advanceUntil(() => bench.cluster.groups.get('counts')?.describe().state === 'Stable')
  await other.close()
  expect(await waiting.ended()).toMatchObject({ recordsIn: 0 })
})

test('a disk so slow that a locked state folder is found late takes nothing of the wait', async () => {
  const found: number[] = []
  const slow: StateEngine = {
    name: 'leveldb',
    supports: { durable: true },
    open: async (folder) => {
      bench.clock.advance(found.length === 0 ? 60_000 : 0)
      found.push(bench.clock.monotonicMs())
      throw new MillraceError('state-locked', { folder })
    },
    setAside: (folder) => engine.setAside(folder),
  }
  await bench.produce('in', [['a', '']])
  const refused = bench.start(counts, { engine: slow, config: { stateDir }, untilEnd: true })
  expect(isMillraceError(await refused.failed(), 'state-locked')).toBe(true)
  expect(found.at(-1)! - found[0]!).toBeGreaterThanOrEqual(30_000)
})

test('a state folder that cannot be made is named', async () => {
  const file = join(stateDir, 'a-file')
  writeFileSync(file, '')
  await bench.produce('in', [['a', '']])
  const error = await bench.start(counts, { engine, config: { stateDir: file }, untilEnd: true }).failed()
  expect(isMillraceError(error, 'state-not-writable')).toBe(true)
  expect(String(error)).toContain(file)
})
