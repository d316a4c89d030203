// Sources and sinks that are no topics, in apps: where reading goes on, when sinks are flushed, and how failures are told.

import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { tumbling } from '../../framework/dsl/windows.ts'
import type { Sink, Source, SourceRecord, StreamRecord } from '../../framework/index.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }

type Rows = readonly SourceRecord<string, string>[]

/** A list that can grow, read a few rows at a time; it remembers from where it was opened. */
class ListSource implements Source<string, string> {
  readonly name = 'list'
  readonly bounded: boolean
  readonly openedAt: number[] = []
  closed = 0
  private readonly rows: SourceRecord<string, string>[]
  private arrived: (() => void) | undefined
  private readonly rowsAtOnce: number

  constructor(rows: Rows, { bounded = true, rowsAtOnce = 2 } = {}) {
    this.rows = [...rows]
    this.bounded = bounded
    this.rowsAtOnce = rowsAtOnce
  }

  add(...rows: Rows): void {
    this.rows.push(...rows)
    this.arrived?.()
  }

  async open({ position }: { position: number }) {
    this.openedAt.push(position)
    let next = position
    return {
      read: async (): Promise<Rows | 'end'> => {
        while (next >= this.rows.length) {
          if (this.bounded) return 'end'
          const isClosed = await new Promise<boolean>((resolve) => {
            this.arrived = () => resolve(false)
            this.stopWaiting = () => resolve(true)
          })
          if (isClosed) return 'end'
        }
        const rows = this.rows.slice(next, next + this.rowsAtOnce)
        next += rows.length
        return rows
      },
      close: async () => {
        this.closed++
        this.stopWaiting?.()
      },
    }
  }

  private stopWaiting: (() => void) | undefined
}

/** Keeps what was flushed. */
class ListSink implements Sink<string, string> {
  readonly name = 'list'
  readonly flushed: string[] = []
  /** What happened, in order. */
  readonly events: string[] = []
  failure: Error | undefined
  private readonly fullAt: number

  constructor(fullAt = Infinity) {
    this.fullAt = fullAt
  }

  async open() {
    let held: StreamRecord<string, string>[] = []
    const { fullAt } = this
    return {
      write: (record: StreamRecord<string, string>) => held.push(record),
      get full() {
        return held.length >= fullAt
      },
      flush: async () => {
        if (this.failure !== undefined) throw this.failure
        if (held.length === 0) return
        this.flushed.push(...held.map(({ key, value }) => `${key}=${value}`))
        this.events.push(`flush ${held.length}`)
        held = []
      },
      close: async () => {
        this.events.push('close')
      },
    }
  }
}

const row = (key: string, value: string, timestamp: number) => ({ key, value, timestamp })
const abc = [row('a', '1', 1), row('b', '2', 2), row('a', '3', 13)]

const copies = (source: Source<string, string>) =>
  topology('copies', (builder) => {
    builder.fromSource(source, { ...text, name: 'rows' }).to('out', text)
  })

test('a bounded source is read to its end, closes its windows, and the app ends', async () => {
  const bench = new AppBench()
  const source = new ListSource(abc)
  const counts = topology('counts', (builder) => {
    const rows = builder.fromSource(source, text)
    rows
      .groupByKey(text)
      .windowedBy(tumbling(10), { emit: 'final' })
      .count()
      .toStream((_count, { key, start }) => `${key}@${start}`)
      .print()
  })
  const app = bench.start(counts)
  expect(await app.ended()).toMatchObject({ recordsIn: 3 })
  expect(app.printed).toEqual(['(a@0,1)', '(b@0,1)', '(a@10,1)'])
  expect(source.closed).toBe(1)
})

test('a second run goes on behind what was committed', async () => {
  const bench = new AppBench()
  await bench.createTopics({ out: 1 })
  const source = new ListSource(abc)
  await bench.start(copies(source)).ended()
  source.add(row('d', '4', 20))
  expect(await bench.start(copies(source)).ended()).toMatchObject({ recordsIn: 1 })
  expect(source.openedAt).toEqual([0, 3])
  expect(bench.values('out')).toEqual(['1', '2', '3', '4'])
})

test('what was not committed before a crash is read again', async () => {
  const bench = new AppBench()
  await bench.createTopics({ out: 1 })
  const source = new ListSource(abc, { bounded: false })
  const first = bench.start(copies(source), { config: { commitIntervalMs: 60_000, lingerMs: 0 } })
  await bench.clock.advanceUntil(() => bench.values('out').length === 3)
  first.crash()
  const second = bench.start(copies(source), { config: { commitIntervalMs: 100 } })
  await bench.clock.advanceUntil(() => bench.values('out').length === 6)
  source.add(row('d', '4', 20))
  await bench.clock.advanceUntil(() => bench.values('out').length === 7)
  await second.stop()
  expect(source.openedAt).toEqual([0, 0])
  expect(bench.values('out').slice(3)).toEqual(['1', '2', '3', '4'])
})

test('of several instances one reads the source, and all end with it', async () => {
  const bench = new AppBench()
  await bench.createTopics({ out: 1 })
  const source = new ListSource(Array.from({ length: 20 }, (_, i) => row(`k${i}`, String(i), i)))
  const repartitioned = topology('copies', (builder) => {
    builder
      .fromSource(source, text)
      .selectKey((value) => `n${Number(value) % 3}`)
      .repartition({ ...text, partitions: 3 })
      .to('out', text)
  })
  const apps = [bench.start(repartitioned), bench.start(repartitioned)]
  const totals = await Promise.all(apps.map((app) => app.ended()))
  expect(totals.reduce((sum, { recordsOut }) => sum + recordsOut, 0)).toBe(20)
  expect(new Set(bench.values('out')).size).toBe(20)
})

