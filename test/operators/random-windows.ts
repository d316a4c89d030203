// A windowed aggregation by chance: which windows, what closes them, what is sent when, what becomes of late records, and what is made of the others; of one group or of two.

import * as fc from 'fast-check'
import {
  type CountWindow,
  calendar,
  collect,
  count,
  type Duration,
  type EmitOptions,
  every,
  first,
  type GlobalWindow,
  globalWindow,
  hopping,
  idle,
  type KStream,
  last,
  max,
  onCount,
  onEvery,
  onIdle,
  purging,
  type SessionWindow,
  type SlidingWindow,
  type StreamsBuilder,
  session,
  sessionBy,
  sliding,
  slidingCount,
  string,
  sum,
  type TimeWindow,
  type TopologyDefinition,
  type Trigger,
  topology,
  tumbling,
  tumblingCount,
  type Windowed,
} from '../../framework/index.ts'

export const text = { key: string(), value: string() }

type Texts = KStream<string, string>
type Cut = TimeWindow | SlidingWindow | SessionWindow | CountWindow | GlobalWindow
type Results = KStream<Windowed<string>, string | null>

/** Longer than all short pauses of a run together: the time for which a partition was idle begins anew with a restart. */
export const idleMs = 1_000

export interface Choice {
  readonly window: { readonly name: string; readonly cut: Cut }
  readonly emit: EmitOptions
  readonly late: boolean
  readonly aggregation: 'count' | 'reduce' | 'fold' | 'named' | 'apply' | 'cogroup'
}

const sizes = fc.record({
  size: fc.integer({ min: 2, max: 12 }),
  part: fc.integer({ min: 1, max: 4 }),
  grace: fc.constantFrom(0, 0, 3, 8),
  flag: fc.boolean(),
})

interface Sizes {
  readonly size: number
  readonly part: number
  readonly grace: number
  readonly flag: boolean
}

const gapOf = (value: string): Duration => 2 + (value.charCodeAt(0) % 5)
const purgingIf = (purges: boolean, trigger: Trigger<never>): GlobalWindow =>
  globalWindow((purges ? purging(trigger) : trigger) as Trigger<never>)

/** By stream time: what they send is a function of their input. */
const byStreamTime: Readonly<Record<string, (sizes: Sizes) => Cut>> = {
  tumbling: ({ size, grace, part }) => tumbling(size, { grace, offset: part }),
  hopping: ({ size, part, grace }) => hopping(size, { advance: Math.ceil(size / part), grace }),
  sliding: ({ size, grace }) => sliding(size, { grace }),
  session: ({ size, grace }) => session(size, { grace }),
  sessionBy: ({ grace }) => sessionBy(gapOf, { gapMax: 7, grace }),
  calendar: ({ grace }) => calendar('day', { timeZone: 'Europe/Berlin', grace }),
  tumblingCount: ({ part }) => tumblingCount(part),
  slidingCount: ({ size, part, flag }) => slidingCount(size, { step: Math.min(size, part), partial: flag }),
  orAfter: ({ size, part }) => tumblingCount(part + 1, { orAfter: size }),
  onCount: ({ part, flag }) => purgingIf(flag, onCount(part) as Trigger<never>),
  onEvery: ({ size, flag }) => purgingIf(flag, onEvery(size) as Trigger<never>),
  onIdle: ({ size, flag }) => purgingIf(flag, onIdle(size) as Trigger<never>),
}

