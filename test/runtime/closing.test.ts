import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { isMillraceError } from '../../framework/errors.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }
const engine = leveldb().stores!.leveldb!

/** Counts, and has a processor that throws when it is closed, and where a value says so. */
function closingBadly(closed: () => void) {
  return topology('closing-badly', (builder) => {
    const lines = builder.stream('in', text)
    lines.groupByKey().count({ store: 'counts' })
    lines
      .process<string, string>(() => ({
        process: ({ value }) => {
          if (value === 'bad') throw new RangeError('a bad value')
        },
        close: () => {
          closed()
          throw new Error('closed badly')
        },
      }))
      .to('out', text)
  })
}

test('a processor that cannot be closed hides no failure, and keeps neither state nor group from being left in order', async () => {
  const { bench, stateDir } = await benchWithDisk(2)
  let closed = 0
  const definition = closingBadly(() => closed++)
  await bench.produce('in', [
    ['a', 'good'],
    ['b', 'good'],
    ['c', 'bad'],
    ['d', 'bad'],
  ])
  const failure = await bench.start(definition, { engine, config: { stateDir }, untilEnd: true }).failed()
  expect(isMillraceError(failure, 'callback-failed')).toBe(true)
  expect(String(failure)).toContain('a bad value')
  expect(closed).toBe(2)
  expect(await bench.admin.group('closing-badly')).toMatchObject({ state: 'Empty', members: [] })
  for (const task of ['0_0', '0_1']) await (await engine.open(join(stateDir, 'closing-badly', task))).close()
})

test('a processor that throws when it is closed fails a run that went well, after its commit', async () => {
  const { bench, stateDir } = await benchWithDisk(1)
  const definition = closingBadly(() => {})
  await bench.produce('in', [['a', 'good']])
  const failure = await bench.start(definition, { engine, config: { stateDir }, untilEnd: true }).failed()
  expect(isMillraceError(failure, 'callback-failed')).toBe(true)
  expect(String(failure)).toContain('closed badly')
  expect(await bench.admin.committed('closing-badly', [{ topic: 'in', partition: 0 }])).toMatchObject([{ offset: 1 }])
})

async function benchWithDisk(partitions: number): Promise<{ bench: AppBench; stateDir: string }> {
  const stateDir = mkdtempSync(join(tmpdir(), 'millrace-closing-'))
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }))
  const bench = new AppBench()
  await bench.createTopics({ in: partitions, out: 1 })
  return { bench, stateDir }
}
