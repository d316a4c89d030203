import { expect, test } from 'vitest'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { isMillraceError } from '../../framework/errors.ts'
import { json, string } from '../../framework/serdes/serdes.ts'
import { AppBench } from './app-bench.ts'

const key = string()
const stamped = { key, value: json<{ at: number }>() }

const copied = topology('copied', (builder) => {
  builder.stream('in', { ...stamped, timestamp: (record) => record.value.at }).to('out', stamped)
})

test('bytes that a timestamp callback cannot read are left out where the policy is to skip', async () => {
  const bench = await benchWith(['{"at":5}', 'no json', '{"at":7}'])
  const totals = await bench.runToEnd(copied, { config: { deserializationExceptionHandler: 'continue' } })
  expect(bench.records('out').map(({ timestamp }) => timestamp)).toEqual([5, 7])
  expect(totals.droppedRecords).toEqual(new Map([['undecodable', 1]]))
})

test('bytes that a timestamp callback cannot read end the app, which says where they are', async () => {
  const bench = await benchWith(['{"at":5}', 'no json'])
  const error = await bench.start(copied, { untilEnd: true }).failed()
  expect(isMillraceError(error, 'record-undecodable')).toBe(true)
  expect(String(error)).toContain('in-0@1')
})

test('a timestamp callback that throws is told like any callback, with its place', async () => {
  const failing = topology('failing', (builder) => {
    builder
      .stream('in', {
        ...stamped,
        timestamp: () => {
          throw new RangeError('no such time')
        },
      })
      .to('out', stamped)
  })
  const bench = await benchWith(['{"at":5}'])
  const error = await bench.start(failing, { untilEnd: true }).failed()
  expect(isMillraceError(error, 'callback-failed')).toBe(true)
  expect(String(error)).toMatch(/in-0@0: RangeError: no such time/)
  const totals = await bench.runToEnd(failing, { config: { processingExceptionHandler: 'continue' } })
  expect(totals.droppedRecords).toEqual(new Map([['callback-failed', 1]]))
})

async function benchWith(values: readonly string[]): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, out: 1 })
  await bench.produce(
    'in',
    values.map((value) => ['k', value] as const),
  )
  return bench
}
