// What waits for time to pass, where the input ends: nothing moves time on any more.

import { expect, test } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { slidingCount, tumblingCount } from '../../framework/dsl/count-windows.ts'
import { type TopologyDefinition, topology } from '../../framework/dsl/topology-definition.ts'
import { session, sliding, tumbling, within } from '../../framework/dsl/windows.ts'
import { collect, type FixedKeyProcessorContext, type KGroupedStream } from '../../framework/index.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { AppBench } from './app-bench.ts'
import { type Death, liveUntil } from './killing-broker.ts'

const text = { key: string(), value: string() }

const elements = [
  ['a', 'x', 1],
  ['b', 'y', 2],
  ['a', 'z', 13],
] as const

/** Counts by window, whose results are all sent when the windows close. */
const counts = {
  suppressed: (group: KGroupedStream<string, string>) => group.windowedBy(tumbling(10)).count().suppress({ until: 'windowCloses' }),
  tumbling: (group: KGroupedStream<string, string>) => group.windowedBy(tumbling(10), { emit: 'final' }).count(),
  sliding: (group: KGroupedStream<string, string>) => group.windowedBy(sliding(5), { emit: 'final' }).count(),
  session: (group: KGroupedStream<string, string>) => group.windowedBy(session(5), { emit: 'final' }).count(),
} as const

function countsOf(kind: keyof typeof counts) {
  return topology(kind, (builder) => {
    const group = builder.fromElements<string, string>(elements, text).groupByKey()
    counts[kind](group)
      .toStream((_count, { key, start }) => `${key}@${start}`)
      .print()
  })
}

const expected = {
  suppressed: ['(a@0,1)', '(b@0,1)', '(a@10,1)'],
  tumbling: ['(a@0,1)', '(b@0,1)', '(a@10,1)'],
  sliding: ['(a@0,1)', '(b@0,1)', '(a@8,1)'],
  session: ['(a@1,1)', '(b@2,1)', '(a@13,1)'],
} as const

test.for(Object.keys(counts) as (keyof typeof counts)[])('the end of a bounded source closes its windows: %s', async (kind) => {
  const bench = new AppBench()
  const started = bench.start(countsOf(kind))
  await started.ended()
  expect(started.printed).toEqual(expected[kind])
  const again = bench.start(countsOf(kind))
  await again.ended()
  expect(again.printed).toEqual([])
})

test.for(Object.keys(counts) as (keyof typeof counts)[])('the test driver does the same: %s', async (kind) => {
  const driver = await TopologyTestDriver.open(countsOf(kind))
  expect(driver.printed).toEqual(expected[kind])
  await driver.restart()
  expect(driver.printed).toEqual(expected[kind])
  await driver.close()
})

const byValue = topology('by-value', (builder) => {
  builder
    .fromElements<string, string>([...elements, ['c', 'x', 14]], text)
    .groupBy((value) => value, text)
    .windowedBy(tumbling(10))
    .count()
    .suppress({ until: 'windowCloses' })
    .toStream((_count, { key, start }) => `${key}@${start}`)
    .print()
})

test('the end of a bounded source is known behind a repartition topic, when all has come over it', async () => {
  const printed = ['(x@0,1)', '(y@0,1)', '(x@10,1)', '(z@10,1)']
  const started = new AppBench().start(byValue)
  await started.ended()
  expect(started.printed).toEqual(printed)
  const driver = await TopologyTestDriver.open(byValue)
  expect(driver.printed).toEqual(printed)
  await driver.close()
})

const ads = topology('ads', (builder) => {
  const shown = builder.fromElements<string, string>(
    [
      ['a', 'shown', 1],
      ['b', 'shown', 2],
    ],
    text,
  )
  const clicked = builder.fromElements<string, string>([['b', 'clicked', 3]], text)
  shown.leftJoin(clicked, (ad, click) => `${ad} ${click}`, within(10), { ...text, otherValue: string() }).print()
})

