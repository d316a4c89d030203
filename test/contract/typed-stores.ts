// The contract of the stores that operators and processors see, whatever layers they stand on: each combination of engine, record cache and change
// log passes it. What a store must give is what a plain Map would, and after a crash what had reached the changelog, or else the last commit.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noHeaders } from '../../framework/ports/record.ts'
import type { Serde } from '../../framework/ports/serde.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { json, string } from '../../framework/serdes/serdes.ts'
import type { Row } from '../../framework/state/contract.ts'
import type { RecordedChangelog } from '../state/recorded-changelog.ts'
import { StateUnderTest, storeSpec } from '../state/state-under-test.ts'

export interface StoreLayersUnderTest {
  readonly engine: StateEngine
  /** For engines on disk: a path where nothing is yet. */
  newFolder(): string
  readonly cacheBytesMax: number
  readonly logged: boolean
}

type Table = Map<string, Row<string>>

/** Starts that lie in several segments and within the retention of each other. */
const starts = [0, 1, 120_000, 250_000]
const retentionMs = 300_000

// Few, so that they meet again; one begins with another, and one is not ASCII.
const keys = fc.constantFrom('a', 'ab', 'b', '\u00e9')
const command = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), key: keys, start: fc.constantFrom(...starts), value: keys }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key: keys, start: fc.constantFrom(...starts) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('range' as const), from: keys, to: keys, reverse: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constantFrom({ kind: 'flush' as const }, { kind: 'commit' as const }, { kind: 'crash' as const }) },
)
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never
const commands = fc.array(command, { maxLength: 80, size: 'max' })

export function typedStoresContract(layers: StoreLayersUnderTest): void {
  const { engine, cacheBytesMax, logged } = layers
  // A crash on disk takes a hundred times longer than one in memory.
  const runs = { numRuns: engine.supports.durable ? 2 : Number(process.env.MILLRACE_RUNS ?? 15) }
  const name = `${engine.name}${cacheBytesMax > 0 ? `, cached in ${cacheBytesMax} bytes` : ''}${logged ? ', logged' : ''}`

  describe(`the stores on ${name}`, { timeout: 60_000 }, () => {
    for (const serde of [string(), json<string>()]) {
      test(`rows of ${serde.name} agree with a Map`, async () => {
        await fc.assert(
          fc.asyncProperty(commands, (given) => checkRows(layers, serde, given)),
          runs,
        )
      })

      for (const rangesByKey of [false, true]) {
        test(`windowed rows of ${serde.name}${rangesByKey ? ', together by key,' : ''} agree with a Map`, async () => {
          await fc.assert(
            fc.asyncProperty(commands, (given) => checkWindows(layers, serde, rangesByKey, given)),
            runs,
          )
        })
      }

      test(`sessions of ${serde.name} agree with a Map`, async () => {
        await fc.assert(
          fc.asyncProperty(commands, (given) => checkSessions(layers, serde, given)),
          runs,
        )
      })
    }
  })
}

async function open(
  layers: StoreLayersUnderTest,
  kind: 'timestampedKeyValue' | 'window' | 'session',
  serde: Serde<string>,
  rangesByKey = false,
): Promise<StateUnderTest> {
  const { engine, cacheBytesMax, logged } = layers
  const changes = { caching: cacheBytesMax > 0, retentionMs, windowSizeMs: 10, rangesByKey, ...(logged ? {} : { changelog: null }) }
  return await StateUnderTest.open({
    stores: [storeSpec(kind, string(), serde, changes)],
    engine,
    stateDir: layers.newFolder(),
    cacheBytesMax,
  })
}

