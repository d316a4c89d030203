// Files as source and sink of an app that was built.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { millrace, node, projectOf } from '../cli/program.ts'

test('an app built of a source and a sink needs no broker, and ends', async () => {
  const folder = projectOf({
    'topologies/sums.ts': `
import { topology } from 'millrace'
import { fromFile, toFile } from 'millrace/plugins/files'

export default topology('sums', (builder) => {
  const orders = builder.fromSource(fromFile<string, { cents: number }>('orders.jsonl'))
  const sums = orders.groupByKey().aggregate(() => ({ cents: 0 }), (sum, order) => ({ cents: sum.cents + order.cents }))
  sums.toStream().sinkTo(toFile('sums.jsonl', { line: ({ key, value }) => ({ key, value }) }))
})
`,
    'orders.jsonl': '{"key":"ann","value":{"cents":5}}\n{"key":"bob","value":{"cents":1}}\n{"key":"ann","value":{"cents":7}}\n',
  })
  const built = await millrace(['build'], folder)
  expect(built).toMatchObject({ code: 0, stderr: '' })
  expect(await node(['dist/sums/app.mjs'], folder, { MILLRACE_LOG_LEVEL: 'warn' })).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(readFileSync(join(folder, 'sums.jsonl'), 'utf8').split('\n').sort()).toEqual([
    '',
    '{"key":"ann","value":{"cents":12}}',
    '{"key":"bob","value":{"cents":1}}',
  ])
})
