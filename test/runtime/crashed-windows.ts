// Every kind of window, of what closes it and of what is sent when, as topologies with what they are sent and what they must send, wherever their app is killed.

import {
  type CountWindow,
  calendar,
  count,
  type EmitOptions,
  every,
  type GlobalWindow,
  globalWindow,
  hopping,
  idle,
  type KStream,
  onCount,
  onEvery,
  onIdle,
  purging,
  type SessionWindow,
  type SlidingWindow,
  session,
  sessionBy,
  sliding,
  slidingCount,
  string,
  type TimeWindow,
  type Trigger,
  tumbling,
  tumblingCount,
} from '../../framework/index.ts'
import { type CrashCase, letters, text } from './crash-suite.ts'
import type { LifeEvent } from './lives.ts'

type Texts = KStream<string, string>
type Shows = (elements: readonly string[], window: { readonly start: number; readonly end: number }) => string

/** In seconds, as the events are written. */
const withTimes: Shows = (elements, { start, end }) => `${start / 1_000}-${end / 1_000} ${elements.join('')}`
const withNumbers: Shows = (elements, { start, end }) => `${start}-${end} ${elements.join('')}`
/** Where the clock on the wall cuts, times depend on how long a restart takes. */
const alone: Shows = (elements) => elements.join('')

const final: EmitOptions = { emit: 'final' }

function inTime(window: TimeWindow | SlidingWindow, emit: EmitOptions, shows: Shows = withTimes): CrashCase['build'] {
  return (input) => {
    const cut = input.groupByKey(text).windowedBy(window, emit)
    const aside = cut.late((late) => late.mapValues(({ value, lateMs }) => `${value} late by ${lateMs}`).to('out', text))
    return aside.apply(shows, { store: 'windows' }).toStream((_elements, { key }) => key)
  }
}

function inSessions(window: SessionWindow, emit: EmitOptions, shows: Shows = withTimes): CrashCase['build'] {
  return (input) => {
    const cut = input.groupByKey(text).windowedBy(window, emit)
    const aside = cut.late((late) => late.mapValues(({ value, lateMs }) => `${value} late by ${lateMs}`).to('out', text))
    // A session that has become part of another one is taken back.
    return aside
      .apply(shows, { store: 'windows' })
      .toStream((_elements, { key }) => key)
      .mapValues((shown) => shown ?? 'gone')
  }
}

function byNumber(window: CountWindow | GlobalWindow, shows: Shows = withNumbers): CrashCase['build'] {
  const shown = (group: ReturnType<Texts['groupByKey']>) =>
    window.kind === 'count'
      ? group.windowedBy(window).apply(shows, { store: 'windows' })
      : group.windowedBy(window).apply(shows, { store: 'windows' })
  return (input) => shown(input.groupByKey(text)).selectKey((_shown, { key }) => key)
}

/** `a1 b4 ! c11`: letters of the key k at seconds, and kills. */
function at(line: string): LifeEvent[] {
  return line.split(' ').map((word) => {
    if (word === '!') return 'kill'
    if (word.startsWith('+')) return { waitMs: Number(word.slice(1)) * 1_000 }
    return ['in', 'k', word.slice(0, 1), Number(word.slice(1)) * 1_000]
  })
}

/** Fires with every second record that is no x. */
const own: Trigger<number> = {
  name: 'own',
  by: 'eventTime',
  initial: 0,
  onRecord: (seen, { value }) => (value === 'x' ? { state: seen } : { state: (seen + 1) % 2, fire: seen === 1 }),
}

