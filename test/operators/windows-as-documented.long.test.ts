// Windows of time and sessions against what docs/windows.md and the descriptions of windows say, and nothing else: any kind, what closes it, what is sent when, how long it takes
// late records and where they go, and what is made of them, at random, with restarts in between. After each step the same must have been sent. MILLRACE_RUNS sets how many.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  collect,
  count,
  type EmitOptions,
  every,
  hopping,
  idle,
  type KStream,
  max,
  type SessionWindow,
  session,
  sessionBy,
  string,
  type TimeWindow,
  topology,
  type Windowed,
} from '../../framework/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }
const numRuns = Number(process.env.MILLRACE_RUNS ?? 250)
/** Longer than all short pauses of a run together: the time for which a partition was idle begins anew with a restart. */
const idleMs = 1_000

interface Case {
  readonly kind: 'hopping' | 'session' | 'sessionBy'
  readonly size: number
  readonly advance: number
  readonly offset: number
  readonly grace: number
  readonly closes: 'eventTime' | 'idle' | 'endOfInput'
  readonly emit: 'final' | 'updates' | 'every'
  readonly late: boolean
  readonly made: 'count' | 'reduce' | 'named' | 'apply'
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    kind: fc.constantFrom('hopping' as const, 'session' as const, 'sessionBy' as const),
    size: fc.integer({ min: 1, max: 15 }),
    share: fc.integer({ min: 1, max: 4 }),
    offset: fc.constantFrom(0, 0, 3, -2, 17),
    grace: fc.constantFrom(0, 0, 1, 4, 12),
    closes: fc.constantFrom('eventTime' as const, 'idle' as const, 'endOfInput' as const),
    emit: fc.constantFrom('final' as const, 'final' as const, 'updates' as const, 'every' as const),
    late: fc.boolean(),
    made: fc.constantFrom('count' as const, 'reduce' as const, 'named' as const, 'apply' as const),
  })
  .map(({ share, ...one }) => ({ ...one, advance: Math.max(1, Math.floor(one.size / share)) }))
  // What an idle partition does to sessions that end in the future is not said.
  .filter(({ kind, closes }) => !(kind === 'sessionBy' && closes === 'idle'))

type Step =
  | { readonly do: 'record'; readonly key: string; readonly at: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'restart' }

const anySteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('record' as const), key: fc.constantFrom('x', 'y'), at: fc.nat(60) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 9, idleMs) }) },
    { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
  ),
  { maxLength: 25, size: 'max' },
)

/** Each value begins with its number: so a record has a gap of its own, and results can be compared. */
const gapOf = (value: string): number => 2 + (Number.parseInt(value, 10) % 5)
const gapMax = 6

// ------------------------------------------------------------------------------------------------- what the documents say

interface Row {
  readonly key: string
  readonly start: number
  readonly end: number
  readonly values: readonly string[]
  sent: boolean
}

/** What one step has changed: by key and window the last result, undefined where a session has gone; and the late records. */
interface Sent {
  readonly results: Map<string, string | undefined>
  readonly late: string[]
}

class Documented {
  private readonly one: Case
  private rows: Row[] = []
  private streamTime = -1
  private nowMs = 0
  private lastRecordMs = 0
  /** Up to where an idle partition has closed windows. */
  private closedByIdleness = -1

  constructor(one: Case) {
    this.one = one
  }

  record(key: string, value: string, at: number): Sent {
    const sent: Sent = { results: new Map(), late: [] }
    this.lastRecordMs = this.nowMs
    this.streamTime = Math.max(this.streamTime, at)
    if (this.one.kind === 'hopping') this.intoWindows(key, value, at, sent)
    else this.intoSession(key, value, at, sent)
    return this.closing(sent)
  }

  wait(ms: number): Sent {
    this.nowMs += ms
    const sent: Sent = { results: new Map(), late: [] }
    if (this.one.closes !== 'idle' || this.streamTime < 0 || this.nowMs - this.lastRecordMs < idleMs) return sent
    // All that a record can have been in: windows that have begun, sessions that have a record.
    this.closedByIdleness = this.one.kind === 'hopping' ? this.streamTime + this.one.size : this.streamTime + 1
    return this.closing(sent)
  }

  restart(): void {
    this.lastRecordMs = this.nowMs
  }

  end(): Sent {
    const sent: Sent = { results: new Map(), late: [] }
    for (const row of this.rows) if (this.one.emit === 'final') this.send(row, sent)
    return sent
  }

  private intoWindows(key: string, value: string, at: number, sent: Sent): void {
    const { size, advance, offset } = this.one
    let first = ((offset % advance) + advance) % advance
    const windows: number[] = []
    for (; first <= at; first += advance) if (at < first + size) windows.push(first)
    const open = windows.filter((start) => start + size > this.closedUpTo)
    for (const start of open) this.put({ key, start, end: start + size, values: this.at(key, start), sent: false }, value, sent)
    const last = windows.at(-1)
    if (last !== undefined && open.length === 0) sent.late.push(`${key} ${value} ${this.closedUpTo - last - size}`)
  }

