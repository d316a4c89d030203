// millrace-env.d.ts: the types of topics and stores, as the compiler writes them.

import { readFile, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { TypeText } from '../../framework/compiler/declare/type-text.ts'
import type { Schema, Shape } from '../../framework/compiler/derive/shape.ts'
import { openProject } from '../../framework/compiler/index.ts'
import { type TestProject, testProject, topologyText } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 120_000 })

const types = `export interface Order {
  readonly cents: number
  note?: string
  'ship-to': { city: string | null }
  lines: (Line | null)[]
  at: Date
  state: 'open' | 'closed'
  pair: [string, number?, ...boolean[]]
  more: Record<string, number>
}
export interface Line { sku: string; parts: Line[] }
export type Event = { kind: 'made'; order: Order } | { kind: 'cancelled' }`

const body = `
  const orders = builder.stream<string, Order>('orders', { name: 'o' })
  const changes = builder.stream<string | null, Event>(['monday', 'tuesday'])
  const names = builder.table<string, string>('names', { store: 'names-by-id' })
  const sizes = builder.table<string, number>('sizes', { value: long() })
  sizes.toStream().forEach(() => {})
  const secrets = builder.stream<string, bigint>('secrets', { value: bigints })
  secrets.to('secrets-too', { value: bigints })
  const perHour = orders.groupByKey().windowedBy(tumbling('1h', { grace: 0 })).count()
  perHour.toStream().mapValues((count) => ({ count })).to('per-hour')
  names.filter((name) => name !== '').toStream().to('names-again')
  changes.selectKey((change) => change.kind).to('a', { name: 'first' })
  orders.to('a', { name: 'second' })
  orders.to((order) => 'state-' + order.state, { name: 'chosen' })
  builder.stream<string, boolean>(/^flags-/).to('flags')
  builder.addStore<string, { seen: number }>('seen')
`

async function project(files: Readonly<Record<string, string>>): Promise<TestProject> {
  const made = await testProject(files)
  onTestFinished(made.remove)
  return made
}

function declarationOf({ folder }: TestProject): Promise<string> {
  return readFile(join(folder, 'millrace-env.d.ts'), 'utf8')
}

test('topics and stores have the types of the calls that name them', async () => {
  const imports = `import { long, type Serde, tumbling } from 'millrace'
import type { Event, Order } from '../types.ts'
declare const bigints: Serde<bigint>`
  const made = await project({
    'topologies/all.ts': topologyText(
      'all-of-it',
      body,
      imports.replace('declare const bigints: Serde<bigint>', 'const bigints = long() as unknown as Serde<bigint>'),
    ),
    'types.ts': types,
  })
  const compiler = openProject(made.folder)
  expect(await compiler.check()).toEqual([])
  await compiler.writeDeclarations()
  await expect(await declarationOf(made)).toMatchFileSnapshot('../fixtures/compiler/declarations/expected.txt')
})

test('a file whose content stays is not written, and one with errors behind it stays', async () => {
  const made = await project({ 'topologies/copy.ts': topologyText('copy', `builder.stream<string, string>('in').to('out')`) })
  const file = join(made.folder, 'millrace-env.d.ts')
  const compiler = openProject(made.folder)
  await compiler.writeDeclarations()
  const before = await declarationOf(made)
  await utimes(file, 1, 1)
  await compiler.writeDeclarations()
  expect((await stat(file)).mtimeMs).toBe(1000)
  await made.write('topologies/copy.ts', topologyText('copy', `builder.stream<string, symbol>('in').to('out')`))
  compiler.refresh()
  await compiler.writeDeclarations()
  expect(await declarationOf(made)).toBe(before)
  await made.write('topologies/copy.ts', topologyText('copy', `builder.stream<string, number>('in').to('out')`))
  compiler.refresh()
  await compiler.writeDeclarations()
  expect(await declarationOf(made)).toContain('in: { key: string; value: number }')
})

test('types of one name that differ get two names, and types that are alike get one', () => {
  const leaf = (name: string): Shape => ({ kind: 'object', members: [{ name, optional: false, shape: { kind: 'string' } }], rest: null })
  const schema = (name: string, member: string, of: Shape): Schema => ({
    name,
    root: { kind: 'object', members: [{ name: member, optional: false, shape: { kind: 'reference', name: 'Leaf' } }], rest: null },
    definitions: new Map([['Leaf', of]]),
  })
  const text = new TypeText()
  const names = [
    schema('A', 'leaf', leaf('x')),
    schema('B', 'leaf', leaf('x')),
    schema('B', 'leaf', leaf('y')),
    schema('A', 'leaf', leaf('x')),
    schema('Date', 'leaf', leaf('x')),
  ].map((one) => text.of({ kind: 'schema', schema: one }))
  expect(names).toEqual(['A', 'B', 'B_2', 'A', 'Date_2'])
  expect([...text.text.matchAll(/interface (\w+)/g)].map(([, name]) => name)).toEqual(['Leaf', 'A', 'B', 'Leaf_2', 'B_2', 'Date_2'])
})
