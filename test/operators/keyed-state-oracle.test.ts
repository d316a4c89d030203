// State and timers by key against plain Maps: random commands, with restarts in between that restore all state from the changelogs. After each step the same must have been
// seen, and the same timers must have fired, in the same order. MILLRACE_RUNS sets how many.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { json, list, map, reducing, type StateOptions, set, string, topology, value } from '../../framework/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'

const text = { key: string(), value: string() }
const out = { key: string(), value: json<NonNullable<unknown>>() }
const numRuns = Number(process.env.MILLRACE_RUNS ?? 60)

type Ttl = { readonly after: number; readonly by: 'eventTime' | 'processingTime' } | undefined

type Command =
  | { readonly do: 'set' | 'append' | 'put' | 'remove' | 'join' | 'leave' | 'fold'; readonly name: string }
  | { readonly do: 'shift' | 'clear value' | 'clear list' | 'clear map' | 'clear set' | 'clear alarm' | 'clear wake' }
  | { readonly do: 'alarm' | 'add alarm' | 'wake' | 'add wake'; readonly in: number }

type Step =
  | { readonly do: 'record'; readonly key: string; readonly at: number; readonly commands: readonly Command[] }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'restart' }

const name = fc.constantFrom('a', 'b', 'c')
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ do: fc.constantFrom('set', 'append', 'put', 'remove', 'join', 'leave', 'fold'), name }),
  fc.record({ do: fc.constantFrom('shift', 'clear value', 'clear list', 'clear map', 'clear set', 'clear alarm', 'clear wake') }),
  fc.record({ do: fc.constantFrom('alarm', 'add alarm'), in: fc.integer({ min: -5, max: 15 }) }),
  fc.record({ do: fc.constantFrom('wake', 'add wake'), in: fc.integer({ min: 1, max: 15 }) }),
)
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('record' as const),
        key: fc.constantFrom('x', 'y'),
        at: fc.nat(60),
        commands: fc.array(command, { maxLength: 4 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 12 }) }) },
    { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
  ),
  { maxLength: 30, size: 'max' },
)
const ttls: fc.Arbitrary<Ttl> = fc.option(
  fc.record({ after: fc.integer({ min: 1, max: 25 }), by: fc.constantFrom('eventTime' as const, 'processingTime' as const) }),
  { nil: undefined },
)

interface Entry {
  readonly value: unknown
  readonly written: number
}

interface Timer {
  readonly key: string
  readonly name: 'alarm' | 'wake'
  /** By which it is found: those that were added have their time in it. */
  readonly id: string
  readonly time: number
}

/** What is known of a key: of each state the entries, by their names; those of a list by numbers. */
interface Known {
  readonly value: Map<string, Entry>
  readonly list: Map<string, Entry>
  readonly map: Map<string, Entry>
  readonly set: Map<string, Entry>
  readonly sum: Map<string, Entry>
}

class Naive {
  private readonly ttl: Ttl
  private readonly keys = new Map<string, Known>()
  private timers: Timer[] = []
  private streamTime = -1
  private appended = 0
  nowMs = 1_000

  constructor(ttl: Ttl) {
    this.ttl = ttl
  }

  record(key: string, at: number, commands: readonly Command[]): unknown[] {
    const sent = at > this.streamTime ? this.fire('alarm', at) : []
    this.streamTime = Math.max(this.streamTime, at)
    for (const one of commands) this.run(key, at, one)
    sent.push([key, this.seen(key)])
    return [...sent, ...this.fire('alarm', this.streamTime)]
  }

  wait(ms: number): unknown[] {
    this.nowMs += ms
    return this.fire('wake', this.nowMs)
  }

  private fire(name: Timer['name'], upTo: number): unknown[] {
    const due = this.timers.filter((timer) => timer.name === name && timer.time <= upTo)
    this.timers = this.timers.filter((timer) => !due.includes(timer))
    due.sort((a, b) => a.time - b.time || (a.key < b.key ? -1 : a.key > b.key ? 1 : a.id < b.id ? -1 : 1))
    return due.map(({ key, time }) => {
      if (name === 'alarm') this.streamTime = Math.max(this.streamTime, time)
      return [key, [name, time, this.seen(key)]]
    })
  }

  private run(key: string, at: number, one: Command): void {
    const known = this.of(key)
    const put = (entries: Map<string, Entry>, name: string, value: unknown): void => {
      entries.delete(name)
      entries.set(name, { value, written: this.ttl?.by === 'processingTime' ? this.nowMs : this.streamTime })
    }
    switch (one.do) {
      case 'set':
        put(known.value, '', one.name)
        break
      case 'append':
        put(known.list, String(this.appended++), one.name)
        break
      case 'put':
        put(known.map, one.name, at)
        break
      case 'join':
        put(known.set, one.name, null)
        break
      case 'fold':
        put(known.sum, '', [...((this.living(known.sum)[0]?.[1] as string | undefined) ?? ''), one.name].join(''))
        break
      case 'remove':
        known.map.delete(one.name)
        break
      case 'leave':
        known.set.delete(one.name)
        break
      case 'shift':
        known.list.delete(this.living(known.list)[0]?.[0] ?? '')
        break
      case 'clear value':
      case 'clear list':
      case 'clear map':
      case 'clear set':
        known[one.do.slice(6) as 'value' | 'list' | 'map' | 'set'].clear()
        break
      case 'clear alarm':
      case 'clear wake':
        this.timers = this.timers.filter((timer) => timer.key !== key || timer.name !== one.do.slice(6))
        break
      default: {
        const name = one.do.endsWith('alarm') ? 'alarm' : 'wake'
        const time = timeOf(one, at, this.nowMs)
        const id = one.do.startsWith('add') ? `${name}@${time}` : name
        this.timers = [...this.timers.filter((timer) => timer.key !== key || timer.id !== id), { key, name, id, time }]
      }
    }
  }