test('a source without an end keeps the app running until it is stopped, and is not for --until-end', async () => {
  const bench = new AppBench()
  await bench.createTopics({ out: 1 })
  const source = new ListSource([], { bounded: false })
  const app = bench.start(copies(source))
  await app.reaches('running')
  source.add(...abc)
  await bench.clock.advanceUntil(() => bench.values('out').length === 3)
  expect(await app.stop()).toMatchObject({ recordsIn: 3 })
  expect(source.closed).toBe(1)
  await expect(bench.runToEnd(copies(source))).rejects.toMatchObject({
    code: 'not-supported',
    message: expect.stringContaining('rows, a source without an end'),
  })
})

test('positions of one’s own are committed, and may have gaps', async () => {
  const bench = new AppBench()
  await bench.createTopics({ out: 1 })
  const source = new ListSource([
    { key: 'a', value: '1', position: 10 },
    { key: 'a', value: '2', position: 500 },
  ])
  await bench.start(copies(source)).ended()
  const [committed] = await bench.admin.committed('copies', [{ topic: 'copies-rows-source', partition: 0 }])
  expect(committed).toMatchObject({ offset: 500 })
})

test('positions that go back are refused', async () => {
  const bench = new AppBench()
  await bench.createTopics({ out: 1 })
  const source = new ListSource([
    { key: 'a', value: '1', position: 10 },
    { key: 'a', value: '2', position: 9 },
  ])
  const failure = await bench.start(copies(source)).failed()
  expect(failure).toMatchObject({
    code: 'source-failed',
    message: expect.stringContaining('it gave the position 9 behind the position 10'),
  })
})

test.for(['open', 'read'] as const)('a source whose %s rejects ends the app, with its place', async (what) => {
  const bench = new AppBench()
  await bench.createTopics({ out: 1 })
  const broken: Source<string, string> = {
    name: 'database',
    bounded: true,
    async open() {
      if (what === 'open') throw new Error('no such table')
      return {
        async read() {
          throw new Error('no such table')
        },
        async close() {},
      }
    },
  }
  const failure = await bench.start(copies(broken)).failed()
  const doing = what === 'open' ? 'opened' : 'read'
  expect(failure).toMatchObject({
    code: 'source-failed',
    message: expect.stringContaining(`The source database of rows cannot be ${doing} in task 0_0: no such table`),
  })
})

const archive = (sink: Sink<string, string>) =>
  topology('archive', (builder) => {
    builder.stream('in', text).sinkTo(sink, { name: 'archived' })
  })

test('a sink has written all before offsets are committed', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  await bench.produce('in', [
    ['a', '1'],
    ['b', '2'],
  ])
  const sink = new ListSink()
  expect(await bench.runToEnd(archive(sink))).toMatchObject({ recordsIn: 2, recordsOut: 2 })
  expect(sink.flushed).toEqual(['a=1', 'b=2'])
  expect(sink.events).toEqual(['flush 2', 'close'])
})

test('nothing is committed that a sink could not write, and the next run hands it over again', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  await bench.produce('in', [['a', '1']])
  const sink = new ListSink()
  sink.failure = new Error('the disk is full')
  const failure = await bench.start(archive(sink), { untilEnd: true }).failed()
  expect(failure).toMatchObject({
    code: 'sink-failed',
    message: expect.stringContaining('The sink list of archived cannot be written in task 0_0: the disk is full'),
  })
  expect(await bench.admin.committed('archive', [{ topic: 'in', partition: 0 }])).toEqual([])
  sink.failure = undefined
  await bench.runToEnd(archive(sink))
  expect(sink.flushed).toEqual(['a=1'])
})

test('a sink that is full is emptied by a commit before the next record', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  await bench.produce(
    'in',
    Array.from({ length: 7 }, (_, i) => ['k', String(i)] as const),
  )
  const sink = new ListSink(3)
  await bench.runToEnd(archive(sink))
  expect(sink.events).toEqual(['flush 3', 'flush 3', 'flush 1', 'close'])
})

test('a sink that cannot be opened ends the app before a record is taken', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  const sink: Sink<string, string> = {
    name: 'database',
    async open() {
      throw new Error('wrong password')
    },
  }
  expect(await bench.start(archive(sink)).failed()).toMatchObject({
    code: 'sink-failed',
    message: expect.stringContaining('The sink database of archived cannot be opened in task 0_0: wrong password'),
  })
})

test('the test driver opens neither, gives records in place of the source and keeps what the sink would have got', async () => {
  const never = (): never => {
    throw new Error('the driver must not open it')
  }
  const source: Source<string, string> = { name: 'never', bounded: false, open: never }
  const sink: Sink<string, string> = { name: 'never', open: never }
  const definition = topology('through', (builder) => {
    const rows = builder.fromSource(source, { ...text, name: 'rows' })
    rows.mapValues((value) => value.toUpperCase()).sinkTo(sink, { name: 'rows-sink' })
  })
  const driver = await TopologyTestDriver.open(definition)
  driver.pipeSource('rows', [row('a', 'x', 5)])
  expect(driver.sinkRecords('rows-sink')).toMatchObject([{ key: 'a', value: 'X', timestamp: 5, topic: 'through-rows-source', offset: 0 }])
  await driver.close()
})
