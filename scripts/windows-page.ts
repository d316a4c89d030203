// docs/windows.md and its pictures: each kind of window, run on a few records by the test driver. What the page shows is what came out.

import type { KGroupedStream, KStream, Windowed } from '../framework/index.ts'
import {
  calendar,
  globalWindow,
  hopping,
  idle,
  onEvery,
  purging,
  type Serde,
  session,
  sessionBy,
  sliding,
  slidingCount,
  string,
  topology,
  tumbling,
  tumblingCount,
} from '../framework/index.ts'
import { json } from '../framework/serdes/serdes.ts'
import { TopologyTestDriver } from '../test/kit/index.ts'
import { pictureOf } from './window-picture.ts'

type Group = KGroupedStream<string, string>
type Results = KStream<Windowed<string>, string | null>

/** A record with its time in seconds, or a pause of the clock on the wall. */
export type Input = readonly [value: string, second: number] | { readonly waitMs: number }

export interface Result {
  readonly start: number
  readonly end: number
  readonly value: string
}

interface Kind {
  readonly name: string
  readonly title: string
  readonly code: string
  readonly text: string
  readonly cut: (group: Group) => Results
  readonly input: readonly Input[]
  /** What start and end are: times in seconds, or numbers of records. */
  readonly by: 'seconds' | 'records' | 'days'
  /** Whether the end belongs to the window. */
  readonly inclusive?: boolean
}

const join = (left: string, right: string) => left + right
const hour = 3600
/** Seven records of one key; the last only moves time on. */
const seven: readonly Input[] = [
  ['a', 1],
  ['b', 4],
  ['c', 11],
  ['d', 12],
  ['e', 19],
  ['f', 33],
  ['z', 60],
]
const march = Date.UTC(2024, 2, 30) / 1000

