import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isMillraceError } from '../../framework/errors.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { AppBench } from './app-bench.ts'
import { counts, latest } from './counts.ts'

const keys = Array.from({ length: 200 }, (_, index) => `key-${index}`)
const oneOfEach = keys.map((key) => [key, 'x'] as const)

for (const state of ['starting', 'rebalancing', 'restoring', 'running'] as const) {
  test(`an app that is stopped while it is ${state} ends in order, and the next one counts on`, async () => {
    const bench = await benchWithCounts(2)
    await bench.produce('in', oneOfEach)
    const stopped = bench.start(counts, { config: { fetchBufferBytesMax: 1_024 } })
    await stopped.reaches(state)
    await stopped.stop()
    expect(stopped.states.slice(-2)).toEqual(['closing', 'closed'])
    expect(await bench.admin.group('counts')).toMatchObject({ state: 'Empty', members: [] })
    await bench.runToEnd(counts)
    expect(latest(bench)).toEqual(new Map(keys.map((key) => [key, '2'])))
  })
}

test('a restore that a rebalance breaks off is gone on with, and nothing is counted twice', async () => {
  const bench = await benchWithCounts(2)
  const config = { fetchBufferBytesMax: 1_024 }
  const first = bench.start(counts, { config })
  await bench.clock.advanceUntil(() => first.logged.some(({ message }) => message.startsWith('Restoring')))
  const second = bench.start(counts, { config })
  await second.reaches('running')
  await first.reaches('running')
  expect(first.logged.some(({ message }) => message.startsWith('Broke off'))).toBe(true)
  await bench.produce('in', oneOfEach)
  await bench.clock.advanceUntil(() => bench.values('out').length === 400)
  expect(latest(bench)).toEqual(new Map(keys.map((key) => [key, '2'])))
  await first.stop()
  await second.stop()
})

test('a state that cannot be written after its commit ends the app, and the next one has it from the changelog', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'millrace-interruptions-'))
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }))
  const disk = { full: false }
  const engine = engineOn(disk)
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  const config = { stateDir, cacheBytesMax: 0, commitIntervalMs: 1_000 }
  await bench.produce('in', [['a', 'x']])
  await bench.runToEnd(counts, { engine, config })
  const started = bench.start(counts, { engine, config })
  await started.reaches('running')
  disk.full = true
  await bench.produce('in', [['a', 'x']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 2)
  const committed = (): number | undefined => bench.cluster.groups.get('counts')?.committed({ topic: 'in', partition: 0 })?.offset
  await bench.clock.advanceUntil(() => committed() === 2)
  // What the disk does not have is still read from memory.
  await bench.produce('in', [['a', 'x']])
  const failure = await started.failed()
  expect(String(failure)).toContain('no space left')
  disk.full = false
  await bench.produce('in', [['a', 'x']])
  expect(await bench.runToEnd(counts, { engine, config })).toMatchObject({ recordsIn: 1, restoredRecords: 2 })
  expect(bench.values('out')).toEqual(['1', '2', '3', '4'])
})

test('a source topic that is deleted ends the app, which says so', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  const started = bench.start(counts)
  await started.reaches('running')
  await bench.admin.deleteTopics(['in'])
  const failure = await started.failed()
  expect(isMillraceError(failure, 'topology-topics-missing')).toBe(true)
  expect(String(failure)).toContain('The topic in was deleted.')
})

test('a sink topic that is deleted ends the app before it commits what it could not write', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  const started = bench.start(counts, { config: { cacheBytesMax: 0 } })
  await started.reaches('running')
  await bench.admin.deleteTopics(['out'])
  await bench.produce('in', [['a', 'x']])
  await started.failed()
  expect(await bench.admin.committed('counts', [{ topic: 'in', partition: 0 }])).toEqual([])
})

/** One of each key is counted already, so that there is something to restore. */
async function benchWithCounts(partitions: number): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ in: partitions, out: partitions })
  await bench.produce('in', oneOfEach)
  await bench.runToEnd(counts)
  return bench
}

/** LevelDB on a disk that may be full. */
function engineOn(disk: { readonly full: boolean }): StateEngine {
  const engine = leveldb().stores!.leveldb!
  return {
    name: engine.name,
    supports: engine.supports,
    setAside: (folder) => engine.setAside(folder),
    open: async (folder) => {
      const opened = await engine.open(folder)
      return {
        store: (name) => opened.store(name),
        positions: () => opened.positions(),
        clear: (store, range) => opened.clear(store, range),
        close: () => opened.close(),
        write: async (batch) => {
          if (disk.full) for (const _ of batch.mutations);
          if (disk.full) throw new Error('no space left on device')
          await opened.write(batch)
        },
      }
    },
  }
}
