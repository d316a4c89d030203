import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { tumbling } from '../../framework/dsl/windows.ts'
import { integer, string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }

test('bounded sources are emitted once, print, and end the app', async () => {
  const bench = new AppBench()
  const seed = topology('seed', (builder) => {
    builder
      .fromElements(
        [
          ['a', 1],
          ['b', 2],
          ['c', 3],
        ],
        { key: string(), value: integer() },
      )
      .groupByKey()
      .windowedBy(tumbling('10s'))
      .reduce((sum, value) => sum + value)
      .toStream()
      .print()
  })
  const started = bench.start(seed)
  const totals = await started.ended()
  expect(started.printed).toEqual(['(a,1)', '(b,2)', '(c,3)'])
  expect(totals).toMatchObject({ recordsIn: 3 })
  const again = bench.start(seed)
  expect(await again.ended()).toMatchObject({ recordsIn: 0 })
  expect(again.printed).toEqual([])
})

test('a bounded source ends behind a repartition topic too', async () => {
  const bench = new AppBench()
  const words = topology('words', (builder) => {
    builder
      .fromElements(
        [
          ['1', 'x'],
          ['2', 'y'],
          ['3', 'x'],
        ],
        text,
      )
      .groupBy((value) => value, text)
      .count()
      .toStream()
      .print()
  })
  const started = bench.start(words)
  await started.ended()
  expect(started.printed).toEqual(['(y,1)', '(x,2)'])
})

test('a task with two inputs takes records by timestamp, also what the broker has and has not yet sent', async () => {
  const bench = new AppBench()
  await bench.createTopics({ left: 1, right: 1, out: 1 })
  await bench.produce(
    'left',
    Array.from({ length: 50 }, (_, index) => ['k', `l${index}`, index * 10]),
  )
  await bench.produce(
    'right',
    Array.from({ length: 500 }, (_, index) => ['k', `r${index}`, index]),
  )
  const merged = topology('merged', (builder) => {
    builder.stream('left', text).merge(builder.stream('right', text)).to('out', text)
  })
  // So little is fetched at once that one input runs dry while the broker still has records of it.
  await bench.runToEnd(merged, { config: { fetchBufferBytesMax: 1_024 } })
  const times = bench.records('out').map(({ timestamp }) => timestamp)
  expect(times).toHaveLength(550)
  expect(times).toEqual([...times].sort((left, right) => left - right))
})

test('an input without records is waited for as long as maxTaskIdleMs says', async () => {
  const bench = new AppBench()
  await bench.createTopics({ left: 1, right: 1, out: 1 })
  const merged = topology('merged', (builder) => {
    builder.stream('left', text).merge(builder.stream('right', text)).to('out', text)
  })
  const started = bench.start(merged, { config: { maxTaskIdleMs: 5_000, lingerMs: 0 } })
  await started.reaches('running')
  await bench.produce('left', [['k', 'later', 20]])
  const sentMs = bench.clock.now()
  await bench.clock.advanceUntil(() => bench.clock.now() >= sentMs + 3_000)
  expect(bench.values('out')).toEqual([])
  await bench.produce('right', [['k', 'sooner', 10]])
  await bench.clock.advanceUntil(() => bench.values('out').length === 2)
  expect(bench.values('out')).toEqual(['sooner', 'later'])
  expect(bench.clock.now() - sentMs).toBeLessThan(11_000)
  await started.stop()
})

test('--until-end stops where the topics ended at the start, whatever comes meanwhile', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [
    ['a', '1'],
    ['a', '2'],
  ])
  const growing = topology('growing', (builder) => {
    builder
      .stream('in', text)
      .peek(() => void bench.produce('in', [['a', 'more']]))
      .to('out', text)
  })
  expect(await bench.runToEnd(growing)).toMatchObject({ recordsIn: 2 })
  expect(await bench.admin.committed('growing', [{ topic: 'in', partition: 0 }])).toMatchObject([{ offset: 2 }])
})

test('consumed records of repartition topics are deleted, those not yet committed are kept', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  const byValue = topology('by-value', (builder) => {
    builder
      .stream('in', text)
      .groupBy((value) => value, text)
      .count({ name: 'by-value' })
      .toStream()
      .mapValues((count) => String(count))
      .to('out', text)
  })
  const started = bench.start(byValue, { config: { commitIntervalMs: 1_000, repartitionPurgeIntervalMs: 10_000 } })
  await started.reaches('running')
  const [repartition] = bench.cluster.topicNames().filter((name) => name.endsWith('-repartition'))
  const log = bench.cluster.log(repartition!, 0)!
  await bench.produce('in', [
    ['1', 'x'],
    ['2', 'y'],
  ])
  await bench.clock.advanceUntil(() => bench.values('out').length === 2)
  expect(log.startOffset).toBe(0)
  const beforeMs = bench.clock.now()
  await bench.clock.advanceUntil(() => bench.clock.now() > beforeMs + 10_000)
  await bench.produce('in', [['3', 'z']])
  await bench.clock.advanceUntil(() => log.startOffset === 3)
  await started.stop()
})

test('records that were deleted before they were read are left out, and the log says so', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce('in', [['a', '1']])
  const copy = topology('copy', (builder) => {
    builder.stream('in', text).to('out', text)
  })
  await bench.runToEnd(copy)
  await bench.produce('in', [
    ['a', '2'],
    ['a', '3'],
  ])
  bench.cluster.log('in', 0)!.deleteBefore(2)
  const started = bench.start(copy, { untilEnd: true })
  await started.ended()
  expect(bench.values('out')).toEqual(['1', '3'])
  expect(started.logged.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
    'The position in in-0 is out of range; going on at offset 2.',
  ])
})

test('wall-clock punctuation runs while there is no input', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  const ticking = topology('ticking', (builder) => {
    builder
      .stream('in', text)
      .process<string, string>(() => {
        return {
          init: (context) => {
            context.schedule({ everyMs: 1_000, by: 'wallClock' }, (time) =>
              context.forward({ key: 'tick', value: String(time), timestamp: time }),
            )
          },
          process: () => {},
        }
      })
      .to('out', text)
  })
  const started = bench.start(ticking)
  await started.reaches('running')
  const startMs = bench.clock.now()
  await bench.clock.advanceUntil(() => bench.values('out').length === 3)
  expect(bench.clock.now() - startMs).toBeLessThan(3_500)
  await started.stop()
})