const kinds: readonly Kind[] = [
  {
    name: 'tumbling',
    title: 'Tumbling windows',
    code: "tumbling('10s')",
    text: 'One after the other, aligned to the clock (`offset` moves them): each record is in one.',
    cut: (group) => group.windowedBy(tumbling('10s'), { emit: 'final' }).reduce(join).toStream(),
    input: seven,
    by: 'seconds',
  },
  {
    name: 'hopping',
    title: 'Hopping windows',
    code: "hopping('10s', { advance: '5s' })",
    text: 'Of one size, beginning every `advance`: each record is in as many as overlap there.',
    cut: (group) =>
      group
        .windowedBy(hopping('10s', { advance: '5s' }), { emit: 'final' })
        .reduce(join)
        .toStream(),
    input: seven,
    by: 'seconds',
  },
  {
    name: 'sliding',
    title: 'Sliding windows',
    code: "sliding('10s')",
    text: 'One for each set of records that are not further apart than the difference. Both ends belong to it.',
    cut: (group) => group.windowedBy(sliding('10s'), { emit: 'final' }).reduce(join).toStream(),
    input: [
      ['a', 11],
      ['b', 14],
      ['c', 22],
      ['z', 60],
    ],
    by: 'seconds',
    inclusive: true,
  },
  {
    name: 'session',
    title: 'Sessions',
    code: "session('5s')",
    text: 'As long as nothing is missing for longer than the gap. From the first record to the last, both inclusive.',
    cut: (group) => group.windowedBy(session('5s'), { emit: 'final' }).reduce(join).toStream(),
    input: seven,
    by: 'seconds',
    inclusive: true,
  },
  {
    name: 'session-by',
    title: 'Sessions with a gap of each record',
    code: "sessionBy((value: string) => (value === 'd' ? '20s' : '5s'), { gapMax: '1m' })",
    text: 'Each record keeps its session open for a gap of its own, and the end of a session has it in it.',
    cut: (group) =>
      group
        .windowedBy(
          sessionBy((value) => (value === 'd' ? '20s' : '5s'), { gapMax: '1m' }),
          { emit: 'final' },
        )
        .reduce(join)
        .toStream(),
    input: seven,
    by: 'seconds',
    inclusive: true,
  },
  {
    name: 'calendar',
    title: 'Days, weeks and months of a place',
    code: "calendar('day', { timeZone: 'Europe/Berlin' })",
    text: 'From local midnight on: on 31 March 2024 clocks were set forward in Berlin, and that day had 23 hours. Times are UTC.',
    cut: (group) =>
      group
        .windowedBy(calendar('day', { timeZone: 'Europe/Berlin' }), { emit: 'final' })
        .reduce(join)
        .toStream(),
    input: [
      ['a', march + 12 * hour],
      ['b', march + 22.5 * hour],
      ['c', march + 23 * hour],
      ['d', march + 45.9 * hour],
      ['e', march + 46 * hour],
      ['z', march + 90 * hour],
    ],
    by: 'days',
  },
  {
    name: 'tumbling-count',
    title: 'Tumbling windows of records',
    code: 'tumblingCount(3)',
    text: 'So many records of a key, however long they take. Start and end are numbers of records.',
    cut: (group) => group.windowedBy(tumblingCount(3)).reduce(join),
    input: seven,
    by: 'records',
  },
  {
    name: 'tumbling-count-or-after',
    title: 'So many records, or so long',
    code: "tumblingCount(3, { orAfter: '10s' })",
    text: "A window ends also so long after its first record. By stream time, or with `by: 'wallClock'` by the clock on the wall.",
    cut: (group) => group.windowedBy(tumblingCount(3, { orAfter: '10s' })).reduce(join),
    input: seven,
    by: 'records',
  },
  {
    name: 'sliding-count',
    title: 'Sliding windows of records',
    code: 'slidingCount(4, { step: 2 })',
    text: 'The last so many records, after every so many, from when the first window is full on: as Quix Streams has it.',
    cut: (group) => group.windowedBy(slidingCount(4, { step: 2 })).reduce(join),
    input: seven,
    by: 'records',
  },
  {
    name: 'sliding-count-partial',
    title: 'The same, from the first step on',
    code: 'slidingCount(4, { step: 2, partial: true })',
    text: 'The first windows have fewer records: as Flink’s `countWindow(4, 2)` has it.',
    cut: (group) => group.windowedBy(slidingCount(4, { step: 2, partial: true })).reduce(join),
    input: seven,
    by: 'records',
  },
  {
    name: 'global',
    title: 'A global window with a trigger',
    code: "globalWindow(purging(onEvery('20s')))",
    text: 'One window for each key; the trigger says when its result is sent, and, purging, that it begins anew. Others: `onCount`, `onIdle`, or one of your own.',
    cut: (group) => group.windowedBy(globalWindow(purging(onEvery('20s')))).reduce(join),
    input: seven,
    by: 'records',
  },
  {
    name: 'idle',
    title: 'A window that is closed for idleness',
    code: "tumbling('10s', { closes: idle('30s') })",
    text: 'Nothing comes after b that would move stream time on. Half a minute later, by the clock on the wall, the window is closed; c comes too late for it.',
    cut: (group) =>
      group
        .windowedBy(tumbling('10s', { closes: idle('30s') }), { emit: 'final' })
        .reduce(join)
        .toStream(),
    input: [['a', 1], ['b', 4], { waitMs: 30_000 }, ['c', 8], ['d', 12], { waitMs: 30_000 }],
    by: 'seconds',
  },
]

