import { expect, test } from 'vitest'
import { MillraceError } from '../../framework/errors.ts'
import { helpText, parseCommandLine } from '../../framework/runtime/command-line.ts'
import { describeFailure } from '../../framework/runtime/failure-report.ts'
import { variableOf } from '../../framework/runtime/settings.ts'
import { stderrLogger } from '../../framework/runtime/stderr-logger.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'

test.each([
  [[], { untilEnd: false, summary: undefined, help: false }],
  [['--until-end', '--summary', 'out.json'], { untilEnd: true, summary: 'out.json', help: false }],
  [['--summary=-'], { untilEnd: false, summary: '-', help: false }],
  [['-h'], { untilEnd: false, summary: undefined, help: true }],
  [['--migrate-state', '--dry-run'], { untilEnd: false, summary: undefined, help: false, migrateState: true, dryRun: true }],
])('%j is understood', (words, expected) => {
  expect(parseCommandLine(words)).toEqual({ migrateState: false, dryRun: false, ...expected })
})

test.each([
  [['--until-and'], 'There is no option --until-and. Did you mean --until-end? Try --help.'],
  [['input.json'], 'There is no option input.json. Try --help.'],
  [['--summary'], '--summary needs a file, or - for standard output. Try --help.'],
])('%j is refused', (words, message) => {
  expect(() => parseCommandLine(words)).toThrow(message)
})

test('the help names every option, setting and exit code', () => {
  const help = helpText('orders')
  for (const word of ['orders', '--until-end', '--summary', variableOf('commitIntervalMs'), 'MILLRACE_DEBUG', '130'])
    expect(help).toContain(word)
})

test('a failure is told by its message and remedy, and with stacks only on demand', () => {
  const error = new MillraceError('topic-missing', { topic: 'orders' }, new Error('what lay beneath'))
  expect(describeFailure(error, false)).toBe('millrace: There is no topic orders. Create it, or correct its name in the topology.')
  expect(describeFailure(error, true)).toMatch(/command-line\.test\.ts[\s\S]*caused by: Error: what lay beneath/)
  expect(describeFailure(new TypeError('x is not a function'), false)).toBe(
    'millrace: TypeError: x is not a function\nThis was not expected. Set MILLRACE_DEBUG=1 to see where it comes from, and please report it.',
  )
})

test('log lines are text for people or JSON for machines, from the level on that is set', () => {
  const lines: string[] = []
  const stream = { write: (line: string) => lines.push(line) } as unknown as NodeJS.WritableStream
  const clock = new VirtualClock(1_000)
  stderrLogger({ level: 'info', format: 'text', clock, stream }).log('warn', 'It is late.', { by: 7 })
  const json = stderrLogger({ level: 'info', format: 'json', clock, stream })
  json.log('error', 'It is late.', { by: 7 })
  json.log('debug', 'Nobody wants to know.')
  json.log('warn', 'It cannot go on.', { error: new Error('full'), sasl: { password: 'x' }, plugin: { token: 'y' } })
  expect(lines).toEqual([
    '1970-01-01T00:00:01.000Z warn  It is late.\n',
    '{"level":"error","time":"1970-01-01T00:00:01.000Z","by":7,"message":"It is late."}\n',
    expect.stringMatching(
      /"error":\{"type":"Error","message":"full","stack":.*"sasl":"\[Redacted\]","plugin":\{"token":"\[Redacted\]"\},"message":"It cannot go on."\}\n$/,
    ),
  ])
})
