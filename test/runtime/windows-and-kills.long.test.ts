// Windowed aggregations by chance, in an app that is killed at any moment, under exactly-once: who reads committed records sees what a run without kills sends. Where the clock
// on the wall decides, a run with kills may cut otherwise, but each record is in one window, or late, and nothing is sent twice.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Config } from '../../framework/config.ts'
import {
  globalWindow,
  idle,
  type KStream,
  onEvery,
  onIdle,
  purging,
  type SessionWindowedKStream,
  session,
  string,
  type TimeWindowedKStream,
  type TopologyDefinition,
  topology,
  tumbling,
  tumblingCount,
} from '../../framework/index.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { choices, topologyOf } from '../operators/random-windows.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }
const numRuns = Number(process.env.MILLRACE_RUNS ?? 25)
vi.setConfig({ testTimeout: 600_000 })

type Row = readonly [key: string, value: string, timestamp: number]
const row: fc.Arbitrary<Row> = fc.tuple(fc.constantFrom('x', 'y'), fc.constantFrom('a', 'bb', 'n', 'oo', 'zzz'), fc.nat(60))
/** Closes what is open. */
const last: Row = ['z', 'z', 400_000_000]

/** Of each life: what is sent to it, and after how many turns of the event loop it is killed. */
const lives = fc.array(
  fc.record({
    rows: fc.array(row, { maxLength: 12, size: 'max' }),
    turns: fc.nat(300),
    losesFolder: fc.boolean(),
    pauseMs: fc.constantFrom(0, 0, 70_000),
  }),
  { minLength: 1, maxLength: 4 },
)
type Life = typeof lives extends fc.Arbitrary<readonly (infer T)[]> ? T : never

const config: Config = {
  processingGuarantee: 'exactly_once_v2',
  cacheBytesMax: 0,
  commitIntervalMs: 200,
  closedWindowsIntervalMs: 0,
  unmatchedIntervalMs: 0,
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 2_000,
}

let stateDir: string
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'millrace-kills-'))
})
afterEach(() => rmSync(stateDir, { recursive: true, force: true }))

async function killed(
  definitionOf: () => TopologyDefinition,
  all: readonly Life[],
  engine: StateEngine,
  closing: readonly Row[],
): Promise<string[]> {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  const options = { engine, config: { ...config, stateDir } }
  const { name } = definitionOf()
  let sent = 0
  const send = async (rows: readonly Row[]): Promise<void> => {
    await bench.produce('in', rows)
    sent += rows.length
  }
  const pass = (waitMs: number): Promise<void> => {
    const untilMs = bench.clock.now() + waitMs
    return bench.clock.advanceUntil(() => bench.clock.now() >= untilMs)
  }
  for (const { rows, turns, losesFolder, pauseMs } of all) {
    await send(rows)
    const app = bench.start(definitionOf(), options)
    if (pauseMs > 0) await pass(pauseMs)
    let left = turns
    await bench.clock.advanceUntil(() => left-- <= 0)
    app.crash()
    await app.stop().catch(() => {})
    if (losesFolder) rmSync(stateDir, { recursive: true, force: true })
  }
  await send(closing)
  const app = bench.start(definitionOf(), options)
  await bench.clock.advanceUntil(() => (bench.cluster.groups.get(name)?.committed({ topic: 'in', partition: 0 })?.offset ?? 0) === sent)
  await pass(150_000)
  await app.stop()
  rmSync(stateDir, { recursive: true, force: true })
  return bench.records('out').map(({ key, value, timestamp }) => `${key} ${value} @${timestamp}`)
}

const places: readonly (readonly [string, StateEngine, number])[] = [
  ['in memory', memory().stores!.memory!, numRuns],
  ['in LevelDB', leveldb().stores!.leveldb!, Math.ceil(numRuns / 5)],
]

