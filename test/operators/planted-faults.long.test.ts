// What the property tests are worth: with a small fault planted in an operator or an aggregator, the one that is about it finds a counterexample.

import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..')
const operators = 'framework/operators'
const dsl = 'framework/dsl'
const timeWindows = 'test/operators/time-windows-oracle.test.ts'
const clocks = 'test/operators/clocks-and-triggers-oracle.test.ts'
const aggregators = 'test/operators/aggregators-oracle.test.ts'
const elements = 'test/operators/window-elements.test.ts'
const countWindows = 'test/operators/count-window-aggregate.test.ts'

type Fault = readonly [fault: string, file: string, from: string, to: string, tests: string]

const faults: readonly Fault[] = [
  [
    'a hopping window closes a millisecond early',
    `${operators}/window-aggregate.ts`,
    'if (end > closedMs) {',
    'if (end > closedMs + 1) {',
    timeWindows,
  ],
  [
    'a closed hopping window is passed over',
    `${operators}/window-aggregate.ts`,
    '0 : sentStart + 1, lastStart)',
    '0 : sentStart + 2, lastStart)',
    timeWindows,
  ],
  [
    'a day has 24 hours',
    `${operators}/window-aggregate.ts`,
    'end = calendar === undefined ? start + sizeMs : calendar.endOf(start)',
    'end = calendar === undefined ? start + sizeMs : start + 86_400_000',
    timeWindows,
  ],
  [
    'a sliding window misses its right end',
    `${operators}/sliding-aggregate.ts`,
    '&& timestamp - differenceMs <= previousMs',
    '&& timestamp - differenceMs < previousMs',
    timeWindows,
  ],
  [
    'a session ends before its gap is over',
    `${operators}/session-aggregate.ts`,
    'timestamp + gapMs)]',
    'timestamp + gapMs - 1)]',
    elements,
  ],
  [
    'elements of merged sessions lose their order',
    `${operators}/elements-fold.ts`,
    'Math.max(numbers.ms, before.lastNumber) + 1',
    'before.lastNumber + 1',
    elements,
  ],
  [
    'a decision of the clock is not kept',
    `${operators}/window-clock.ts`,
    'this.store!.put(rowKey, { closedMs, because, wallClockMs }, wallClockMs, noHeaders)',
    'void [because, wallClockMs, rowKey, noHeaders]',
    clocks,
  ],
  [
    'processing time is that of the record',
    `${operators}/window-clock.ts`,
    'Math.max(this.work.wallClock, this.decided) : record.timestamp',
    'record.timestamp : record.timestamp',
    clocks,
  ],
  ['a trigger by count counts one more', `${dsl}/triggers.ts`, 'before + 1 >= records', 'before >= records', clocks],
  [
    'a trigger of every so long is not aligned',
    `${dsl}/triggers.ts`,
    '(Math.floor(timeMs / everyMs) + 1) * everyMs',
    'timeMs + everyMs',
    clocks,
  ],
  ['a trigger of idleness waits too long', `${dsl}/triggers.ts`, 'timerMs: timeMs + idleMs', 'timerMs: timeMs + idleMs + 1', clocks],
  [
    'what is purged stays',
    `${operators}/global-window-aggregate.ts`,
    '{ ...state, firstStart: state.records, aggregate: null }',
    '{ ...state, firstStart: state.records }',
    clocks,
  ],
  [
    'a timer is forgotten by a restart',
    `${operators}/global-window-aggregate.ts`,
    'if (value.timerMs >= 0) this',
    'if (value.timerMs > 1e9) this',
    clocks,
  ],
  ['a window of so long begins late', `${operators}/count-window-aggregate.ts`, 'return ms + (by', 'return ms + 1 + (by', clocks],
  [
    'a window of panes ends at another record',
    `${operators}/count-pane-aggregate.ts`,
    '(passed - size) % step === 0',
    'passed % step === 0',
    countWindows,
  ],
  [
    'panes are put together the wrong way round',
    `${operators}/count-pane-aggregate.ts`,
    'this.merge(left, right), pane)',
    'this.merge(right, left), pane)',
    aggregators,
  ],
  [
    'sums of sessions are not added',
    `${dsl}/number-aggregators.ts`,
    '[leftTotal + rightTotal, leftValues + rightValues]',
    '[leftTotal + rightTotal, leftValues]',
    aggregators,
  ],
  [
    'the first of two sessions is the later',
    `${dsl}/choosing-aggregators.ts`,
    'merge: (left, right) => (left.length === 0 ? right : left),',
    'merge: (left, right) => (right.length === 0 ? left : right),',
    aggregators,
  ],
  [
    'of equals the last is chosen',
    `${dsl}/choosing-aggregators.ts`,
    '(candidate, other) => candidate < other)',
    '(candidate, other) => candidate <= other)',
    aggregators,
  ],
  [
    'distinct values of two sessions are counted twice',
    `${dsl}/count-distinct.ts`,
    'merged[name] = (merged[name] ?? 0) + times',
    'merged[name + name] = times',
    aggregators,
  ],
  [
    'registers of two sketches are not united',
    `${dsl}/count-distinct.ts`,
    'rankAt(left, index) >= rankAt(right, index) ? left : right',
    'rankAt(left, index) >= 0 ? left : right',
    aggregators,
  ],
  ['bins of two sketches are not added', `${dsl}/quantiles.ts`, 'bins[key] = (bins[key] ?? 0) + values', 'bins[key] = values', aggregators],
  [
    'the first so many are kept, not the last',
    `${dsl}/collecting-aggregators.ts`,
    'values.slice(-max)',
    'values.slice(0, max)',
    aggregators,
  ],
]

// Each is a run of vitest, so the check has every third one. `npm run planted` has all.
const chosen = process.env.MILLRACE_PLANTED === 'all' ? faults : faults.filter((_, index) => index % 3 === 0)

test.each(chosen)('%s: a property test finds it', async (_, file, from, to, tests) => {
  const { code, output } = await withFault({ file, from, to }, tests)
  expect({ code, found: output.includes('Property failed after'), output }).toMatchObject({ code: 1, found: true })
})

function withFault(fault: object, tests: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/operators/planted-fault.config.ts', tests]
  const env = { ...process.env, NO_COLOR: '1', MILLRACE_PLANTED_FAULT: JSON.stringify(fault), MILLRACE_RUNS: '200' }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: root, env, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, output: `${stdout}\n${stderr}` }),
    )
  })
}
