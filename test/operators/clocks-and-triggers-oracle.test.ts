// Windows that the clock on the wall closes or cuts, triggers of global windows, and windows of so many records or so long, against a naive reading of the list: random
// records, pauses and restarts that restore all state from the changelogs. After each step the same must have been sent.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CountWindow,
  type GlobalWindow,
  globalWindow,
  hopping,
  onCount,
  onEvery,
  onIdle,
  purging,
  type Serde,
  type SessionWindow,
  session,
  string,
  type TimeWindow,
  type Trigger,
  topology,
  tumbling,
  tumblingCount,
  type Windowed,
} from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }
const numRuns = Number(process.env.MILLRACE_RUNS ?? 40)

type Step =
  | { readonly do: 'record'; readonly key: string; readonly at: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'restart' }

const steps = (at: fc.Arbitrary<number>): fc.Arbitrary<readonly Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('record' as const), key: fc.constantFrom('x', 'y'), at }) },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 15 })) }),
      },
      { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
    ),
    { maxLength: 40, size: 'max' },
  )

function driverOf(window: TimeWindow | SessionWindow | CountWindow | GlobalWindow): Promise<TopologyTestDriver> {
  const definition = topology('windows', (builder) => {
    const group = builder.stream<string, string>('in', text).groupByKey(text)
    const shown = (elements: readonly string[], { start, end }: { start: number; end: number }, key: string) =>
      `${key} ${start}-${end} ${elements.join('')}`
    const out = { key: json() as Serde<Windowed<string>>, value: string() }
    if (window.kind === 'time') group.windowedBy(window, { emit: 'final' }).apply(shown, { store: 'windows' }).toStream().to('out', out)
    else if (window.kind === 'session')
      group.windowedBy(window, { emit: 'final' }).apply(shown, { store: 'windows' }).toStream().to('out', out)
    else if (window.kind === 'count') group.windowedBy(window).apply(shown, { store: 'windows' }).to('out', out)
    else group.windowedBy(window).apply(shown, { store: 'windows' }).to('out', out)
  })
  return TopologyTestDriver.open(definition, { startMs })
}

const startMs = 1_000

/** What is told of each step; what it gives is what is sent. */
interface Naive {
  record(key: string, value: string, timestamp: number, nowMs: number): string[]
  wait(nowMs: number): string[]
}

/** `lag`: whether `at` says how far the record is behind the clock. */
async function compare(
  window: TimeWindow | SessionWindow | CountWindow | GlobalWindow,
  input: readonly Step[],
  naive: Naive,
  lag: boolean,
): Promise<void> {
  const driver = await driverOf(window)
  for (const [index, step] of input.entries()) {
    let expected: string[] = []
    if (step.do === 'record') {
      const nowMs = driver.clock.now()
      const timestamp = lag ? nowMs - step.at : step.at
      driver.pipe('in', step.key, `${index},`, { timestamp })
      expected = naive.record(step.key, `${index},`, timestamp, nowMs)
    } else if (step.do === 'wait') {
      driver.advanceWallClock(step.ms)
      expected = naive.wait(driver.clock.now())
    } else await driver.restart()
    const got = driver.output<Windowed<string>, string>('out').map(({ value }) => value)
    expect({ index, step, sent: got.sort() }).toEqual({ index, step, sent: expected.sort() })
  }
  await driver.close()
}

/** A window is closed when stream time, or the clock when somebody looks at it, has passed its end and its grace; nothing goes back behind what the clock has closed. */
class NaiveClock implements Naive {
  private readonly rows = new Map<string, { readonly end: number; elements: string; isSent: boolean }>()
  private readonly size: number
  private readonly advance: number
  private readonly grace: number
  private readonly processing: boolean
  private streamTime = -1
  private decided = -1

  constructor(size: number, grace: number, processing: boolean, advance = size) {
    this.size = size
    this.advance = advance
    this.grace = grace
    this.processing = processing
  }