  private at(key: string, start: number): readonly string[] {
    const row = this.rows.find((one) => one.key === key && one.start === start)
    this.rows = this.rows.filter((one) => one !== row)
    return row?.values ?? []
  }

  private intoSession(key: string, value: string, at: number, sent: Sent): void {
    const { kind, size } = this.one
    const own = kind === 'sessionBy' ? Math.min(gapMax, gapOf(value)) : 0
    const [from, to] = kind === 'sessionBy' ? [at, at + own] : [at - size, at + size]
    const joined = this.rows.filter((row) => row.key === key && row.end >= from && row.start <= to && row.end >= this.closedUpTo)
    const start = Math.min(at, ...joined.map((row) => row.start))
    const end = Math.max(at + own, ...joined.map((row) => row.end))
    if (end < this.closedUpTo) {
      sent.late.push(`${key} ${value} ${this.closedUpTo - end}`)
      return
    }
    this.rows = this.rows.filter((row) => !joined.includes(row))
    for (const row of joined) if (this.one.emit !== 'final') sent.results.set(nameOf(row), undefined)
    this.put({ key, start, end, values: joined.flatMap(({ values }) => values), sent: false }, value, sent)
  }

  private put(row: Row, value: string, sent: Sent): void {
    // In the order in which they came, which is that of their numbers.
    const values = [...row.values, value].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    const next = { ...row, values }
    this.rows.push(next)
    if (this.one.emit !== 'final') sent.results.set(nameOf(next), shownValues(this.one, values))
  }

  /** Windows of time are closed that end there or before; sessions, whose end is their last moment, that end before. */
  private get closedUpTo(): number {
    const { kind, size, grace, closes } = this.one
    if (closes === 'endOfInput') return -1
    return Math.max(this.streamTime - grace - (kind === 'session' ? size : 0), this.closedByIdleness)
  }

  private closing(sent: Sent): Sent {
    if (this.one.emit !== 'final') return sent
    for (const row of this.rows) {
      if (this.one.kind === 'hopping' ? row.end <= this.closedUpTo : row.end < this.closedUpTo) this.send(row, sent)
    }
    return sent
  }

  private send(row: Row, sent: Sent): void {
    if (!row.sent) sent.results.set(nameOf(row), shownValues(this.one, row.values))
    row.sent = true
  }
}

const nameOf = ({ key, start, end }: Row): string => `${key} ${start}-${end}`

function shownValues({ made }: Case, values: readonly string[]): string {
  if (made === 'count') return String(values.length)
  const all = values.join(' ')
  return made === 'named' ? `${values.length} up to ${Math.max(...values.map((one) => Number.parseInt(one, 10)))}: ${all}` : all
}

// ------------------------------------------------------------------------------------------------------- what Millrace does

type Results = KStream<Windowed<string>, string | null>

function cutOf({ kind, size, advance, offset, grace, closes }: Case): TimeWindow | SessionWindow {
  const options = { grace, ...(closes === 'eventTime' ? {} : { closes: closes === 'idle' ? idle(idleMs) : closes }) }
  if (kind === 'session') return session(size, options)
  return kind === 'sessionBy' ? sessionBy(gapOf, { gapMax, ...options }) : hopping(size, { advance, offset, ...options })
}

function build(one: Case, input: KStream<string, string>): void {
  const cut = cutOf(one)
  const emit: EmitOptions = { emit: one.emit === 'every' ? every(5) : one.emit }
  const group = input.groupByKey(text)
  const aside = (late: KStream<string, { readonly value: string; readonly lateMs: number }>): void =>
    late.mapValues(({ value, lateMs }) => `${value} ${lateMs}`).to('late', text)
  resultsOf(one, cut, emit, group, aside)
    .map((value, { key, start, end }) => [key, `${start}-${end} ${value}`])
    .to('out', text)
}

