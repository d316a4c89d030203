// An app whose state outgrows the memory that it may take ends, and says by which setting; what it holds by then is bounded.

import { expect, test } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { tumbling, within } from '../../framework/dsl/windows.ts'
import { isMillraceError, type MillraceError } from '../../framework/errors.ts'
import { string } from '../../framework/serdes/serdes.ts'
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