const byTheClock: Readonly<Record<string, (sizes: Sizes) => Cut>> = {
  'tumbling, idle': ({ size, grace }) => tumbling(size, { grace, closes: idle(idleMs) }),
  'hopping, idle': ({ size, part, grace }) => hopping(size, { advance: Math.ceil(size / part), grace, closes: idle(idleMs) }),
  'sliding, idle': ({ size, grace }) => sliding(size, { grace, closes: idle(idleMs) }),
  'session, idle': ({ size, grace }) => session(size, { grace, closes: idle(idleMs) }),
  'tumbling, wallClock': ({ size, grace }) => tumbling(size, { grace, closes: 'wallClock' }),
  'hopping, wallClock': ({ size, part, grace }) => hopping(size, { advance: Math.ceil(size / part), grace, closes: 'wallClock' }),
  'sliding, wallClock': ({ size, grace }) => sliding(size, { grace, closes: 'wallClock' }),
  'session, wallClock': ({ size, grace }) => session(size, { grace, closes: 'wallClock' }),
  'sessionBy, wallClock': ({ grace }) => sessionBy(gapOf, { gapMax: 7, grace, closes: 'wallClock' }),
  'tumbling, processing': ({ size }) => tumbling(size, { time: 'processing' }),
  'session, processing': ({ size }) => session(size, { time: 'processing' }),
  'sessionBy, processing': () => sessionBy(gapOf, { gapMax: 7, time: 'processing' }),
  'orAfter, wallClock': ({ size, part }) => tumblingCount(part + 1, { orAfter: size, by: 'wallClock' }),
  'onEvery, wallClock': ({ size, flag }) => purgingIf(flag, onEvery(size, { by: 'wallClock' }) as Trigger<never>),
  'onIdle, wallClock': ({ size, flag }) => purgingIf(flag, onIdle(size, { by: 'wallClock' }) as Trigger<never>),
}

const byTheEnd: Readonly<Record<string, (sizes: Sizes) => Cut>> = {
  'tumbling, end': ({ size, part }) => tumbling(size, { offset: part, closes: 'endOfInput' }),
  'hopping, end': ({ size, part }) => hopping(size, { advance: Math.ceil(size / part), closes: 'endOfInput' }),
  'sliding, end': ({ size }) => sliding(size, { closes: 'endOfInput' }),
  'session, end': ({ size }) => session(size, { closes: 'endOfInput' }),
  'sessionBy, end': () => sessionBy(gapOf, { gapMax: 7, closes: 'endOfInput' }),
  'calendar, end': () => calendar('day', { timeZone: 'Europe/Berlin', closes: 'endOfInput' }),
  'tumblingCount, end': ({ part }) => tumblingCount(part, { atEnd: 'send' }),
  'slidingCount, end': ({ size, part, flag }) => slidingCount(size, { step: Math.min(size, part), partial: flag, atEnd: 'send' }),
  'orAfter, end': ({ size, part }) => tumblingCount(part + 1, { orAfter: size, atEnd: 'send' }),
}

/** `clocks`: also what the clock on the wall decides; `ends`: also what the end of the input decides. */
export function choices({ clocks, ends = false }: { readonly clocks: boolean; readonly ends?: boolean }): fc.Arbitrary<Choice> {
  const kinds = { ...byStreamTime, ...(clocks ? byTheClock : {}), ...(ends ? byTheEnd : {}) }
  const emit = fc.constantFrom<EmitOptions>(
    { emit: 'final' },
    { emit: 'final' },
    { emit: 'updates' },
    { emit: every(6) },
    ...(clocks ? [{ emit: every(15, { by: 'wallClock' }) }] : []),
  )
  return fc.record({
    window: fc
      .tuple(fc.constantFrom(...Object.keys(kinds)), sizes)
      .map(([name, chosen]) => ({ name: `${name} ${JSON.stringify(chosen)}`, cut: kinds[name]!(chosen) })),
    emit,
    late: fc.boolean(),
    aggregation: fc.constantFrom('count', 'reduce', 'fold', 'named', 'apply', 'cogroup'),
  })
}

/** From the topic `in`, unless another input is given, to the topic `out`; late records go there too. */
export function topologyOf(
  choice: Choice,
  name = 'windows',
  input = (builder: StreamsBuilder): Texts => builder.stream<string, string>('in', { name: 'in', ...text }),
): TopologyDefinition {
  return topology(name, (builder) => {
    resultsOf(input(builder), choice)
      .map((value, { key, start, end }) => [key, `${start}-${end} ${value}`])
      .to('out', text)
  })
}