  record(key: string, value: string, timestamp: number, nowMs: number): string[] {
    const time = this.processing ? nowMs : timestamp
    this.streamTime = Math.max(this.streamTime, time)
    const closed = Math.max(this.decided, this.streamTime - this.grace)
    for (let start = Math.floor(time / this.advance) * this.advance; start > time - this.size; start -= this.advance) {
      const end = start + this.size
      const name = `${key} ${start}-${end}`
      if (end > closed) this.rows.set(name, { end, elements: (this.rows.get(name)?.elements ?? '') + value, isSent: false })
    }
    return this.close(closed)
  }

  wait(nowMs: number): string[] {
    const isAnyOver = [...this.rows.values()].some(({ end }) => end > this.decided && end + this.grace <= nowMs)
    if (!isAnyOver) return []
    this.decided = nowMs - this.grace
    return this.close(this.decided)
  }

  private close(closed: number): string[] {
    const sent: string[] = []
    for (const [name, row] of this.rows) {
      if (row.isSent || row.end > closed) continue
      row.isSent = true
      sent.push(`${name} ${row.elements}`)
    }
    return sent
  }
}

test('windows that the clock on the wall closes are sent when it has passed them, and take no record afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(steps(fc.nat(12)), fc.nat(5), async (input, grace) => {
      await compare(tumbling(10, { grace, closes: 'wallClock' }), input, new NaiveClock(10, grace, false), true)
    }),
    { numRuns },
  )
})

test('windows of processing time hold what came in their time, whatever the records say', async () => {
  await fc.assert(
    fc.asyncProperty(steps(fc.nat(5_000)), fc.integer({ min: 1, max: 12 }), async (input, size) => {
      await compare(tumbling(size, { time: 'processing' }), input, new NaiveClock(size, 0, true), false)
    }),
    { numRuns },
  )
})

test('hopping windows of processing time overlap by the clock alone', async () => {
  const cut = fc.record({ advance: fc.integer({ min: 1, max: 8 }), times: fc.integer({ min: 1, max: 3 }), less: fc.nat(3) })
  await fc.assert(
    fc.asyncProperty(steps(fc.nat(5_000)), cut, async (input, { advance, times, less }) => {
      const size = Math.max(advance, advance * times - less)
      await compare(hopping(size, { advance, time: 'processing' }), input, new NaiveClock(size, 0, true, advance), false)
    }),
    { numRuns },
  )
})

/** Sessions of one key each, by the clock: a record joins the last one if that is within the gap, and one that is not joined any more is sent. */
class NaiveSessions implements Naive {
  private readonly gap: number
  private readonly open = new Map<string, { readonly start: number; end: number; elements: string }>()

  constructor(gap: number) {
    this.gap = gap
  }

  record(key: string, value: string, _timestamp: number, nowMs: number): string[] {
    const sent = this.wait(nowMs)
    const known = this.open.get(key)
    this.open.set(key, { start: known?.start ?? nowMs, end: nowMs, elements: (known?.elements ?? '') + value })
    return sent
  }

  /** Both ends belong to a session, and the gap, too: it is over a millisecond later. */
  wait(nowMs: number): string[] {
    return [...this.open].flatMap(([key, { start, end, elements }]) => {
      if (end + this.gap >= nowMs) return []
      this.open.delete(key)
      return [`${key} ${start}-${end} ${elements}`]
    })
  }
}

test('sessions of processing time last as long as records keep coming by the clock', async () => {
  await fc.assert(
    fc.asyncProperty(steps(fc.nat(5_000)), fc.integer({ min: 1, max: 12 }), async (input, gap) => {
      await compare(session(gap, { time: 'processing' }), input, new NaiveSessions(gap), false)
    }),
    { numRuns },
  )
})

interface Held {
  elements: string[]
  first: number
  records: number
  due: number
  /** What the trigger knows. */
  seen: number
}

type By = 'eventTime' | 'wallClock'

/** Of one trigger: what a record does, given the window with it and the time; says whether it fires. */
type OnRecord = (held: Held, time: number) => boolean

class NaiveTrigger implements Naive {
  private readonly by: By
  private readonly purges: boolean
  private readonly onRecord: OnRecord
  private readonly keys = new Map<string, Held>()
  private streamTime = -1

  constructor(by: By, purges: boolean, onRecord: OnRecord) {
    this.by = by
    this.purges = purges
    this.onRecord = onRecord
  }

