// Windowed aggregations by chance, of a bounded input, in an app that is killed at any step of its writing, also while the end of its input closes windows. Under exactly-once
// what is sent is what a run without kills sends; under at-least-once nothing of that is missing.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Config } from '../../framework/config.ts'
import type { FixedKeyProcessor, FixedKeyProcessorContext, TopologyDefinition } from '../../framework/index.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { type Choice, choices, text, topologyOf } from '../operators/random-windows.ts'
import { AppBench } from './app-bench.ts'
import { type Death, liveUntil } from './killing-broker.ts'

const numRuns = Number(process.env.MILLRACE_RUNS ?? 60)
vi.setConfig({ testTimeout: 3_000_000 })

type Row = readonly [key: string, value: string, timestamp: number]
const row: fc.Arbitrary<Row> = fc.tuple(fc.constantFrom('x', 'y'), fc.constantFrom('a', 'bb', 'n', 'oo', 'zzz'), fc.nat(60))

interface Input {
  readonly rows: readonly Row[]
  /** Whether the windows are behind a repartition topic. */
  readonly moved: boolean
  /** A commit is asked for with each so-many-th record: otherwise the elements are processed between two commits. */
  readonly commitEvery: number
}
const input: fc.Arbitrary<Input> = fc.record({
  rows: fc.array(row, { maxLength: 25, size: 'max' }),
  moved: fc.boolean(),
  commitEvery: fc.integer({ min: 1, max: 12 }),
})

interface Kill {
  /** At which of the steps of a life without a kill, in thousandths. */
  readonly at: number
  readonly sends: boolean
  readonly losesFolder: boolean
}
const kills: fc.Arbitrary<readonly Kill[]> = fc.array(
  fc.record({ at: fc.oneof(fc.nat(999), fc.integer({ min: 800, max: 999 })), sends: fc.boolean(), losesFolder: fc.boolean() }),
  { minLength: 1, maxLength: 4 },
)

const config: Config = {
  cacheBytesMax: 0,
  commitIntervalMs: 1_000,
  closedWindowsIntervalMs: 0,
  unmatchedIntervalMs: 0,
  sessionTimeoutMs: 6_000,
  heartbeatIntervalMs: 2_000,
}

let stateDir: string
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'millrace-ends-'))
})
afterEach(() => rmSync(stateDir, { recursive: true, force: true }))

/** Passes records on, and asks for a commit now and then. */
function committing(every: number): FixedKeyProcessor<string, string, string> {
  let left = every
  let context: FixedKeyProcessorContext<string, string>
  return {
    init: (given) => {
      context = given
    },
    process: ({ value }) => {
      left--
      if (left === 0) context.commit()
      if (left === 0) left = every
      context.forward({ value })
    },
  }
}

function definitionOf(choice: Choice, { rows, moved, commitEvery }: Input): TopologyDefinition {
  return topologyOf(choice, 'ends', (builder) => {
    const elements = builder.fromElements<string, string>(rows, { name: 'in', ...text })
    const input = elements.processValues<string>(() => committing(commitEvery), { name: 'commits' })
    return moved ? input.repartition({ name: 'moved', ...text }) : input
  })
}

type Guarantee = 'exactly_once_v2' | 'at_least_once'

/** An app that is started again and again until it has ended by itself. */
class Lives {
  readonly bench = new AppBench()
  private readonly definition: () => TopologyDefinition
  private readonly options: { readonly engine: StateEngine; readonly config: Config }

  private constructor(definition: () => TopologyDefinition, engine: StateEngine, processingGuarantee: Guarantee) {
    this.definition = definition
    this.options = { engine, config: { ...config, processingGuarantee, stateDir } }
  }

  static async begin(definition: () => TopologyDefinition, engine: StateEngine, guarantee: Guarantee): Promise<Lives> {
    const lives = new Lives(definition, engine, guarantee)
    await lives.bench.createTopics({ out: 1 })
    return lives
  }

  /** Gives how many steps it took. */
  async live(death: Death): Promise<number> {
    return await liveUntil(death, this.bench, this.definition(), this.options)
  }

  get sent(): string[] {
    return this.bench.records('out').map(({ key, value, timestamp }) => `${key} ${value} @${timestamp}`)
  }
}

