import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { isMillraceError } from '../../framework/errors.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }

const routed = topology('routed', (builder) => {
  builder.stream('in', text).to((value) => `out-${value}`, text)
})

test('each record goes to the topic that it chooses, in its order, whether the topic was open already or not', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, 'out-a': 1, 'out-b': 1 })
  const choices = Array.from({ length: 100 }, (_, index) => [String(index), index % 3 === 0 ? 'a' : 'b'] as const)
  await bench.produce('in', choices)
  expect(await bench.runToEnd(routed)).toMatchObject({ recordsIn: 100, recordsOut: 100 })
  const keysOf = (choice: string) => choices.filter(([, value]) => value === choice).map(([key]) => key)
  expect(bench.records('out-a').map(({ key }) => key)).toEqual(keysOf('a'))
  expect(bench.records('out-b').map(({ key }) => key)).toEqual(keysOf('b'))
})

test('a topic that is not there ends the app, and what chose it is not committed', async () => {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, 'out-a': 1 })
  await bench.produce('in', [
    ['1', 'a'],
    ['2', 'nowhere'],
  ])
  const started = bench.start(routed)
  const failure = await started.failed()
  expect(isMillraceError(failure, 'chosen-topic-missing')).toBe(true)
  expect((failure as Error).message).toContain('A record chose the topic out-nowhere')
  expect(await bench.admin.committed('routed', [{ topic: 'in', partition: 0 }])).toEqual([])
  await bench.createTopics({ 'out-nowhere': 1 })
  await bench.runToEnd(routed)
  expect(bench.records('out-nowhere').map(({ key }) => key)).toEqual(['2'])
})
