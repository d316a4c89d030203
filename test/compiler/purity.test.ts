// What is certain is reported (test/fixtures/compiler/bad), and nothing else: a false alarm would teach its reader to look away.

import { expect, test } from 'vitest'
import { formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import { testProject } from './compiled-project.ts'

test('pure callbacks raise no alarm, whatever their names look like', async () => {
  const { folder, remove } = await testProject({
    'topologies/pure.ts': `
import { type FixedKeyProcessor, max, topology, tumbling } from 'millrace'
import { performance, setTimeout } from '../own/clock.ts'

const startedAt = Date.now()
const Random = { random: () => 4 }
const prepared = Promise.resolve()
void prepared.then(() => Math.random())

class Doubling implements FixedKeyProcessor<string, number, number> {
  process(): void {}
}

export default topology('pure', (builder) => {
  const started = new Date()
  const readings = builder.stream<string, number>('readings')
  readings
    .filter((value, _key, record) => record.timestamp > startedAt && new Date(record.timestamp) > started)
    .mapValues((value) => new Date(value).getTime() + Date.parse('2024-01-01') + Date.UTC(2024))
    .mapValues((value) => {
      const Date = { now: () => value }
      const Math = Random
      return Date.now() + Math.random() + performance.now()
    })
    .peek((value) => setTimeout(value))
    .peek((value) => {
      console.error(value)
    })
    .mapValues((value) => ({ now: value, random: value }))
    .mapValues((value) => value.now)
    .groupByKey()
    .windowedBy(tumbling('1m'))
    .aggregate({ most: max((value) => value) })
    .toStream((value, { key }) => key)
    .to('out')
})
`,
    'own/clock.ts': `export const performance = { now: () => 1 }\nexport const setTimeout = (value: number): number => value\n`,
  })
  const print = formatDiagnostics(await openProject(folder).check())
  await remove()
  expect(print).toBe('')
})