test.each(places)(
  'whatever windows of stream time, and wherever it is killed, an app sends what it would have sent: stores %s',
  async (_name, engine, runs) => {
    await fc.assert(
      fc.asyncProperty(choices({ clocks: false }), lives, async (choice, all) => {
        const driver = await TopologyTestDriver.open(topologyOf(choice))
        for (const [key, value, timestamp] of [...all.flatMap(({ rows }) => rows), last]) driver.pipe('in', key, value, { timestamp })
        const undisturbed = driver.output<string, string>('out', text).map(({ key, value, timestamp }) => `${key} ${value} @${timestamp}`)
        await driver.close()
        expect(await killed(() => topologyOf(choice), all, engine, [last])).toEqual(undisturbed)
      }),
      { numRuns: runs },
    )
  },
)

const closing = { time: 'processing' } as const

/** Each ends by itself within two minutes, and every record is in one window. */
const clocked: Readonly<Record<string, (input: KStream<string, string>) => KStream<string, string>>> = {
  'windows of processing time': (input) => elementsOf(input.groupByKey(text).windowedBy(tumbling('60s', closing), { emit: 'final' })),
  'sessions of processing time': (input) => sessionsOf(input.groupByKey(text).windowedBy(session('60s', closing), { emit: 'final' })),
  'windows closed for idleness': (input) =>
    elementsOf(input.groupByKey(text).windowedBy(tumbling(10, { closes: idle('60s') }), { emit: 'final' })),
  'windows closed by the clock': (input) =>
    elementsOf(input.groupByKey(text).windowedBy(tumbling(10, { closes: 'wallClock' }), { emit: 'final' })),
  'sessions closed for idleness': (input) =>
    sessionsOf(input.groupByKey(text).windowedBy(session(5, { closes: idle('60s') }), { emit: 'final' })),
  'so many or so long': (input) =>
    input
      .groupByKey(text)
      .windowedBy(tumblingCount(4, { orAfter: '60s', by: 'wallClock' }))
      .apply((list) => list.join(' '), { store: 'w' })
      .selectKey((_list, { key }) => key),
  'a trigger of each minute': (input) => triggered(input, purging(onEvery('60s', { by: 'wallClock' }))),
  'a trigger of idleness': (input) => triggered(input, purging(onIdle('60s', { by: 'wallClock' }))),
}

function triggered(input: KStream<string, string>, trigger: Parameters<typeof globalWindow>[0]): KStream<string, string> {
  return input
    .groupByKey(text)
    .windowedBy(globalWindow(trigger))
    .apply((list) => list.join(' '), { store: 'w' })
    .selectKey((_list, { key }) => key)
}

function elementsOf(windows: TimeWindowedKStream<string, string>): KStream<string, string> {
  return windows
    .late((late) => late.mapValues(({ value }) => value).to('out', text))
    .apply((list) => list.join(' '), { store: 'w' })
    .toStream((_list, { key }) => key)
}

function sessionsOf(windows: SessionWindowedKStream<string, string>): KStream<string, string> {
  return windows
    .late((late) => late.mapValues(({ value }) => value).to('out', text))
    .apply((list) => list.join(' '), { store: 'w' })
    .toStream((_list, { key }) => key)
    .mapValues((list) => list ?? 'gone')
}

test.each(Object.entries(clocked))(
  '%s: wherever an app is killed, each record is in one window, or late, and sent once',
  async (_name, build) => {
    const definitionOf = () =>
      topology('windows', (builder) => {
        build(builder.stream<string, string>('in', { name: 'in', ...text })).to('out', text)
      })
    await fc.assert(
      fc.asyncProperty(lives, async (all) => {
        let number = 0
        const numbered = all.map((life) => ({ ...life, rows: life.rows.map(([key, , at]): Row => [key, `r${number++}`, at]) }))
        const sent = await killed(definitionOf, numbered, places[0]![1], [])
        const records = sent.flatMap((line) => line.split(' ').slice(1, -1))
        const given = numbered.flatMap(({ rows }) => rows.map(([, value]) => value))
        expect([...records].sort()).toEqual([...given].sort())
      }),
      { numRuns: Math.ceil(numRuns / 5) },
    )
  },
)