function resultsOf(
  { late, made, kind }: Case,
  cut: TimeWindow | SessionWindow,
  emit: EmitOptions,
  group: ReturnType<KStream<string, string>['groupByKey']>,
  aside: (late: KStream<string, { readonly value: string; readonly lateMs: number }>) => void,
): Results {
  const store = 'windows'
  const named = { n: count(), most: max((one: string) => Number.parseInt(one, 10)), all: collect((one: string) => one) }
  const shown = <V>(of: KStream<Windowed<string>, V | null>, text: (value: V) => string): Results =>
    of.mapValues((value) => (value === null ? null : text(value)))
  const inOrder = (all: readonly string[]): string =>
    (kind === 'hopping' ? all : [...all].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))).join(' ')
  const namedText = ({ n, most, all }: { n: number; most: number | null; all: readonly string[] }): string =>
    `${n} up to ${most}: ${inOrder(all)}`
  const concat = (left: string, right: string): string => `${left} ${right}`
  const reduced = (all: string): string => inOrder(all.split(' '))
  if (cut.kind === 'time') {
    const plain = group.windowedBy(cut, emit)
    const windows = late ? plain.late(aside) : plain
    if (made === 'count') return shown(windows.count({ store }).toStream(), String)
    if (made === 'reduce') return shown(windows.reduce(concat, { store }).toStream(), reduced)
    if (made === 'named') return shown(windows.aggregate(named, { store }).toStream(), namedText)
    return windows.apply((all) => all.join(' '), { store }).toStream()
  }
  const plain = group.windowedBy(cut, emit)
  const windows = late ? plain.late(aside) : plain
  if (made === 'count') return shown(windows.count({ store }).toStream(), String)
  if (made === 'reduce') return shown(windows.reduce(concat, { store }).toStream(), reduced)
  if (made === 'named') return shown(windows.aggregate(named, { store }).toStream(), namedText)
  return windows.apply((all) => all.join(' '), { store }).toStream()
}

/** What has come out since the last time, the last of each window. */
function sentBy(driver: TopologyTestDriver): Sent & { readonly all: readonly (readonly [string, string | undefined])[] } {
  const all = driver.output<string, string>('out', text).map(({ key, value }) => {
    const [window, ...rest] = value!.split(' ')
    return [`${key} ${window}`, rest.join(' ') === 'null' ? undefined : rest.join(' ')] as const
  })
  return { all, results: new Map(all), late: driver.output<string, string>('late', text).map(({ key, value }) => `${key} ${value}`) }
}

const sorted = (sent: Sent, { late }: Case) => ({
  results: [...sent.results].map(([name, value]) => `${name} ${value}`).sort(),
  late: late ? sent.late : [],
})

async function compare(one: Case, given: readonly Step[]): Promise<void> {
  const driver = await TopologyTestDriver.open(
    topology('documented', (builder) => build(one, builder.stream<string, string>('in', { name: 'in', ...text }))),
    { startMs: 1_000 },
  )
  const documented = new Documented(one)
  const closing: readonly Step[] = [
    { do: 'record', key: 'z', at: 1_000_000 },
    { do: 'wait', ms: idleMs },
  ]
  const last = new Map<string, string | undefined>()
  const updates = new Map<string, (string | undefined)[]>()
  for (const [index, step] of [...given, ...closing].entries()) {
    let expected: Sent = { results: new Map(), late: [] }
    if (step.do === 'record') {
      driver.pipe('in', step.key, `${index}`, { timestamp: step.at })
      expected = documented.record(step.key, `${index}`, step.at)
    } else if (step.do === 'wait') {
      driver.advanceWallClock(step.ms)
      expected = documented.wait(step.ms)
    } else {
      await driver.restart()
      documented.restart()
    }
    const got = sentBy(driver)
    if (one.emit !== 'every') expect({ index, step, ...sorted(got, one) }).toEqual({ index, step, ...sorted(expected, one) })
    for (const [name, value] of expected.results) updates.set(name, [...(updates.get(name) ?? []), value])
    for (const [name, value] of got.all) {
      // Not each change is sent, but what is sent has been a result; a session that grows may be deleted first, and be the same one then.
      if (value !== undefined) expect(updates.get(name)).toContain(value)
      last.set(name, value)
    }
  }
  if (one.emit === 'every') {
    const held = [...updates].filter(([name]) => !name.startsWith('z'))
    for (const [name, values] of held) expect(`${name} ${last.get(name)}`).toBe(`${name} ${values.at(-1)}`)
  }
  await driver.close()
}

/** A bounded input, whose end closes what is open. */
async function compareBounded(one: Case, given: readonly Step[]): Promise<void> {
  const records = given.filter((step) => step.do === 'record').map(({ key, at }, index) => [key, `${index}`, at] as const)
  const driver = await TopologyTestDriver.open(
    topology('documented', (builder) => build(one, builder.fromElements<string, string>(records, { name: 'in', ...text }))),
  )
  const documented = new Documented(one)
  const expected: Sent = { results: new Map(), late: [] }
  for (const [key, value, at] of records) {
    const sent = documented.record(key, value, at)
    for (const [name, result] of sent.results) expected.results.set(name, result)
    expected.late.push(...sent.late)
  }
  for (const [name, result] of documented.end().results) expected.results.set(name, result)
  expect(sorted(sentBy(driver), one)).toEqual(sorted(expected, one))
  await driver.close()
}

test('what is sent is what the documents say, after each record, pause and restart', async () => {
  const running = anyCase.filter(({ closes }) => closes !== 'endOfInput')
  await fc.assert(fc.asyncProperty(running, anySteps, compare), { numRuns })
})

test('what the end of a bounded input closes is what the documents say, and nothing is missing then', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyCase.filter(({ closes }) => closes !== 'idle'),
      anySteps,
      compareBounded,
    ),
    { numRuns },
  )
})
