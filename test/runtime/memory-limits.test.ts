// An app whose state outgrows the memory that it may take ends, and says by which setting; what it holds by then is bounded.

import { expect, test } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { tumbling, within } from '../../framework/dsl/windows.ts'
import { isMillraceError, type MillraceError } from '../../framework/errors.ts'
import type { StateBatch, StateEngine, StateFolder } from '../../framework/ports/store.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { mergedOverheadBytes } from '../../framework/state/changelog-restore.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { engineOf } from '../contract/state-engine.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }
const inMemory = { name: 'store', persistent: false } as const
const valueBytes = 1_000

const tables = topology('limited', (builder) => {
  builder.table<string, string>('in', { ...text, store: inMemory })
})
const joins = topology('limited', (builder) => {
  const stream = builder.stream<string, string>('in', text)
  const joined = stream.join(builder.stream<string, string>('other', text), (left, right) => left + right, within('1h'), {
    store: inMemory,
  })
  joined.to('out', text)
})
const suppressed = topology('limited', (builder) => {
  const group = builder.stream<string, string>('in', text).groupByKey()
  const latest = group.windowedBy(tumbling('1h')).reduce((_, value) => value)
  latest
    .suppress({ until: 'windowCloses' })
    .toStream((_, { key }) => key)
    .to('out', text)
})
const globals = topology('limited', (builder) => {
  const names = builder.globalTable<string, string>('in', text)
  const stream = builder.stream<string, string>('other', text)
  stream
    .join(
      names,
      (value) => value,
      (left, right) => left + right,
    )
    .to('out', text)
})

test.each([
  ['a table in memory', tables, 'memoryStoreBytesMax', 'Stores in memory take'],
  ['the records that a join keeps in memory', joins, 'memoryStoreBytesMax', 'Stores in memory take'],
  ['what suppress() holds back without a limit of its own', suppressed, 'suppressBytesMax', 'Rows that suppress() holds back take'],
  ['a global table', globals, 'globalTableBytesMax', 'Global tables take'],
] as const)('%s ends the app when it is over its limit', async (_what, definition, setting, message) => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, other: 1, out: 1 })
  const bytesMax = 50_000
  const uncommittedBytesMax = 20_000
  const rows = Array.from({ length: 200 }, (_, row) => [`key-${row}`, 'x'.repeat(valueBytes), 1] as const)
  await bench.produce('in', rows)
  const config: Config = { [setting]: bytesMax, uncommittedBytesMax, cacheBytesMax: 0 }
  const failure = await bench.start(definition, { config }).failed()
  expect(isMillraceError(failure, 'state-memory-full')).toBe(true)
  const { message: said, details } = failure as MillraceError
  expect(said).toContain(message)
  expect(said).toContain(`and may take ${bytesMax} (${setting}). Raise ${setting},`)
  // What was not yet committed when the limit was looked at comes on top, and no more.
  expect(details.bytes).toBeGreaterThan(bytesMax)
  expect(details.bytes).toBeLessThan(bytesMax + 3 * uncommittedBytesMax)
  // With room enough the same runs.
  const roomy = bench.start(definition, { config: { ...config, [setting]: 10_000_000 } })
  await roomy.reaches('running')
  await roomy.stop()
})

test('tasks that restore at once hold together what uncommittedBytesMax says, however many they are', async () => {
  const bench = new AppBench()
  const partitions = 4
  await bench.createTopics({ in: partitions, out: partitions })
  const rows = Array.from({ length: 800 }, (_, row) => [`key-${row}`, 'x'.repeat(valueBytes), 1] as const)
  await bench.produce('in', rows)
  const config: Config = { uncommittedBytesMax: 80_000, cacheBytesMax: 0 }
  await bench.runToEnd(kept, { config })

  const folders = new BatchSizes()
  const { restoredRecords } = await bench.runToEnd(kept, { config, engine: folders.engine })
  expect(restoredRecords).toBe(rows.length)
  // Half of it is merged while the other half is on its way to the disk; the record that fills a batch may reach over it.
  const rowBytes = valueBytes + 200
  const batchBytesMax = config.uncommittedBytesMax! / partitions / 2 + rowBytes
  expect(folders.batchBytesMax).toBeLessThan(batchBytesMax)
  expect(folders.underWayBytesMax).toBeLessThan(partitions * batchBytesMax)
  // As large as they may be: several rows lie in each batch, and those of several tasks are written at once.
  expect(folders.batchBytesMax).toBeGreaterThan(batchBytesMax - 2 * rowBytes)
  expect(folders.underWayBytesMax).toBeGreaterThan(folders.batchBytesMax)
})

const kept = topology('limited', (builder) => {
  const latest = builder
    .stream<string, string>('in', text)
    .groupByKey()
    .reduce((_, value) => value, { store: 'latest', ...text })
  latest
    .toStream()
    .filter(() => false)
    .to('out', text)
})

/** An engine in memory whose writes take a while, and what it was given at a time, counted as a restore does. */
class BatchSizes {
  batchBytesMax = 0
  underWayBytesMax = 0
  private underWayBytes = 0

  get engine(): StateEngine {
    const engine = engineOf(memory(), 'memory')
    return {
      name: engine.name,
      supports: engine.supports,
      setAside: engine.setAside,
      open: async (name) => this.around(await engine.open(name)),
    }
  }

  private around(folder: StateFolder): StateFolder {
    const write = async ({ mutations, positions }: StateBatch): Promise<void> => {
      const all = [...mutations].map((mutation) => ({ ...mutation, value: mutation.value && Buffer.from(mutation.value) }))
      const bytes = all.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0) + mergedOverheadBytes, 0)
      this.batchBytesMax = Math.max(this.batchBytesMax, bytes)
      this.underWayBytes += bytes
      this.underWayBytesMax = Math.max(this.underWayBytesMax, this.underWayBytes)
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
      this.underWayBytes -= bytes
      await folder.write({ mutations: all, positions })
    }
    return {
      store: (name) => folder.store(name),
      positions: () => folder.positions(),
      write,
      clear: (store, range) => folder.clear(store, range),
      close: () => folder.close(),
    }
  }
}
