import { expect, test } from 'vitest'
import { string, topology } from '../../framework/index.ts'
import { Punctuations } from '../../framework/runtime/punctuation.ts'
import { TopologyTestDriver } from '../kit/index.ts'

/** Runs the punctuations at each of these times; gives what was called, as name@time. */
function runAt(punctuations: Punctuations, calls: string[], ...times: number[]): string[] {
  for (const time of times) punctuations.run(time, (_node, punctuate) => punctuate())
  return calls
}

test('a punctuation is called when its time has come, and next at the following multiple of its interval', () => {
  const calls: string[] = []
  const punctuations = new Punctuations()
  punctuations.add('node', 0, 10, (time) => calls.push(`p@${time}`))
  expect(runAt(punctuations, calls, 3, 9, 10, 11, 20)).toEqual(['p@3', 'p@10', 'p@20'])
})

test('missed punctuations are not made up', () => {
  const calls: string[] = []
  const punctuations = new Punctuations()
  punctuations.add('node', 0, 10, (time) => calls.push(`p@${time}`))
  expect(runAt(punctuations, calls, 0, 57, 59, 60)).toEqual(['p@0', 'p@57', 'p@60'])
})

test('a cancelled punctuation is not called, also if it was cancelled by itself', () => {
  const calls: string[] = []
  const punctuations = new Punctuations()
  const other = punctuations.add('node', 5, 10, () => calls.push('other'))
  const own = punctuations.add('node', 0, 10, (time) => {
    calls.push(`own@${time}`)
    own.cancel()
    other.cancel()
  })
  expect(runAt(punctuations, calls, 1, 10, 20)).toEqual(['own@1'])
})

test('nothing scheduled is never due', () => {
  const punctuations = new Punctuations()
  expect(punctuations.nextDueMs).toBe(Infinity)
  expect(punctuations.run(1e15, () => {})).toBe(false)
})

test('what throws is handed to the runner with the name of its node', () => {
  const punctuations = new Punctuations()
  punctuations.add('ticker', 0, 10, () => {
    throw new Error('broken')
  })
  const nodes: string[] = []
  punctuations.run(0, (node, punctuate) => {
    nodes.push(node)
    expect(punctuate).toThrow('broken')
  })
  expect(nodes).toEqual(['ticker'])
})

test.each([
  [{ everyMs: 0, by: 'streamTime' } as const, 'every 0 ms: the shortest interval is 1 ms'],
  [{ everyMs: 5, by: 'wallClock', startMs: -1 } as const, 'from -1 ms on: the earliest start is 0'],
])('a punctuation by %j is refused where it is scheduled', async (schedule, problem) => {
  const definition = topology('test', (builder) => {
    const ticking = () => ({
      init: (context: { schedule(options: typeof schedule, punctuate: () => void): unknown }) => context.schedule(schedule, () => {}),
      process() {},
    })
    builder.stream<string, string>('in', { key: string(), value: string() }).process(ticking, { name: 'ticking' })
  })
  await expect(TopologyTestDriver.open(definition.build())).rejects.toThrow(`ticking schedules a punctuation ${problem}`)
})