test('what a join has kept for others to meet is sent at the end', async () => {
  const started = new AppBench().start(ads)
  await started.ended()
  expect(started.printed).toEqual(['(b,"shown clicked")', '(a,"shown null")'])
})

test('topics have no end: --until-end leaves windows open, for the next run to go on', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1 })
  await bench.produce('in', [['a', 'x', 1]])
  const open = topology('open', (builder) => {
    builder
      .stream('in', text)
      .groupByKey()
      .windowedBy(tumbling(10))
      .count()
      .suppress({ until: 'windowCloses' })
      .toStream((_count, { key }) => key)
      .print()
  })
  const first = bench.start(open, { untilEnd: true })
  await first.ended()
  expect(first.printed).toEqual([])
  await bench.produce('in', [
    ['a', 'y', 2],
    ['b', 'z', 20],
  ])
  const second = bench.start(open, { untilEnd: true })
  await second.ended()
  expect(second.printed).toEqual(['(a,2)'])
})

/** Runs an app that dies, and one behind it to the end of the input. */
async function diesAndEnds(bench: AppBench, definition: TopologyDefinition, config: Config, death: Death): Promise<void> {
  await liveUntil(death, bench, definition, { config })
  await bench.start(definition, { config }).ended()
}

test('found by chance: what a dead process has left open in a repartition topic is waited for, before its end is known', async () => {
  const bench = new AppBench()
  await bench.createTopics({ out: 1 })
  const moved = topology('moved', (builder) => {
    const input = builder.fromElements<string, string>(elements, { name: 'in', ...text })
    input.repartition({ name: 'moved', ...text }).to('out', text)
  })
  await diesAndEnds(bench, moved, { processingGuarantee: 'exactly_once_v2' }, { atStep: 1, sends: true })
  expect(bench.values('out')).toEqual(['x', 'y', 'z'])
})

test('at least once: a window of records is sent before its store forgets it, so that an app that dies in between sends it again', async () => {
  const build = topology('batches', (builder) => {
    const input = builder.fromElements<string, string>(elements, { name: 'in', ...text })
    const windows = input.groupByKey(text).windowedBy(tumblingCount(2, { atEnd: 'send' }))
    windows
      .reduce((left, right) => left + right, { store: 'w' })
      .selectKey((_value, { key }) => key)
      .to('out', text)
  })
  for (let atStep = 0; atStep < 12; atStep++) {
    const bench = new AppBench()
    await bench.createTopics({ out: 1 })
    await diesAndEnds(bench, build, { cacheBytesMax: 0 }, { atStep, sends: true })
    expect([...bench.values('out')].join('')).toMatch(/x.*z/)
    expect([...bench.values('out')].join('')).toContain('y')
  }
})

test('found by chance: an end that comes again, behind a crash, sends windows of records of which none has come since', async () => {
  const build = topology('last', (builder) => {
    const input = builder.fromElements<string, string>(elements, { name: 'in', ...text })
    let context: FixedKeyProcessorContext<string, string>
    // The positions of all elements are committed before the end.
    const committed = input.processValues<string>(() => ({
      init: (given) => {
        context = given
      },
      process: ({ value }) => {
        context.commit()
        context.forward({ value })
      },
    }))
    const windows = committed.groupByKey(text).windowedBy(slidingCount(7, { step: 1, partial: true, atEnd: 'send' }))
    windows
      .aggregate({ all: collect((one: string) => one) }, { store: 'w' })
      .map(({ all }, { key }) => [key, all.join('')])
      .to('out', text)
  })
  for (let atStep = 0; atStep < 24; atStep++) {
    const bench = new AppBench()
    await bench.createTopics({ out: 1 })
    await diesAndEnds(bench, build, { cacheBytesMax: 0 }, { atStep, sends: true })
    expect(bench.values('out')).toContain('y')
    expect([...bench.values('out')].join(' ')).toContain('xz')
  }
})
