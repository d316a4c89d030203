// What state in memory may take. Bytes are counted, and what is counted is held against what the process really takes.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { isMillraceError } from '../../framework/errors.ts'
import { noHeaders } from '../../framework/ports/record.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { MemoryBudget } from '../../framework/state/memory-budget.ts'
import { StateUnderTest, storeSpec } from './state-under-test.ts'

const inMemory = storeSpec('timestampedKeyValue', string(), string(), { persistent: false })
const suppressed = storeSpec('suppressBuffer', string(), string(), { persistent: false })

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function usedBytes(): number {
  for (let times = 0; times < 3; times++) collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

test('each entry of a store in memory counts with its key, its value and what it costs to keep, until it is deleted', async () => {
  const under = await StateUnderTest.open({ stores: [inMemory] })
  const rows = under.state.rows<string>('s')
  // 8 bytes of timestamp lie before the value.
  const bytesOf = (key: string, value: string) => 200 + key.length + 8 + value.length
  rows.put('a', 'x'.repeat(1000), 1, noHeaders)
  rows.put('bb', 'y', 1, noHeaders)
  await under.state.commit()
  expect(under.memoryBudget.bytes).toBe(bytesOf('a', 'x'.repeat(1000)) + bytesOf('bb', 'y'))
  rows.put('a', 'x', 1, noHeaders)
  await under.state.commit()
  expect(under.memoryBudget.bytes).toBe(bytesOf('a', 'x') + bytesOf('bb', 'y'))
  rows.put('a', null, 1, noHeaders)
  rows.put('bb', null, 1, noHeaders)
  await under.state.commit()
  expect(under.memoryBudget.bytes).toBe(0)
})

test('what is closed gives its bytes back', async () => {
  const under = await StateUnderTest.open({ stores: [inMemory] })
  under.state.rows<string>('s').put('a', 'x', 1, noHeaders)
  await under.state.commit()
  expect(under.memoryBudget.bytes).toBeGreaterThan(0)
  await under.state.close()
  expect(under.memoryBudget.bytes).toBe(0)
})

test('over its limit a budget says which setting it is, how much there is and how much there may be', () => {
  const budget = new MemoryBudget('memoryStoreBytesMax', 'Stores in memory', 1_000)
  budget.bytes = 1_000
  expect(() => budget.check('0_1')).not.toThrow()
  budget.bytes = 1_001
  expect(() => budget.check('0_1')).toThrow(
    'Stores in memory take 1001 bytes of memory, in task 0_1 among others, and may take 1000 (memoryStoreBytesMax). Raise memoryStoreBytesMax,',
  )
})

test('what suppress holds back counts until it has been sent', async () => {
  const under = await StateUnderTest.open({ stores: [suppressed] })
  const buffer = under.state.suppressBuffer<string>('s')
  const change = { newValue: 'x'.repeat(100), oldValue: null, timestamp: 1, headers: noHeaders, topic: 'in', partition: 0, offset: 0 }
  buffer.put(1, 'a', change)
  buffer.put(2, 'b', change)
  const { bytes } = under.suppressBudget
  expect(bytes).toBe(buffer.bytes + 2 * 500)
  buffer.removeFirst()
  expect(under.suppressBudget.bytes).toBe(bytes / 2)
  buffer.removeFirst()
  expect(under.suppressBudget.bytes).toBe(0)
})

test.each([10, 1_000])('stores in memory take about as much of the process as is counted, with values of %i bytes', async (valueBytes) => {
  const under = await StateUnderTest.open({ stores: [inMemory], uncommittedBytesMax: Infinity })
  const rows = under.state.rows<string>('s')
  const before = usedBytes()
  for (let batch = 0; batch < 20; batch++) {
    for (let row = 0; row < 1_000; row++) rows.put(`key-${batch}-${row}`, String(row % 10).repeat(valueBytes), 1, noHeaders)
    await under.state.commit()
    under.changelog('app-s-changelog').records.length = 0
  }
  const takenBytes = usedBytes() - before
  const countedBytes = under.memoryBudget.bytes
  expect(takenBytes).toBeLessThan(1.5 * countedBytes)
  expect(takenBytes).toBeGreaterThan(0.5 * countedBytes)
})

test('what suppress holds back takes about as much of the process as is counted', async () => {
  const under = await StateUnderTest.open({ stores: [suppressed] })
  const buffer = under.state.suppressBuffer<string>('s')
  const before = usedBytes()
  for (let row = 0; row < 20_000; row++) {
    const newValue = String(row % 10).repeat(100)
    buffer.put(row, `key-${row}`, { newValue, oldValue: null, timestamp: row, headers: [], topic: 'in', partition: 0, offset: row })
  }
  const takenBytes = usedBytes() - before
  expect(takenBytes).toBeLessThan(1.5 * under.suppressBudget.bytes)
  expect(takenBytes).toBeGreaterThan(0.5 * under.suppressBudget.bytes)
})

test('the record cache takes about as much of the process as is counted, and never more than it may', async () => {
  const cached = storeSpec('timestampedKeyValue', string(), long(), { caching: true })
  const cacheBytesMax = 4_000_000
  const under = await StateUnderTest.open({ stores: [cached], cacheBytesMax, uncommittedBytesMax: Infinity })
  const rows = under.state.rows<number>('s')
  let highest = 0
  const before = usedBytes()
  for (let row = 0; row < 20_000; row++) {
    rows.put(`key-${row}`, row, 1, noHeaders)
    highest = Math.max(highest, under.budget.bytes)
  }
  expect(usedBytes() - before).toBeLessThan(1.5 * under.budget.bytes)
  for (let row = 20_000; row < 60_000; row++) {
    rows.put(`key-${row}`, row, 1, noHeaders)
    highest = Math.max(highest, under.budget.bytes)
  }
  expect(highest).toBeLessThanOrEqual(cacheBytesMax)
  expect(highest).toBeGreaterThan(0.9 * cacheBytesMax)
})

test('a restore of more than there may be ends with the limit, not with the memory', async () => {
  const under = await StateUnderTest.open({ stores: [inMemory] })
  under.state.rows<string>('s').put('a', 'x'.repeat(1000), 1, noHeaders)
  await under.state.commit()
  under.limitMemory(500)
  expect(isMillraceError(await under.crash().catch((error: unknown) => error), 'state-memory-full')).toBe(true)
})