const store = 'windows'
const named = { all: count(), first: first((one: string) => one), last: last((one: string) => one), list: collect((one: string) => one) }
const numbers = { length: sum((one: string) => one.length), longest: max((one: string) => one.length) }
const concat = (left: string, right: string): string => `${left}${right}`
const addUpper = (all: string, one: string): string => `${all}(${one})`

function resultsOf(input: Texts, choice: Choice): Results {
  const { cut } = choice.window
  const asideTo = (late: KStream<string, { readonly value: unknown; readonly lateMs: number }>): void =>
    late.mapValues(({ value, lateMs }) => `${String(value)} late by ${lateMs}`).to('out', text)
  if (choice.aggregation === 'cogroup') return cogrouped(input, choice, asideTo)
  const group = input.groupByKey(text)
  const shown = <V>(of: KStream<Windowed<string>, V | null>): Results =>
    of.mapValues((value) => (value === null ? null : JSON.stringify(value)))
  switch (cut.kind) {
    case 'time':
    case 'sliding': {
      const plain = group.windowedBy(cut, choice.emit)
      const windows = choice.late ? plain.late(asideTo) : plain
      if (choice.aggregation === 'count') return shown(windows.count({ store }).toStream())
      if (choice.aggregation === 'reduce') return windows.reduce(concat, { store }).toStream()
      if (choice.aggregation === 'fold') return windows.aggregate(() => '', concat, { store, value: string() }).toStream()
      if (choice.aggregation === 'named') return shown(windows.aggregate({ ...named, ...numbers }, { store }).toStream())
      return shown(windows.apply((list, times) => ({ list, ...times }), { store }).toStream())
    }
    case 'session': {
      const plain = group.windowedBy(cut, choice.emit)
      const windows = choice.late ? plain.late(asideTo) : plain
      if (choice.aggregation === 'count') return shown(windows.count({ store }).toStream())
      if (choice.aggregation === 'reduce') return windows.reduce(concat, { store }).toStream()
      if (choice.aggregation === 'fold') return windows.aggregate(() => '', concat, concat, { store, value: string() }).toStream()
      if (choice.aggregation === 'named') return shown(windows.aggregate({ ...named, ...numbers }, { store }).toStream())
      return shown(windows.apply((list, times) => ({ list, ...times }), { store }).toStream())
    }
    case 'count':
    case 'global': {
      const emit = choice.emit.emit === 'updates' ? 'updates' : 'final'
      const windows = cut.kind === 'count' ? group.windowedBy(cut, { emit }) : group.windowedBy(cut)
      if (choice.aggregation === 'count') return shown(windows.count({ store }))
      if (choice.aggregation === 'reduce') return windows.reduce(concat, { store })
      if (choice.aggregation === 'fold') return windows.aggregate(() => '', concat, { store, value: string() })
      if (choice.aggregation === 'named') return shown(windows.aggregate({ ...named, ...numbers }, { store }))
      return shown(windows.apply((list, times) => ({ list, ...times }), { store }))
    }
  }
}

type Aside = (late: KStream<string, { readonly value: unknown; readonly lateMs: number }>) => void

/** One group of what begins with a letter up to m, one of the rest. */
function cogrouped(input: Texts, { window: { cut }, emit, late }: Choice, asideTo: Aside): Results {
  const lower = input.filter((one) => one < 'm').groupByKey(text)
  const upper = input.filterNot((one) => one < 'm').groupByKey(text)
  const both = lower.cogroup<string>(concat).cogroup(upper, addUpper)
  const options = { store, value: string() }
  switch (cut.kind) {
    case 'time':
    case 'sliding': {
      const windows = both.windowedBy(cut, emit)
      return (late ? windows.late(asideTo) : windows).aggregate(() => '', options).toStream()
    }
    case 'session': {
      const windows = both.windowedBy(cut, emit)
      return (late ? windows.late(asideTo) : windows).aggregate(() => '', concat, options).toStream()
    }
    case 'count':
      return both.windowedBy(cut, { emit: emit.emit === 'updates' ? 'updates' : 'final' }).aggregate(() => '', options)
    case 'global':
      return both.windowedBy(cut).aggregate(() => '', options)
  }
}
