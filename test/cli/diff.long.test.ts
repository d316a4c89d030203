// millrace diff and millrace build --against: what a new version does to the state of the one that runs.

import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { startBroker } from '../../plugins/kafka/server/index.ts'
import { millrace, projectOf } from './program.ts'

// Topologies are compiled, and tests share the processor.
vi.setConfig({ testTimeout: 240_000 })

const topologyOf = (store: string, members: string): string => `import { topology } from 'millrace'

interface Total { ${members} }

export default topology('totals', (builder) => {
  const ${store} = builder.stream<string, string>('in').groupByKey().aggregate((): Total => ({ n: 0 }), (total) => ({ ...total, n: total.n + 1 }))
  ${store}.toStream().to('out')
})
`

it('says which changes are safe, and refuses to build what would lose state, unless it is meant', async () => {
  const folder = projectOf({ 'topologies/totals.ts': topologyOf('totals', 'n: number') })
  const write = (text: string): void => writeFileSync(join(folder, 'topologies/totals.ts'), text)
  expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
  cpSync(join(folder, 'dist'), join(folder, 'old'), { recursive: true })

  write(topologyOf('totals', 'n: number; last?: string'))
  expect(await millrace(['build', '--against', 'old'], folder)).toMatchObject({ code: 0 })
  const widened = await millrace(['diff', 'old', 'dist'], folder)
  expect(widened).toMatchObject({ code: 0, stderr: '' })
  expect(widened.stdout).toBe(`totals: 2 changes.
safe: sink-value-narrowed:out - All values that it will have are of the type that it had.
safe: value-widened:totals - Every value that is there is one of the new type.
`)

  write(topologyOf('sums', 'n: number'))
  const refused = await millrace(['build', '--against', 'old'], folder)
  expect(refused.code).toBe(1)
  expect(refused.stdout + refused.stderr).toContain(
    'error MR1702: This change loses state (store-removed:totals): The store is left behind; sums is one of the same kind',
  )
  const allow = ['--allow', 'store-removed:totals', '--allow', 'store-added']
  expect(await millrace(['build', '--against', 'old/totals/manifest.json', ...allow], folder)).toMatchObject({ code: 0 })
  expect(await millrace(['diff', 'old/totals', 'dist/totals', ...allow], folder)).toMatchObject({ code: 0 })
  const data = await millrace(['diff', 'old', 'dist', '--json'], folder)
  expect(data.code).toBe(1)
  expect(JSON.parse(data.stdout)).toMatchObject({
    topologies: [
      { name: 'totals', changes: [{ kind: 'store-removed', subject: 'totals', verdict: 'loses state' }, { kind: 'store-added' }] },
    ],
  })
})

it('says where there is nothing to compare', async () => {
  const folder = projectOf({ 'no.json': '{}' })
  expect(await millrace(['diff', 'old', 'dist'], folder)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no manifest.json at old.'),
  })
  expect(await millrace(['diff', 'no.json', 'no.json'], folder)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no.json is no manifest of a topology'),
  })
})

it('compares with what a running app has recorded in Kafka', async () => {
  const broker = await startBroker()
  onTestFinished(() => broker.close())
  const folder = projectOf({ 'topologies/totals.ts': topologyOf('totals', 'n: number') })
  const at = ['--brokers', broker.address]
  expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
  expect(await millrace(['diff', 'cluster:totals', 'dist/totals', ...at], folder)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No app totals has recorded what it is'),
  })
  expect(await millrace(['topic', 'create', 'in', '--partitions', '1', ...at], folder)).toMatchObject({ code: 0 })
  expect(await millrace(['topic', 'create', 'out', '--partitions', '1', ...at], folder)).toMatchObject({ code: 0 })
  const environment = { MILLRACE_BROKERS: broker.address, MILLRACE_STATE_DIR: join(folder, 'state') }
  expect(await millrace(['run', 'totals', '--until-end'], folder, environment)).toMatchObject({ code: 0 })
  expect(await millrace(['diff', 'cluster:totals', 'dist/totals', ...at], folder)).toMatchObject({
    code: 0,
    stdout: 'totals: nothing changes for its state.\n',
  })
  writeFileSync(join(folder, 'topologies/totals.ts'), topologyOf('sums', 'n: number'))
  expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
  const renamed = await millrace(['diff', 'cluster', 'dist', ...at], folder)
  expect(renamed).toMatchObject({ code: 1, stdout: expect.stringContaining('loses state: store-removed:totals') })
  expect(await millrace(['diff', 'cluster:totals', 'dist/totals', ...at], folder)).toMatchObject({ code: 1, stdout: renamed.stdout })
  expect(await millrace(['build', '--against', 'cluster:totals', ...at], folder)).toMatchObject({ code: 1 })
  expect(await millrace(['diff', 'cluster:', 'dist', ...at], folder)).toMatchObject({ code: 2 })
})
