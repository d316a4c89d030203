import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { tumbling } from '../../framework/dsl/windows.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { timeWindowed } from '../../framework/serdes/windowed.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }
const config = { commitIntervalMs: 1_000, cacheBytesMax: 0 }

async function benchWith(topics: Readonly<Record<string, number>>): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics(topics)
  return bench
}

const seen = (bench: AppBench, topic: string) => bench.records(topic).map(({ value, partition }) => [value, partition])

test('a partitioner is given value, key, the number of partitions and the topic, and what it gives is where the record goes', async () => {
  const bench = await benchWith({ in: 1, out: 4 })
  const asked: unknown[] = []
  const definition = topology('chosen', (builder) => {
    builder.stream('in', text).to('out', {
      ...text,
      partitioner(value, key, partitions, topic) {
        asked.push([value, key, partitions, topic])
        return Number(value)
      },
    })
  })
  await bench.produce('in', [['k', '3']])
  await bench.runToEnd(definition, { config })
  expect(asked).toEqual([['3', 'k', 4, 'out']])
  expect(seen(bench, 'out')).toEqual([['3', 3]])
})

test('several partitions get a copy each, an empty list none, and undefined leaves it to the key', async () => {
  const bench = await benchWith({ in: 1, out: 3, byKey: 3 })
  const definition = topology('multicast', (builder) => {
    const input = builder.stream('in', text)
    input.to('byKey', text)
    input.to('out', { ...text, partitioner: (value) => ({ all: [0, 1, 2, 2], none: [] })[value] })
  })
  await bench.produce('in', [
    ['k', 'all'],
    ['k', 'none'],
    ['k', 'default'],
  ])
  const totals = await bench.runToEnd(definition, { config })
  const byKey = bench.records('byKey')[0]!.partition
  const expected = [0, 1, 2].flatMap((partition) => [['all', partition], ...(partition === byKey ? [['default', partition]] : [])])
  expect(seen(bench, 'out')).toEqual(expected)
  expect(totals.droppedRecords).toEqual(new Map([['no-partition', 1]]))
})

test('a partition that the topic does not have stops the app, and the message names sink and topic', async () => {
  const bench = await benchWith({ in: 1, out: 2 })
  const definition = topology('wrong', (builder) => {
    builder.stream('in', text).to('out', { ...text, name: 'sink', partitioner: () => 2 })
  })
  await bench.produce('in', [['k', 'v']])
  const failure = await bench.start(definition, { config }).failed()
  expect(String(failure)).toMatch(/partitioner of sink gave 2, and out has the partitions 0 to 1/)
})

test('repartition() takes a partitioner, which decides which task goes on with a record', async () => {
  const bench = await benchWith({ in: 1, out: 1 })
  const definition = topology('repartitioned', (builder) => {
    builder
      .stream('in', text)
      .repartition({ ...text, name: 'by-length', partitions: 4, partitioner: (value) => value.length })
      .mapValues((value, _key, { partition }) => `${value}@${partition}`)
      .to('out', text)
  })
  await bench.produce('in', [
    ['k', ''],
    ['k', 'a'],
    ['k', 'abc'],
  ])
  await bench.runToEnd(definition, { config })
  expect([...bench.values('out')].sort()).toEqual(['@0', 'a@1', 'abc@3'])
})

test('windowed keys are partitioned by the key in them, so that all windows of a key lie together', async () => {
  const bench = await benchWith({ in: 1, out: 8, byKey: 8 })
  const definition = topology('windowed', (builder) => {
    const input = builder.stream('in', text)
    input.to('byKey', text)
    const counts = input.groupByKey().windowedBy(tumbling('10ms')).count()
    counts.toStream().to('out', { key: timeWindowed(string(), 10), value: long() })
  })
  const keys = ['a', 'b', 'c', 'd', 'e']
  await bench.produce(
    'in',
    [5, 25, 45].flatMap((time) => keys.map((key) => [key, 'x', time] as const)),
  )
  await bench.runToEnd(definition, { config })
  const byKey = new Map(bench.records('byKey').map(({ key, partition }) => [key, partition]))
  const windows = bench.records('out').map(({ key, partition }) => ({ key: key?.[0], partition }))
  expect(windows).toHaveLength(15)
  for (const { key, partition } of windows) expect(partition).toBe(byKey.get(key ?? null))
})

test('a join by a foreign key finds rows of tables that are partitioned in their own way, if it is told how', async () => {
  const bench = await benchWith({ orders: 3, customers: 3, out: 1 })
  const definition = topology('joined', (builder) => {
    const orders = builder.table('orders', text)
    const customers = builder.table('customers', text)
    const joined = orders.join(
      customers,
      (order) => order,
      (order, customer) => `${order}:${customer}`,
      {
        ...{ key: string(), thisValue: string(), otherKey: string(), otherValue: string(), value: string() },
        partitioner: (key) => Number(key) % 3,
        otherPartitioner: (key, partitions) => key.length % partitions,
      },
    )
    joined.toStream().to('out', text)
  })
  const placing = topology('placing', (builder) => {
    builder.stream('raw-orders', text).to('orders', { ...text, partitioner: (_value, key) => Number(key) % 3 })
    builder.stream('raw-customers', text).to('customers', { ...text, partitioner: (_value, key) => key.length % 3 })
  })
  await bench.createTopics({ 'raw-orders': 1, 'raw-customers': 1 })
  await bench.produce('raw-customers', [
    ['a', 'Ann'],
    ['bb', 'Bob'],
    ['ccc', 'Cas'],
  ])
  await bench.produce('raw-orders', [
    ['1', 'a'],
    ['2', 'bb'],
    ['3', 'ccc'],
    ['4', 'a'],
  ])
  await bench.runToEnd(placing, { config })
  await bench.runToEnd(definition, { config })
  expect([...bench.values('out')].sort()).toEqual(['a:Ann', 'a:Ann', 'bb:Bob', 'ccc:Cas'])
})
