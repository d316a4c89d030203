// Every kind of state, as topologies with what they are sent and what they must send, wherever their app is killed.

import { aggregating, broadcast, count, list, map, max, reducing, set, string, value, within } from '../../framework/index.ts'
import { json } from '../../framework/serdes/serdes.ts'
import { type CrashCase, letters, text } from './crash-suite.ts'
import { globalTopic } from './lives.ts'

const named = { name: 'p', key: string() } as const

export const crashedStates: Readonly<Record<string, CrashCase>> = {
  'a value': {
    build: (input) =>
      input.processValues(
        {
          state: { count: value<number>({ value: json() }) },
          process(letter, _key, _record, { state }) {
            if (letter === 'x') state.count.clear()
            return [String(state.count.update((before = 0) => before + 1))]
          },
        },
        named,
      ),
    events: letters('aa!ax!a'),
    output: ['k=1', 'k=2', 'k=3', 'k=1', 'k=2'],
  },
  'a list': {
    build: (input) =>
      input.processValues(
        {
          state: { items: list<string>({ value: string() }) },
          process(letter, _key, _record, { state }) {
            if (letter === '-') return [`-${state.items.shift() ?? ''}`]
            if (letter === '?') return [[...state.items].join('')]
            state.items.append(letter)
            return []
          },
        },
        named,
      ),
    // One that was taken out is not there again, and what is appended after a restore comes behind.
    events: letters('abc-!d?-!?'),
    output: ['k=-a', 'k=bcd', 'k=-b', 'k=cd'],
  },
  'a map': {
    build: (input) =>
      input.processValues(
        {
          state: { counts: map<string, number>({ key: string(), value: json() }) },
          process(letter, _key, _record, { state }) {
            if (letter === '-') return [String(state.counts.delete('a'))]
            if (letter === '?') return [JSON.stringify([...state.counts])]
            state.counts.set(letter, (state.counts.get(letter) ?? 0) + 1)
            return []
          },
        },
        named,
      ),
    events: letters('aba!a?-!?'),
    output: ['k=[["a",3],["b",1]]', 'k=true', 'k=[["b",1]]'],
  },
  'a set': {
    build: (input) =>
      input.processValues(
        {
          state: { seen: set<string>({ member: string() }) },
          process(letter, _key, _record, { state }) {
            if (letter === '-') return [String(state.seen.delete('a'))]
            return [`${letter} ${state.seen.add(letter)}`]
          },
        },
        named,
      ),
    events: letters('ab!a-!ab'),
    output: ['k=a true', 'k=b true', 'k=a false', 'k=true', 'k=a true', 'k=b false'],
  },
  'a reducing state': {
    build: (input) =>
      input.processValues(
        {
          state: {
            highest: reducing<string>((left, right) => (right.charCodeAt(0) > left.charCodeAt(0) ? right : left), { value: string() }),
          },
          process(letter, _key, _record, { state }) {
            state.highest.add(letter)
            return [state.highest.get()!]
          },
        },
        named,
      ),
    events: letters('bc!a!d'),
    output: ['k=b', 'k=c', 'k=c', 'k=d'],
  },
  'an aggregating state': {
    build: (input) =>
      input.processValues(
        {
          state: { stats: aggregating({ letters: count(), highest: max((letter: string) => letter) }) },
          process(letter, _key, _record, { state }) {
            state.stats.add(letter)
            return [JSON.stringify(state.stats.get())]
          },
        },
        named,
      ),
    events: letters('bc!a'),
    output: ['k={"letters":1,"highest":"b"}', 'k={"letters":2,"highest":"c"}', 'k={"letters":3,"highest":"c"}'],
  },
  'state with a time to live by event time': {
    build: (input) =>
      input.processValues(
        {
          state: { seen: set<string>({ member: string(), ttl: '10s' }) },
          process: (letter, _key, _record, { state }) => [`${state.seen.add(letter)} ${[...state.seen].join('')}`],
        },
        named,
      ),
    events: [
      ...letters('ab!'),
      ['in', 'k', 'c', 9_000],
      'kill',
      // a and b are over, and a restore does not bring them back, whatever the next record says.
      ['in', 'k', 'd', 11_000],
      'kill',
      ['in', 'k', 'a', 500],
      ['in', 'k', 'e', 20_999],
      'kill',
      ['in', 'k', 'f', 21_000],
    ],
    output: ['k=true a', 'k=true ab', 'k=true abc', 'k=true cd', 'k=true acd', 'k=true ade', 'k=true ef'],
  },
  'state with a time to live by processing time': {
    build: (input) =>
      input.processValues(
        {
          state: { last: value<string>({ value: string(), ttl: { after: '60s', by: 'processingTime' } }) },
          process(letter, _key, _record, { state }) {
            const before = state.last.get() ?? 'nothing'
            if (letter !== '?') state.last.set(letter)
            return [before]
          },
        },
        named,
      ),
    // It ends by itself: also while nobody runs, and then before the first record.
    events: [
      ...letters('a?!?'),
      { waitMs: 80_000 },
      'kill',
      ...letters('?b'),
      'kill',
      ...letters('?'),
      { waitMs: 80_000 },
      ...letters('?'),
    ],
    output: ['k=nothing', 'k=a', 'k=a', 'k=nothing', 'k=nothing', 'k=b', 'k=nothing'],
  },
  'timers by event time': {
    build: (input) =>
      input.processValues(
        {
          timers: { alarm: 'eventTime' },
          process(letter, _key, { timestamp }, { timers }) {
            if (letter === 's') timers.alarm.set(timestamp + 5_000)
            if (letter === 'a') timers.alarm.add(timestamp + 3_000)
            if (letter === 'c') timers.alarm.clear()
            return []
          },
          onTimer: ({ name, time }) => [`${name} ${time}`],
        },
        named,
      ),
    events: [
      ['in', 'k', 's', 0],
      ['in', 'k', 'a', 1_000],
      ['in', 'm', 's', 1_500],
      'kill',
      ['in', 'k', 'x', 4_500],
      'kill',
      ['in', 'm', 'c', 4_600],
      'kill',
      ['in', 'k', 'x', 20_000],
    ],
    output: ['k=alarm 4000', 'k=alarm 5000'],
  },
  'timers by processing time': {
    build: (input) =>
      input.processValues(
        {
          timers: { alarm: 'processingTime' },
          process(letter, _key, _record, { timers, wallClock }) {
            if (letter === 's') timers.alarm.set(wallClock + 60_000)
            return []
          },
          onTimer: ({ name }) => [name],
        },
        named,
      ),
    // No record is needed, and it fires once.
    events: [...letters('s!'), { waitMs: 80_000 }, 'kill', { waitMs: 80_000 }, ...letters('s'), 'kill', { waitMs: 80_000 }],
    output: ['k=alarm', 'k=alarm'],
  },
  'broadcast state from a global table': {
    build: (input, builder) => {
      const rules = builder.globalTable<string, string>(globalTopic, { name: globalTopic, ...text })
      return input.processValues(
        { state: { rules: broadcast(rules) }, process: (letter, _key, _record, { state }) => [state.rules.get(letter) ?? 'none'] },
        named,
      )
    },
    events: [
      [globalTopic, 'a', 'allow', 0],
      [globalTopic, 'b', 'deny', 0],
      ...letters('a!b'),
      [globalTopic, 'b', null, 0],
      'kill',
      ...letters('ab'),
    ],
    output: ['k=allow', 'k=deny', 'k=allow', 'k=none'],
  },
  distinctBy: {
    build: (input) => input.distinctBy((letter) => letter, { within: '10s', id: string(), ...named }),
    events: [...letters('aba!ab'), 'kill', ['in', 'k', 'a', 9_999], ['in', 'k', 'a', 10_000], 'kill', ['in', 'k', 'a', 11_000]],
    output: ['k=a', 'k=b', 'k=a'],
  },
  throttle: {
    build: (input) => input.throttle(2, { per: '10s', ...named }),
    events: [...letters('a!bc!d', 1_000), ['in', 'k', 'e', 10_999], 'kill', ['in', 'k', 'f', 11_000], ['in', 'k', 'g', 11_001]],
    output: ['k=a', 'k=b', 'k=f', 'k=g'],
  },
  sample: {
    build: (input) => input.sample({ every: 3 }, named),
    events: letters('ab!cd!ef!g'),
    output: ['k=c', 'k=f'],
  },
  topN: {
    build: (input) =>
      input
        .topN(2, { by: (letter) => letter.charCodeAt(0), id: (letter) => letter, idSerde: string(), value: string(), ...named })
        .mapValues((best) => best.join('')),
    events: letters('bd!ac!c!e'),
    output: ['k=b', 'k=db', 'k=dc', 'k=ed'],
  },
  mapAsync: {
    build: (input, _builder, life) =>
      input.mapAsync((letter) => (letter < 'c' && life === 0 ? new Promise<string>(() => {}) : Promise.resolve(letter.toUpperCase())), {
        ...named,
        value: string(),
        order: 'key',
        timeout: '1h',
      }),
    // Nobody overtakes those whose calls died with the process.
    events: [...letters('acb!'), ...letters('d')],
    output: ['k=A', 'k=C', 'k=B', 'k=D'],
    needsKill: true,
  },
  'a lookup join': {
    build: (input, _builder, life) =>
      input.lookupJoin(
        (letter) => letter,
        (letter) => (life === 0 ? new Promise<string>(() => {}) : Promise.resolve(letter.toUpperCase())),
        (letter, found) => `${letter}${found}`,
        { ...named, value: string(), cache: { ttl: '1h' }, timeout: '1h' },
      ),
    events: [...letters('ab!'), ...letters('a')],
    output: ['k=aA', 'k=bB', 'k=aA'],
    needsKill: true,
  },
  'an interval join': {
    build: (input, builder) => {
      const right = builder.stream<string, string>('right', { name: 'right', ...text })
      return input.leftJoin(right, (one, other) => `${one}${other ?? '-'}`, within('5s', { before: 0 }), {
        ...text,
        otherValue: string(),
        name: 'p',
      })
    },
    events: [
      ...letters('ab!'),
      ['right', 'k', 'r', 3_000],
      ['in', 'm', 'c', 4_000],
      'kill',
      ['in', 'k', 'd', 3_000],
      ['right', 'k', 's', 20_000],
      'kill',
      ['in', 'k', 'e', 20_000],
    ],
    output: ['k=ar', 'k=br', 'k=dr', 'm=c-', 'k=es'],
  },
  'an as-of join': {
    build: (input, builder) => {
      const rates = builder.stream<string, string>('right', { name: 'right', ...text })
      return input.asOfJoin(rates, (letter, rate) => `${letter}${rate}`, {
        name: 'p',
        history: '1m',
        grace: '10s',
        ...text,
        otherValue: string(),
      })
    },
    events: [
      ['right', 'k', '1', 1_000],
      ['in', 'k', 'a', 3_000],
      ['right', 'k', '3', 5_000],
      'kill',
      ['right', 'k', '2', 2_000],
      ['in', 'k', 'b', 6_000],
      'kill',
      ['in', 'm', 'x', 16_000],
    ],
    output: ['k=a2', 'k=b3'],
  },
}