const untilItEnds: Death = { atStep: Infinity, sends: false }

async function killed(
  definition: () => TopologyDefinition,
  all: readonly Kill[],
  engine: StateEngine,
  guarantee: Guarantee,
): Promise<string[]> {
  const whole = await Lives.begin(definition, memory().stores!.memory!, guarantee)
  const steps = await whole.live(untilItEnds)
  const lives = await Lives.begin(definition, engine, guarantee)
  for (const { at, sends, losesFolder } of all) {
    await lives.live({ atStep: Math.floor((at * steps) / 1_000), sends })
    if (losesFolder) rmSync(stateDir, { recursive: true, force: true })
  }
  await lives.live(untilItEnds)
  rmSync(stateDir, { recursive: true, force: true })
  // Who reads committed records waits until the broker has given up what the dead have left open.
  lives.bench.clock.advance(30_000)
  return lives.sent
}

async function undisturbed(definition: TopologyDefinition): Promise<string[]> {
  const driver = await TopologyTestDriver.open(definition)
  const sent = driver.output<string, string>('out', text).map(({ key, value, timestamp }) => `${key} ${value} @${timestamp}`)
  await driver.close()
  return sent
}

const places: readonly (readonly [string, StateEngine, number])[] = [
  ['in memory', memory().stores!.memory!, numRuns],
  ['in LevelDB', leveldb().stores!.leveldb!, Math.ceil(numRuns / 5)],
]
const anyChoice = choices({ clocks: false, ends: true })

test.each(places)(
  'exactly once: wherever it is killed, an app sends of a bounded input what it would have sent, once: stores %s',
  async (_name, engine, runs) => {
    await fc.assert(
      fc.asyncProperty(anyChoice, input, kills, async (choice, given, all) => {
        const expected = await undisturbed(definitionOf(choice, given))
        expect(await killed(() => definitionOf(choice, given), all, engine, 'exactly_once_v2')).toEqual(expected)
      }),
      { numRuns: runs },
    )
  },
)

/** Which records are in which windows, or late; of windows that are not cut by time alone, only which records are in any. */
function membersOf(sent: readonly string[], byTime: boolean): Set<string> {
  const members = sent.flatMap((line) => {
    const late = /^(\S+) (\S+) late by/.exec(line)
    if (late !== null) return [`${late[1]} ${byTime ? 'late ' : ''}${late[2]}`]
    const [, key, window, list] = /^(\S+) (\S+) (.*) @\d+$/.exec(line)!
    return (JSON.parse(list!) as { list: string[] } | null)?.list.map((value) => `${key} ${byTime ? `${window} ` : ''}${value}`) ?? []
  })
  return new Set(members)
}

/**
 * Whether each record is in a window that is sent by the end of the input. A record that comes twice moves which are in one of those that only a number of them fills. Sessions that
 * become one are deleted before that one is written, as by the JVM: an app that dies in between has lost what was committed of them. And which sliding windows a record
 * makes depends on which others there are already: one that comes twice finds some of its own (seed 374495693).
 */
const sendsAll = ({ window: { cut } }: Choice): boolean => (cut.kind === 'count' ? cut.sendsAtEnd === true : cut.kind === 'time')

test.each(places)(
  'at least once: wherever it is killed, no record of a bounded input is missing in its windows: stores %s',
  async (_name, engine, runs) => {
    await fc.assert(
      fc.asyncProperty(anyChoice.filter(sendsAll), input, kills, async (any, { rows, ...given }, all) => {
        const choice: Choice = { ...any, late: true, emit: { emit: 'final' }, aggregation: 'apply' }
        const { kind } = choice.window.cut
        const byTime = kind === 'time' || kind === 'sliding'
        const numbered = { ...given, rows: rows.map(([key, value, timestamp], index): Row => [key, `${value}${index}`, timestamp]) }
        const expected = membersOf(await undisturbed(definitionOf(choice, numbered)), byTime)
        const found = membersOf(await killed(() => definitionOf(choice, numbered), all, engine, 'at_least_once'), byTime)
        expect([...expected].filter((member) => !found.has(member))).toEqual([])
      }),
      { numRuns: runs },
    )
  },
)