export const crashedWindows: Readonly<Record<string, CrashCase>> = {
  'tumbling windows, with late records': {
    build: inTime(tumbling('10s', { grace: '2s' }), final),
    events: at('a0 b4 ! c9 ! d11 e12 ! f5 ! g22'),
    output: ['k=0-10 abc', 'k=f late by 0', 'k=10-20 de'],
  },
  'named aggregators in tumbling windows': {
    build: (input) => {
      const counts = input.groupByKey(text).windowedBy(tumbling('10s'), final).aggregate({ letters: count() }, { store: 'windows' })
      return counts.toStream((_counts, { key }) => key).mapValues(({ letters: many }) => String(many))
    },
    events: at('a0 b4 ! c9 d12 ! e30'),
    output: ['k=3', 'k=1'],
  },
  'hopping windows, each change': {
    build: inTime(hopping('10s', { advance: '5s' }), {}),
    events: at('a0 b6 ! c7'),
    output: ['k=0-10 a', 'k=0-10 ab', 'k=5-15 b', 'k=0-10 abc', 'k=5-15 bc'],
  },
  'sliding windows': {
    build: inTime(sliding('10s'), final),
    events: at('a11 ! b14 ! c22 ! z60'),
    output: ['k=1-11 a', 'k=4-14 ab', 'k=11.001-21.001 b', 'k=12-22 bc', 'k=14.001-24.001 c'],
  },
  sessions: {
    build: inSessions(session('5s'), final),
    events: at('a1 ! b4 c11 ! d12 ! e19 f33 ! z60'),
    output: ['k=1-4 ab', 'k=11-12 cd', 'k=19-19 e', 'k=33-33 f'],
  },
  'sessions that grow together, each change': {
    build: inSessions(session('5s', { grace: '1m' }), {}),
    events: at('a1 ! b8 ! c4'),
    output: ['k=1-1 a', 'k=8-8 b', 'k=gone', 'k=gone', 'k=1-8 abc'],
  },
  'sessions with a gap of each record': {
    build: inSessions(
      sessionBy((letter: string) => (letter === 'd' ? '20s' : '5s'), { gapMax: '1m' }),
      final,
    ),
    events: at('a1 ! b4 c11 ! d12 ! e19 ! f33 ! z60'),
    output: ['k=1-9 ab', 'k=11-32 cde', 'k=33-38 f'],
  },
  'days of a place where clocks are set forward': {
    build: inTime(calendar('day', { timeZone: 'Europe/Berlin' }), final, (elements, { start, end }) => {
      return `${new Date(start).toISOString().slice(0, 16)} ${(end - start) / 3_600_000}h ${elements.join('')}`
    }),
    events: [
      ['in', 'k', 'a', Date.parse('2024-03-30T12:00Z')],
      'kill',
      ['in', 'k', 'b', Date.parse('2024-03-30T22:30Z')],
      ['in', 'k', 'c', Date.parse('2024-03-30T23:00Z')],
      'kill',
      ['in', 'k', 'd', Date.parse('2024-03-31T21:54Z')],
      'kill',
      ['in', 'k', 'e', Date.parse('2024-03-31T22:00Z')],
      'kill',
      ['in', 'k', 'z', Date.parse('2024-04-02T18:00Z')],
    ],
    output: ['k=2024-03-29T23:00 24h ab', 'k=2024-03-30T23:00 23h cd', 'k=2024-03-31T22:00 24h e'],
  },
  'what is sent every 3 s of stream time': {
    build: inTime(tumbling('10s'), { emit: every('3s') }),
    events: at('a0 b1 ! c2 d3 ! e4 ! f7'),
    output: ['k=0-10 abcd', 'k=0-10 abcdef'],
  },
  'what is sent every minute of the clock on the wall': {
    build: inTime(tumbling('10s'), { emit: every('60s', { by: 'wallClock' }) }),
    events: at('a0 ! b1 +80 ! +80'),
    output: ['k=0-10 ab'],
  },
  'tumbling windows that are closed for idleness': {
    build: inTime(tumbling('10s', { closes: idle('60s') }), final),
    events: at('a3 b7 ! +80 ! c8 d18 ! +80 ! +80'),
    output: ['k=0-10 ab', 'k=c late by 7000', 'k=10-20 d'],
  },
  'hopping windows that are closed for idleness': {
    build: inTime(hopping('10s', { advance: '5s', closes: idle('60s') }), final),
    events: at('a3 b7 ! +80 ! c10 ! +80'),
    output: ['k=0-10 ab', 'k=5-15 b', 'k=10-20 c'],
  },
  'sliding windows that are closed for idleness': {
    build: inTime(sliding('5s', { closes: idle('60s') }), final),
    events: at('a3 b7 ! +80 ! c10 ! +80'),
    output: ['k=0-5 a', 'k=2-7 ab', 'k=3.001-8.001 b', 'k=5-10 bc'],
  },
  'sessions that are closed for idleness': {
    build: inSessions(session('5s', { closes: idle('60s') }), final),
    events: at('a3 b7 ! +80 ! c10 ! +80'),
    output: ['k=3-7 ab', 'k=10-10 c'],
  },
  'windows that the clock on the wall closes': {
    build: inTime(tumbling('60s', { closes: 'wallClock' }), final),
    events: at('a5 b6 ! +80 ! c61 ! +80 ! +10'),
    output: ['k=0-60 ab', 'k=60-120 c'],
  },
  'hopping windows that the clock on the wall closes': {
    build: inTime(hopping('60s', { advance: '30s', closes: 'wallClock' }), final),
    events: at('a5 b35 ! +80 ! +80'),
    output: ['k=0-60 ab', 'k=30-90 b'],
  },
  'sessions that the clock on the wall closes': {
    build: inSessions(session('60s', { closes: 'wallClock' }), final),
    events: at('a5 ! b6 ! +80 ! +80'),
    output: ['k=5-6 ab'],
  },
  'windows of processing time': {
    build: inTime(tumbling('120s', { time: 'processing' }), final, alone),
    events: at('a900 b1 ! c5 ! +120 ! d7 ! +120 ! +120'),
    output: ['k=abc', 'k=d'],
  },
  'sessions of processing time': {
    build: inSessions(session('60s', { time: 'processing' }), final, alone),
    events: at('a900 b1 ! c5 ! +80 ! d7 ! +80 ! +80'),
    output: ['k=abc', 'k=d'],
  },
  'tumbling windows of records': {
    build: byNumber(tumblingCount(3)),
    events: letters('ab!c!de!f!g'),
    output: ['k=0-3 abc', 'k=3-6 def'],
  },
  'sliding windows of records': {
    build: byNumber(slidingCount(4, { step: 2 })),
    events: letters('ab!cd!e!f!g'),
    output: ['k=0-4 abcd', 'k=2-6 cdef'],
  },
  'sliding windows of records from the first step on': {
    build: byNumber(slidingCount(4, { step: 2, partial: true })),
    events: letters('a!b!cd!e!f!g'),
    output: ['k=0-2 ab', 'k=0-4 abcd', 'k=2-6 cdef'],
  },
  'windows of records in panes': {
    build: byNumber(slidingCount(10, { step: 2 })),
    events: letters('abc!def!ghi!j!kl!m'),
    output: ['k=0-10 abcdefghij', 'k=2-12 cdefghijkl'],
  },
  'so many records, or so long by stream time': {
    build: byNumber(tumblingCount(3, { orAfter: '10s' })),
    events: at('a1 ! b4 ! c11 ! d12 ! e19 f33 ! z60'),
    output: ['k=0-2 ab', 'k=2-5 cde', 'k=5-6 f'],
  },
  'so many records, or so long by the clock on the wall': {
    build: byNumber(tumblingCount(3, { orAfter: '60s', by: 'wallClock' })),
    events: at('a1 b2 ! +80 ! c3 d4 ! e5 ! +80'),
    output: ['k=0-2 ab', 'k=2-5 cde'],
  },
  'a global window with a trigger by count': {
    build: byNumber(globalWindow(onCount(2))),
    events: letters('a!b!cd!e'),
    output: ['k=0-2 ab', 'k=0-4 abcd'],
  },
  'a global window with a purging trigger by count': {
    build: byNumber(globalWindow(purging(onCount(2)))),
    events: letters('a!b!cd!e'),
    output: ['k=0-2 ab', 'k=2-4 cd'],
  },
  'a global window with a trigger by stream time': {
    build: byNumber(globalWindow(purging(onEvery('20s')))),
    events: at('a1 b4 ! c11 d12 e19 ! f33 ! z60'),
    output: ['k=0-5 abcde', 'k=5-6 f'],
  },
  'a global window with a trigger by the clock on the wall': {
    build: byNumber(globalWindow(purging(onEvery('60s', { by: 'wallClock' })))),
    events: at('a1 b2 ! +80 ! c3 ! +80 ! +80'),
    output: ['k=0-2 ab', 'k=2-3 c'],
  },
  'a global window with a trigger of idleness by stream time': {
    build: byNumber(globalWindow(purging(onIdle('10s')))),
    events: at('a0 ! b9 ! c19 ! d40'),
    output: ['k=0-2 ab', 'k=2-3 c'],
  },
  'a global window with a trigger of idleness by the clock on the wall': {
    build: byNumber(globalWindow(onIdle('60s', { by: 'wallClock' }))),
    events: at('a0 b9 ! +80 ! c1 ! +80'),
    output: ['k=0-2 ab', 'k=0-3 abc'],
  },
  'a global window with a trigger of one’s own': {
    build: byNumber(globalWindow(purging(own))),
    events: letters('a!xx!b!c!d'),
    output: ['k=0-4 axxb', 'k=4-6 cd'],
  },
  'windows of several groups that are closed for idleness': {
    build: (input, builder) => {
      const right = builder.stream<string, string>('right', { name: 'right', ...text }).groupByKey(text)
      const both = input.groupByKey(text).cogroup<string>((all, letter) => all + letter)
      const cut = both.cogroup(right, (all, letter) => `${all}(${letter})`).windowedBy(tumbling('10s', { closes: idle('60s') }), final)
      return cut.aggregate(() => '', { store: 'windows', value: string() }).toStream((_all, { key }) => key)
    },
    events: [...at('a3 !'), ['right', 'k', 'b', 7_000], ...at('! +80 ! c8 d18 ! +80')],
    output: ['k=a(b)', 'k=d'],
  },
  'windows of so many records of several groups': {
    build: (input, builder) => {
      const right = builder.stream<string, string>('right', { name: 'right', ...text }).groupByKey(text)
      const both = input.groupByKey(text).cogroup<string>((all, letter) => all + letter)
      const cut = both.cogroup(right, (all, letter) => `${all}(${letter})`).windowedBy(tumblingCount(3))
      return cut.aggregate(() => '', { store: 'windows', value: string() }).selectKey((_all, { key }) => key)
    },
    events: [...at('a3 !'), ['right', 'k', 'b', 7_000], 'kill', ...at('c8 d9 ! e9'), 'kill', ['right', 'k', 'f', 0]],
    output: ['k=a(b)c', 'k=de(f)'],
  },
}