async function checkRows(layers: StoreLayersUnderTest, serde: Serde<string>, given: readonly Command[]): Promise<void> {
  const under = await open(layers, 'timestampedKeyValue', serde)
  const check = new Check(layers, under, serde, plainIdentity)
  const rows = () => under.state.rows<string>('s')
  let time = 0
  for (const step of given) {
    if (step.kind === 'put') {
      rows().put(latin1(step.key), step.value, ++time, noHeaders)
      check.now.set(latin1(step.key), { value: step.value, timestamp: time })
    } else if (step.kind === 'delete') {
      rows().put(latin1(step.key), null, ++time, noHeaders)
      check.now.delete(latin1(step.key))
    } else if (step.kind === 'range') {
      const view = rows().readOnly<string>()
      const found = step.reverse ? view.reverseRange(step.from, step.to) : view.range(step.from, step.to)
      expect([...found]).toEqual(check.expectedRange(latin1(step.from), latin1(step.to), step.reverse))
    } else await check.advance(step.kind)
    for (const key of ['a', latin1('\u00e9'), 'ab']) expect(shown(rows().get(key))).toEqual(check.now.get(key))
  }
  expect([...rows().readOnly<string>().all()]).toEqual(check.expectedRange('', '\xff\xff\xff\xff\xff', false))
  await under.state.close()
}

async function checkWindows(
  layers: StoreLayersUnderTest,
  serde: Serde<string>,
  rangesByKey: boolean,
  given: readonly Command[],
): Promise<void> {
  const under = await open(layers, 'window', serde, rangesByKey)
  const check = new Check(layers, under, serde, windowIdentity)
  const windows = () => under.state.windowRows<string>('s')
  let time = 0
  for (const step of given) {
    if (step.kind === 'put') {
      windows().put(latin1(step.key), step.start, step.value, ++time, noHeaders)
      check.now.set(windowed(latin1(step.key), step.start), { value: step.value, timestamp: time })
    } else if (step.kind === 'delete') {
      windows().put(latin1(step.key), step.start, null, ++time, noHeaders)
      check.now.delete(windowed(latin1(step.key), step.start))
    } else if (step.kind === 'range') {
      const found = [...windows().readOnly<string>().fetchRange(step.from, 1, 120_000)]
      expect(found).toEqual(check.expectedWindows(latin1(step.from), 1, 120_000))
    } else await check.advance(step.kind)
    for (const start of starts) expect(shown(windows().get('a', start))).toEqual(check.now.get(windowed('a', start)))
  }
  const all = [...windows().readOnly<string>().all()].map(([{ key, start, end }, row]) => [windowed(latin1(key), start), end - start, row])
  const expected = [...check.now].map(([identity, row]) => [identity, 10, row] as const)
  const segmentMs = retentionMs / 2
  expect(all).toEqual(expected.sort(([left], [right]) => (bySegment(left, segmentMs) < bySegment(right, segmentMs) ? -1 : 1)))
  await under.state.close()
}

/** Sessions end where windows start in the other checks, and begin before: at 0, or at their end. */
async function checkSessions(layers: StoreLayersUnderTest, serde: Serde<string>, given: readonly Command[]): Promise<void> {
  const under = await open(layers, 'session', serde)
  const check = new Check(layers, under, serde, sessionIdentity)
  const sessions = () => under.state.sessionRows<string>('s')
  let time = 0
  for (const step of given) {
    if (step.kind === 'put' || step.kind === 'delete') {
      const [key, end, start] = [latin1(step.key), step.start, ++time % 2 === 0 ? 0 : step.start]
      const value = step.kind === 'put' ? step.value : null
      sessions().put(key, start, end, value, time, noHeaders)
      if (value === null) check.now.delete(session(key, start, end))
      else check.now.set(session(key, start, end), { value, timestamp: time })
    } else if (step.kind === 'range') {
      const found = [...sessions().find(latin1(step.from), 1, 120_000)].map(({ start, end, value }) => [start, end, value])
      expect(found).toEqual(check.expectedSessions(latin1(step.from), 1, 120_000))
    } else await check.advance(step.kind)
    for (const end of starts) expect(sessions().get('a', 0, end)).toEqual(check.now.get(session('a', 0, end))?.value)
  }
  const all = [...sessions().readOnly<string>().all()].map(([{ key, start, end }]) => session(latin1(key), start, end))
  expect(all.sort()).toEqual([...check.now.keys()].sort())
  await under.state.close()
}

