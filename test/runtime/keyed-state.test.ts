// State by key outlives the app: it is killed, its folder is deleted, and what the changelogs hold is the same state, timers and what is over included.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { aggregating, count, json, list, map, reducing, set, string, sum, topology, value } from '../../framework/index.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }

/** A topology with one of each; `?` asks for all that a key has. */
const kept = topology('kept', (builder) => {
  builder
    .stream<string, string>('in', { name: 'in', ...text })
    .processValues(
      {
        state: {
          last: value<string>({ value: string() }),
          all: list<string>({ value: string() }),
          counts: map<string, number>({ key: string(), value: json() }),
          seen: set<string>({ member: string() }),
          longest: reducing<string>((left, right) => (right.length > left.length ? right : left), { value: string() }),
          stats: aggregating({ words: count(), letters: sum((word: string) => word.length) }),
          recent: set<string>({ member: string(), ttl: '16s' }),
          shown: set<string>({ member: string(), ttl: { after: '1h', by: 'processingTime' } }),
        },
        timers: { alarm: 'eventTime', reminder: 'processingTime' },
        process(word, _key, { timestamp }, { state, timers }) {
          if (word === '?')
            return [
              JSON.stringify({
                last: state.last.get() ?? null,
                all: [...state.all],
                counts: [...state.counts],
                seen: [...state.seen],
                longest: state.longest.get() ?? null,
                stats: state.stats.get() ?? null,
                recent: [...state.recent],
                shown: [...state.shown],
              }),
            ]
          if (word.startsWith('alarm')) timers.alarm.add(timestamp + Number(word.slice(5)))
          if (word.startsWith('remind')) timers.reminder.set(Number(word.slice(6)))
          if (word === 'shift') state.all.shift()
          state.last.set(word)
          state.all.append(word)
          state.counts.set(word, (state.counts.get(word) ?? 0) + 1)
          state.seen.add(word)
          state.longest.add(word)
          state.stats.add(word)
          state.recent.add(word)
          state.shown.add(word)
          return []
        },
        onTimer: ({ name, time }, key) => [`${name} of ${key} at ${time}`],
      },
      { name: 'p', key: string() },
    )
    .to('out', text)
})

const engines: readonly (readonly [string, StateEngine])[] = [
  ['on disk', leveldb().stores!.leveldb!],
  ['in memory', memory().stores!.memory!],
]

// Virtual time goes on by little steps while a real disk is waited for: on a busy machine with a slow one that adds up.
vi.setConfig({ testTimeout: 30_000 })

let stateDir: string
let bench: AppBench

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'millrace-keyed-state-'))
  bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
})
afterEach(() => rmSync(stateDir, { recursive: true, force: true }))

describe.each(engines)('state by key %s', (_where, engine) => {
  /** Processes records, commits, and dies without a word. */
  async function live(records: readonly (readonly [key: string, value: string, timestamp: number])[], outputs: number): Promise<void> {
    const app = bench.start(kept, { engine, config: { stateDir, commitIntervalMs: 100 } })
    await bench.produce('in', records)
    const written = bench.values('in').length
    const committed = () => bench.cluster.groups.get('kept')?.committed({ topic: 'in', partition: 0 })?.offset
    await bench.clock.advanceUntil(() => committed() === written)
    expect(results()).toHaveLength(outputs)
    app.crash()
    // Nothing of it reaches anybody any more: only the lock of the folder is to go.
    await app.stop().catch(() => {})
  }

  function results(): readonly string[] {
    return bench.values('out').flatMap((line) => line ?? [])
  }

  test('is the same after the app was killed and its folder deleted', async () => {
    await live(
      [
        ['a', 'to', 0],
        ['a', 'be', 1_000],
        ['b', 'or', 2_000],
        ['a', 'to', 3_000],
        ['a', 'shift', 4_000],
        ['a', 'alarm100000', 5_000],
        ['a', 'late', 17_500],
        ['a', '?', 17_500],
        ['b', '?', 17_500],
      ],
      2,
    )
    const [ofA, ofB] = results()
    expect(JSON.parse(ofA!)).toEqual({
      last: 'late',
      all: ['be', 'to', 'shift', 'alarm100000', 'late'],
      counts: [
        ['alarm100000', 1],
        ['be', 1],
        ['late', 1],
        ['shift', 1],
        ['to', 2],
      ],
      seen: ['alarm100000', 'be', 'late', 'shift', 'to'],
      longest: 'alarm100000',
      stats: { words: 6, letters: 26 },
      recent: ['alarm100000', 'late', 'shift', 'to'],
      shown: ['alarm100000', 'be', 'late', 'shift', 'to'],
    })
    rmSync(stateDir, { recursive: true, force: true })
    await live(
      [
        ['a', '?', 17_500],
        ['b', '?', 17_500],
      ],
      4,
    )
    expect(results().slice(2)).toEqual([ofA, ofB])
    // What is over is gone from the changelog too, and a list goes on behind its last element.
    rmSync(stateDir, { recursive: true, force: true })
    await live(
      [
        ['b', 'on', 40_000],
        ['a', 'new', 40_000],
        ['a', '?', 40_000],
      ],
      5,
    )
    expect(JSON.parse(results().at(-1)!)).toMatchObject({
      all: ['be', 'to', 'shift', 'alarm100000', 'late', 'new'],
      recent: ['new'],
    })
    rmSync(stateDir, { recursive: true, force: true })
    await live([['a', '?', 0]], 6)
    expect(JSON.parse(results().at(-1)!)).toMatchObject({ recent: ['new'] })
  })

  test('timers fire once, in order, whether they were set before the app was killed or after', async () => {
    await live(
      [
        ['a', 'alarm100', 0],
        ['b', 'alarm50', 0],
        ['a', 'alarm20', 10],
        ['c', '?', 30],
      ],
      2,
    )
    rmSync(stateDir, { recursive: true, force: true })
    await live(
      [
        ['c', 'alarm35', 40],
        ['c', '?', 80],
      ],
      5,
    )
    rmSync(stateDir, { recursive: true, force: true })
    await live([['c', '?', 5_000]], 7)
    expect(results().filter((line) => line.includes(' of '))).toEqual([
      'alarm of a at 30',
      'alarm of b at 50',
      'alarm of c at 75',
      'alarm of a at 100',
    ])
  })
})

test('a timer by the wall clock that was set before the app was killed fires without a record', async () => {
  const app = bench.start(kept, { config: { commitIntervalMs: 100 } })
  await bench.produce('in', [
    ['a', 'remind90000', 0],
    ['b', 'remind80000', 0],
    ['b', '?', 0],
  ])
  await bench.clock.advanceUntil(() => bench.cluster.groups.get('kept')?.committed({ topic: 'in', partition: 0 })?.offset === 3)
  app.crash()
  await app.stop().catch(() => {})
  expect(bench.clock.now()).toBeLessThan(80_000)
  const next = bench.start(kept)
  await bench.clock.advanceUntil(() => bench.values('out').length === 3)
  expect(bench.values('out').slice(1)).toEqual(['reminder of b at 80000', 'reminder of a at 90000'])
  await next.stop()
})