  private of(key: string): Known {
    const known = this.keys.get(key) ?? { value: new Map(), list: new Map(), map: new Map(), set: new Map(), sum: new Map() }
    this.keys.set(key, known)
    return known
  }

  /** In the order of their names; those of a list in that of their coming. */
  private living(entries: ReadonlyMap<string, Entry>): (readonly [string, unknown])[] {
    const now = this.ttl?.by === 'processingTime' ? this.nowMs : this.streamTime
    return [...entries].flatMap(([name, entry]) =>
      this.ttl === undefined || now < entry.written + this.ttl.after ? [[name, entry.value] as const] : [],
    )
  }

  private seen(key: string): unknown {
    const { value, list, map, set, sum } = this.of(key)
    const sorted = (entries: (readonly [string, unknown])[]) => entries.sort(([a], [b]) => (a < b ? -1 : 1))
    return [
      this.living(value)[0]?.[1] ?? null,
      this.living(list).map(([, one]) => one),
      sorted(this.living(map)),
      sorted(this.living(set)).map(([one]) => one),
      this.living(sum)[0]?.[1] ?? null,
    ]
  }
}

function timeOf(one: { readonly do: string; readonly in: number }, at: number, nowMs: number): number {
  return one.do.endsWith('alarm') ? Math.max(0, at + one.in) : nowMs + one.in
}

function commanded(ttl: Ttl) {
  const options: StateOptions = ttl === undefined ? {} : { ttl }
  const state = {
    value: value<string>({ value: string(), ...options }),
    list: list<string>({ value: string(), ...options }),
    map: map<string, number>({ key: string(), value: json<number>(), ...options }),
    set: set<string>({ member: string(), ...options }),
    sum: reducing<string>((left, right) => left + right, { value: string(), ...options }),
  }
  return topology('commanded', (builder) => {
    const input = builder.stream<string, string>('in', { name: 'in', ...text })
    const seen = input.processValues<NonNullable<unknown>, typeof state, 'alarm' | 'wake'>(
      {
        state,
        timers: { alarm: 'eventTime', wake: 'processingTime' },
        process(commands, _key, { timestamp }, { state: of, timers, wallClock }) {
          for (const one of JSON.parse(commands) as Command[]) {
            if (one.do === 'set') of.value.set(one.name)
            else if (one.do === 'append') of.list.append(one.name)
            else if (one.do === 'put') of.map.set(one.name, timestamp)
            else if (one.do === 'remove') of.map.delete(one.name)
            else if (one.do === 'join') of.set.add(one.name)
            else if (one.do === 'leave') of.set.delete(one.name)
            else if (one.do === 'fold') of.sum.add(one.name)
            else if (one.do === 'shift') of.list.shift()
            else if (one.do === 'clear alarm' || one.do === 'clear wake') timers[one.do.slice(6) as 'alarm' | 'wake'].clear()
            else if ('in' in one) {
              const timer = timers[one.do.endsWith('alarm') ? 'alarm' : 'wake']
              const time = timeOf(one, timestamp, wallClock)
              if (one.do.startsWith('add')) timer.add(time)
              else timer.set(time)
            } else of[one.do.slice(6) as 'value' | 'list' | 'map' | 'set'].clear()
          }
          return [all(of)]
        },
        onTimer: ({ name, time }, _key, { state: of }) => [[name, time, all(of)]],
      },
      { name: 'p', key: string() },
    )
    seen.to('out', out)
  })
}

interface Faces {
  readonly value: { get(): string | undefined }
  readonly list: Iterable<string>
  readonly map: Iterable<[string, number]>
  readonly set: Iterable<string>
  readonly sum: { get(): string | undefined }
}

function all({ value, list, map, set, sum }: Faces): readonly unknown[] {
  return [value.get() ?? null, [...list], [...map], [...set], sum.get() ?? null]
}

test('every kind of state, with a time to live by either clock, and timers by both are what plain Maps are, over restarts', async () => {
  await fc.assert(
    fc.asyncProperty(steps, ttls, async (given, ttl) => {
      const driver = await TopologyTestDriver.open(commanded(ttl), { startMs: 1_000 })
      const naive = new Naive(ttl)
      for (const [index, step] of given.entries()) {
        let expected: unknown[] = []
        if (step.do === 'record') {
          driver.pipe('in', step.key, JSON.stringify(step.commands), { timestamp: step.at })
          expected = naive.record(step.key, step.at, step.commands)
        } else if (step.do === 'wait') {
          driver.advanceWallClock(step.ms)
          expected = naive.wait(step.ms)
        } else await driver.restart()
        const got = driver.output<string, unknown>('out', out).map(({ key, value }) => [key, value])
        expect({ index, step, got }).toEqual({ index, step, got: expected })
      }
      await driver.close()
    }),
    { numRuns },
  )
})