/** What the store must hold: now, at the last commit, and, from the recorded changelog, what a crash leaves. */
class Check {
  now: Table = new Map()
  private committed: Table = new Map()
  private readonly layers: StoreLayersUnderTest
  private readonly under: StateUnderTest
  private readonly serde: Serde<string>
  private readonly identity: (changelogKey: string) => string

  constructor(layers: StoreLayersUnderTest, under: StateUnderTest, serde: Serde<string>, identity: (changelogKey: string) => string) {
    this.layers = layers
    this.under = under
    this.serde = serde
    this.identity = identity
  }

  async advance(kind: 'flush' | 'commit' | 'crash'): Promise<void> {
    const { engine, logged } = this.layers
    if (kind === 'crash') {
      await this.under.crash()
      if (logged) this.now = this.inChangelog()
      else this.now = engine.supports.durable ? new Map(this.committed) : new Map()
      return
    }
    this.under.state.flushCaches()
    if (logged) expect(this.inChangelog()).toEqual(this.now)
    if (kind === 'flush') return
    await this.under.state.commit()
    this.committed = new Map(this.now)
  }

  expectedRange(from: string, to: string, reverse: boolean): [string, Row<string>][] {
    const found = [...this.now].filter(([key]) => key >= from && key <= to).sort(([left], [right]) => (left < right ? -1 : 1))
    if (reverse) found.reverse()
    return found.map(([key, row]) => [Buffer.from(key, 'latin1').toString(), row])
  }

  expectedWindows(key: string, from: number, to: number): [number, Row<string>][] {
    return starts
      .filter((start) => start >= from && start <= to)
      .flatMap((start) => {
        const row = this.now.get(windowed(key, start))
        return row === undefined ? [] : [[start, row] as [number, Row<string>]]
      })
  }

  expectedSessions(key: string, earliestEnd: number, latestStart: number): [number, number, string][] {
    return starts
      .filter((end) => end >= earliestEnd)
      .flatMap((end) => [...new Set([0, end])].map((start) => [start, end] as const))
      .filter(([start]) => start <= latestStart)
      .flatMap(([start, end]) => {
        const row = this.now.get(session(key, start, end))
        return row === undefined ? [] : [[start, end, row.value] as [number, number, string]]
      })
  }

  private inChangelog(): Table {
    const table: Table = new Map()
    const changelog: RecordedChangelog = this.under.changelog('app-s-changelog')
    for (const { key, value, timestamp } of changelog.records) {
      const identity = this.identity((key as Buffer).toString('latin1'))
      if (value === null) table.delete(identity)
      else table.set(identity, { value: this.serde.read(value, 0, value.length), timestamp })
    }
    return table
  }
}

function plainIdentity(changelogKey: string): string {
  return changelogKey
}

function windowIdentity(changelogKey: string): string {
  const bytes = Buffer.from(changelogKey, 'latin1')
  expect(bytes.readInt32BE(bytes.length - 4)).toBe(0)
  return windowed(changelogKey.slice(0, -12), Number(bytes.readBigInt64BE(bytes.length - 12)))
}

function sessionIdentity(changelogKey: string): string {
  const bytes = Buffer.from(changelogKey, 'latin1')
  const [end, start] = [bytes.readBigInt64BE(bytes.length - 16), bytes.readBigInt64BE(bytes.length - 8)]
  return session(changelogKey.slice(0, -16), Number(start), Number(end))
}

function session(key: string, start: number, end: number): string {
  return `${key}@${start}-${end}`
}

function windowed(key: string, start: number): string {
  return `${key}@${start}`
}

/** Kafka Streams iterates by segment, then by the bytes of key and start. */
function bySegment(identity: string, segmentMs: number): string {
  const [key = '', start = ''] = identity.split('@')
  const time = Buffer.alloc(8)
  time.writeBigInt64BE(BigInt(start))
  return Math.floor(Number(start) / segmentMs) + key + time.toString('latin1')
}

function shown(row: Row<string> | undefined): Row<string> | undefined {
  return row === undefined ? undefined : { value: row.value, timestamp: row.timestamp }
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}