const head = `# Windows

What each kind of window makes of a few records of one key. The values are letters, joined by \`reduce\`; a result is sent when its window is closed. This page is
written by \`npm run docs\` from real runs. How to use them is said in [Concepts](concepts.md).

**What closes a window** is said by the window: stream time always does (a record has come whose time is past the window's end and its \`grace\`); \`closes: idle('30s')\` also
does when nothing has come to the partition for so long, \`closes: 'wallClock'\` when the clock on the wall has passed the end and the grace, and with \`closes: 'endOfInput'\`
nothing does but the end of a bounded input. What the clock decides is written to a changelog: a restart closes the same windows. \`time: 'processing'\` cuts by the
clock on the wall alone.

**What is sent when** is said where the window is used: \`windowedBy(window, { emit: 'updates' })\` sends every change (the default), \`'final'\` a result once, when its window is
closed, \`every('10s')\` the last of the changes within a time. Records that are late for all of their windows are counted, or taken aside with how late they are:
\`.late((late) => late.to('late-clicks'))\`.

**Windows of records** that are not full when a bounded input ends stay in the store, or are sent: \`atEnd: 'send'\`.

**All elements of a window** come to a function with \`windowedBy(window).apply((elements, { start, end }, key) => …)\`, in the order in which they came, whenever the window is sent.
\`elementsMax\`, \`bytesMax\` and \`whenFull\` say how much a window may hold.

**From Flink and Quix Streams**, whose tables are tests here:

| there | here |
|---|---|
| Flink \`countWindow(n)\`, Quix \`tumbling_count_window(n)\` | \`tumblingCount(n)\` |
| Flink \`countWindow(size, slide)\` | \`slidingCount(size, { step: slide, partial: true })\` |
| Quix \`hopping_count_window(count, step)\`, \`sliding_count_window(count)\` | \`slidingCount(count, { step })\`, \`slidingCount(count, { step: 1 })\` |
| Quix \`.final()\`, \`.current()\` | \`emit: 'final'\`, \`emit: 'updates'\` |
| Flink \`EventTimeSessionWindows.withGap\`, \`withDynamicGap\` | \`session(gap)\`, whose end is the last record, not that and the gap; \`sessionBy(gap, …)\`, whose end has the gap in it |
| Flink \`CountTrigger\`, \`PurgingTrigger\` of \`GlobalWindows\` | \`globalWindow(onCount(n))\`, \`globalWindow(purging(onCount(n)))\` |
| Flink \`ContinuousEventTimeTrigger\` | \`onEvery(duration)\`, which does not send again where nothing has come |
| Flink \`allowedLateness\`, \`sideOutputLateData\` | \`grace\` and \`emit: 'updates'\`, \`.late(…)\`; with \`emit: 'final'\` there is one result, when the grace is over |
`

/** The page and its pictures, by file. */
export async function windowsPage(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>()
  const sections: string[] = [head]
  for (const kind of kinds) {
    const results = await resultsOf(kind)
    const picture = `docs/windows/${kind.name}.svg`
    files.set(picture, pictureOf(kind, results))
    sections.push(sectionOf(kind, results))
  }
  files.set('docs/windows.md', sections.join('\n'))
  return files
}

async function resultsOf({ name, cut, input }: Kind): Promise<readonly Result[]> {
  const text = { key: string(), value: string() }
  const driver = await TopologyTestDriver.open(
    topology(name, (builder) => {
      const group = builder.stream<string, string>('in', text).groupByKey(text)
      cut(group).to('out', { key: json() as Serde<Windowed<string>>, value: string() })
    }),
  )
  for (const one of input) {
    if ('waitMs' in one) driver.advanceWallClock(one.waitMs)
    else driver.pipe('in', 'k', one[0], { timestamp: one[1] * 1000 })
  }
  const out = driver.output<Windowed<string>, string | null>('out')
  await driver.close()
  return out.flatMap(({ key: { start, end }, value }) => (value === null ? [] : [{ start, end, value }]))
}

function sectionOf({ name, title, code, text, input, by }: Kind, results: readonly Result[]): string {
  const time = (ms: number) =>
    by === 'records' ? String(ms) : by === 'seconds' ? `${ms / 1000} s` : new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
  const records = input.map((one) =>
    'waitMs' in one ? `*${one.waitMs / 1000} s pass*` : `${one[0]} at ${by === 'days' ? time(one[1] * 1000) : `${one[1]} s`}`,
  )
  const rows = results.map(({ start, end, value }) => `| ${time(start)} | ${time(end)} | ${value} |`)
  return `## ${title}

\`\`\`ts
import { ${[...code.matchAll(/\b([a-zA-Z]+)\(/g)].map(([, name]) => name).join(', ')} } from 'millrace'

const windows = ${code}
\`\`\`

${text}

![${title}: the records, and the window of each result](windows/${name}.svg)

In: ${records.join(', ')}.

| start | end | result |
|---|---|---|
${rows.join('\n')}
`
}