  record(key: string, value: string, timestamp: number, nowMs: number): string[] {
    this.streamTime = Math.max(this.streamTime, timestamp)
    const sent = this.by === 'eventTime' ? this.passed(this.streamTime) : []
    const held = this.keys.get(key) ?? { elements: [], first: 0, records: 0, due: Infinity, seen: 0 }
    this.keys.set(key, held)
    held.elements.push(value)
    held.records++
    if (this.onRecord(held, this.by === 'eventTime' ? this.streamTime : nowMs)) sent.push(...this.fire(key, held))
    return sent
  }

  wait(nowMs: number): string[] {
    return this.by === 'wallClock' ? this.passed(nowMs) : []
  }

  private passed(time: number): string[] {
    return [...this.keys].flatMap(([key, held]) => {
      if (held.due > time) return []
      held.due = Infinity
      return this.fire(key, held)
    })
  }

  private fire(key: string, held: Held): string[] {
    if (held.elements.length === 0) return []
    const line = `${key} ${held.first}-${held.records} ${held.elements.join('')}`
    if (this.purges) {
      held.elements = []
      held.first = held.records
    }
    return [line]
  }
}

const trigger = fc.record({
  kind: fc.constantFrom('count' as const, 'every' as const, 'idle' as const, 'own' as const),
  by: fc.constantFrom('eventTime' as const, 'wallClock' as const),
  size: fc.integer({ min: 1, max: 9 }),
  purges: fc.boolean(),
})

type Chosen = typeof trigger extends fc.Arbitrary<infer T> ? T : never

/** Fires with the nth record that has an even place in its window; begins anew by itself. */
const own = (size: number): Trigger<number> => ({
  name: 'own',
  by: 'eventTime',
  initial: 0,
  onRecord: (seen, { records }) => {
    const next = records % 2 === 0 ? seen + 1 : seen
    return next >= size ? { state: 0, fire: true } : { state: next }
  },
})

function triggerOf({ kind, by, size, purges }: Chosen): GlobalWindow {
  const made = { count: () => onCount(size), every: () => onEvery(size, { by }), idle: () => onIdle(size, { by }), own: () => own(size) }[
    kind
  ]()
  return globalWindow((purges ? purging(made as Trigger<unknown>) : made) as Trigger<unknown>)
}

function naiveOf({ kind, by, size, purges }: Chosen): Naive {
  const rules: Readonly<Record<Chosen['kind'], OnRecord>> = {
    count: (held) => {
      held.seen++
      if (held.seen < size) return false
      held.seen = 0
      return true
    },
    every: (held, time) => {
      if (held.due === Infinity) held.due = (Math.floor(time / size) + 1) * size
      return false
    },
    idle: (held, time) => {
      held.due = time + size
      return false
    },
    own: (held) => {
      if ((held.records - held.first) % 2 === 0) held.seen++
      if (held.seen < size) return false
      held.seen = 0
      return true
    },
  }
  return new NaiveTrigger(kind === 'count' || kind === 'own' ? 'eventTime' : by, purges, rules[kind])
}

test('every trigger fires when a naive reading of the list says so, with all since it began, by either clock', async () => {
  await fc.assert(
    fc.asyncProperty(steps(fc.nat(60)), trigger, async (input, chosen) => {
      await compare(triggerOf(chosen), input, naiveOf(chosen), false)
    }),
    { numRuns: 2 * numRuns },
  )
})

test('a window of so many records, or so long, ends with whichever comes first', async () => {
  const cut = fc.record({
    size: fc.integer({ min: 1, max: 4 }),
    ms: fc.integer({ min: 1, max: 12 }),
    by: fc.constantFrom<By>('eventTime', 'wallClock'),
  })
  await fc.assert(
    fc.asyncProperty(steps(fc.nat(60)), cut, async (input, { size, ms, by }) => {
      const naive = new NaiveTrigger(by, true, (held, time) => {
        // The time is that of the first record of the window.
        if (held.elements.length === 1) held.due = time + ms
        if (held.elements.length < size) return false
        held.due = Infinity
        return true
      })
      await compare(tumblingCount(size, { orAfter: ms, by }), input, naive, false)
    }),
    { numRuns },
  )
})
