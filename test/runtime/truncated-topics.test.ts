import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { asOffset } from '../../framework/ports/record.ts'
import { AppBench } from './app-bench.ts'
import { counts, text } from './counts.ts'

const both = topology('both', (builder) => {
  builder.stream(['in', 'other'], text).to('out', text)
})

test('a run to the end ends though the last records were deleted before it read them', async () => {
  const bench = await benchOf(1)
  await bench.produce('in', [['a', 'read']])
  await bench.runToEnd(both)
  await bench.produce('in', [['a', 'never read']])
  await truncate(bench, 'in')
  expect(await bench.runToEnd(both)).toMatchObject({ recordsIn: 0 })
  expect(await bench.admin.committed('both', [{ topic: 'in', partition: 0 }])).toMatchObject([{ offset: 2 }])
})

test('a task does not wait for deleted records of one input while the other has some', async () => {
  const bench = await benchOf(1)
  await bench.produce('other', [['a', 'read']])
  await bench.runToEnd(both)
  await bench.produce('other', [['a', 'never read']])
  await truncate(bench, 'other')
  await bench.produce('in', [['a', 'still read']])
  const started = bench.start(both)
  await bench.clock.advanceUntil(() => bench.values('out').includes('still read'))
  await started.stop()
})

test('several partitions that are out of range at once are all read on', async () => {
  const bench = await benchOf(3)
  const oneOfEach = Array.from({ length: 30 }, (_, index) => [`key-${index}`, 'x'] as const)
  await bench.produce('in', oneOfEach)
  await bench.runToEnd(both)
  await bench.produce('in', oneOfEach)
  await truncate(bench, 'in')
  const started = bench.start(both)
  await started.reaches('running')
  await bench.clock.advanceUntil(() => started.logged.filter(({ message }) => message.includes('out of range')).length === 3)
  await bench.produce('in', oneOfEach)
  await bench.clock.advanceUntil(() => bench.values('out').length === 60)
  expect(await started.stop()).toMatchObject({ recordsIn: 30 })
})

test('a changelog whose beginning is deleted while it is restored is restored from what is left', async () => {
  const bench = await benchOf(1)
  const keys = Array.from({ length: 100 }, (_, index) => [`key-${index}-`.padEnd(200, 'x'), 'x'] as const)
  await bench.produce('in', keys)
  await bench.runToEnd(counts)
  const changelog = 'counts-counts-changelog'
  const started = bench.start(counts, { config: { fetchBufferBytesMax: 4_096 } })
  await bench.clock.advanceUntil(() => started.logged.some(({ message }) => message.startsWith('Restoring')))
  await bench.admin.deleteRecords([{ topic: changelog, partition: 0, offset: asOffset(99) }])
  await started.reaches('running')
  await bench.produce('in', [[keys[99]![0], 'x']])
  await bench.clock.advanceUntil(() => bench.values('out').length === 101)
  expect(bench.values('out').at(-1)).toBe('2')
  await started.stop()
})

test('a global table whose beginning is deleted while it is read has what is left', async () => {
  const bench = await benchOf(1)
  const keys = Array.from({ length: 100 }, (_, index) => `key-${index}-`.padEnd(200, 'x'))
  await bench.produce(
    'other',
    keys.map((key) => [key, key] as const),
  )
  const looked = topology('looked', (builder) => {
    const other = builder.globalTable('other', text)
    builder
      .stream('in', text)
      .leftJoin(
        other,
        (value) => value,
        (_, found): string => (found === null ? 'nothing' : 'found'),
      )
      .to('out', text)
  })
  await bench.produce('in', [['a', keys[99]!]])
  const started = bench.start(looked, { config: { fetchBufferBytesMax: 4_096 } })
  await bench.clock.advanceUntil(() => started.logged.some(({ message }) => message.startsWith('Reading the global')))
  await truncate(bench, 'other')
  await started.reaches('running')
  await bench.clock.advanceUntil(() => bench.values('out').length === 1)
  expect(bench.values('out')).toEqual(['nothing'])
  await started.stop()
})

async function benchOf(partitions: number): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ in: partitions, other: partitions, out: 1 })
  return bench
}

/** Deletes all that is in a topic, as its retention would. */
async function truncate(bench: AppBench, topic: string): Promise<void> {
  const { partitions } = bench.cluster.requireTopic(topic)
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
  await bench.admin.deleteRecords(await bench.admin.endOffsets(all))
}
