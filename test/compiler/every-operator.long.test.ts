// What the compiler has written into a topology is what its operators need: the topologies of a folder, with every operator of the dsl among them, are compiled and run.

import { join } from 'node:path'
import { createServer, type ViteDevServer } from 'vite'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import type { TopologyDefinition } from '../../framework/index.ts'
import { millrace } from '../../framework/vitest/index.ts'
import type { TopologyTestDriver } from '../kit/index.ts'
import { fixtures, type TestProject, testProject } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let project: TestProject
let vite: ViteDevServer

beforeAll(async () => {
  project = await testProject({ 'kit.ts': "export { TopologyTestDriver } from 'millrace/testkit'\n" }, join(fixtures, 'every-operator'))
  const [plugins, server] = [[millrace()], { middlewareMode: true as const, watch: null, ws: false as const }]
  vite = await createServer({ root: project.folder, configFile: false, logLevel: 'silent', plugins, server, appType: 'custom' })
})

afterAll(async () => {
  await vite.close()
  await project.remove()
})

test('are compiled without an error', async () => {
  const errors = (await openProject(project.folder).check()).filter(({ severity }) => severity === 'error')
  expect(formatDiagnostics(errors)).toBe('')
})

async function driverOf(name: string): Promise<TopologyTestDriver> {
  const loaded = (await vite.ssrLoadModule(`/topologies/${name}.ts`)) as { readonly default: TopologyDefinition }
  // The driver of the Millrace that the topology imports.
  const kit = (await vite.ssrLoadModule('/kit.ts')) as { readonly TopologyTestDriver: typeof TopologyTestDriver }
  const driver = await kit.TopologyTestDriver.open(loaded.default)
  onTestFinished(() => driver.close())
  return driver
}

const at = new Date(0)
const order = (id: string, customer: number, cents: bigint): object => ({ id, customer, cents, at })

test('joins', async () => {
  const driver = await driverOf('joins')
  const values = (topic: string): unknown[] => driver.output(topic).map(({ value }) => value)
  driver.pipe('customers', 7, { name: 'Ada', tags: ['new'] })
  driver.pipe('countries', 'de', { population: 50 })
  driver.pipe('orders', 'a', order('de1', 7, 100n), { timestamp: 1_000 })
  driver.pipe('payments', 'a', { order: 'a', means: { voucher: 'v' } }, { timestamp: 2_000 })
  driver.pipe('payments', 'b', { order: 'b', means: 'card' }, { timestamp: 3_000 })
  driver.pipe('orders', 'c', order('fr2', 8, 5n), { timestamp: 200_000 })
  expect(values('paid')).toEqual([{ at, means: { voucher: 'v' } }])
  expect(values('paid-or-not')).toEqual([{ id: 'de1', means: { voucher: 'v' } }])
  expect(values('either')).toEqual([
    { cents: 100n, paid: true },
    { cents: null, paid: true },
  ])
  expect(values('twins')).toEqual([
    ['de1', 'de1'],
    ['fr2', 'fr2'],
  ])
  expect(driver.output('named')).toMatchObject([{ key: 7, value: { name: 'Ada', order: order('de1', 7, 100n) } }])
  expect(values('perhaps-named')).toEqual([['new'], []])
  expect(values('populated')).toEqual([{ share: 2 }])
  expect(values('perhaps-populated')).toEqual([{ known: true }, { known: false }])
  expect(values('priced')).toEqual([{ order: 'a', cents: 100n }])
})

test('tables', async () => {
  const driver = await driverOf('tables')
  const values = (topic: string): unknown[] => driver.output(topic).map(({ value }) => value)
  driver.pipe('customers', 7, { name: 'Ada', tags: ['new'] }, { timestamp: 0 })
  driver.pipe('scores', 7, 3n, { timestamp: 1 })
  driver.pipe('scores', 8, 4n, { timestamp: 2 })
  driver.pipe('orders', 'a', order('de1', 7, 100n), { timestamp: 3 })
  driver.pipe('orders', 'b', order('de2', 9, 1n), { timestamp: 4 })
  driver.pipe('orders-by-minute', 'x', order('de1', 7, 100n), { timestamp: 0 })
  driver.pipe('orders-by-minute', 'x', order('de1', 7, 20n), { timestamp: 1_000 })
  driver.pipe('orders-by-minute', 'x', order('de1', 7, 1n), { timestamp: 60_000 })
  driver.pipe('customers', 7, { name: 'Ada', tags: ['old'] }, { timestamp: 30_000 })
  expect(values('scored')).toEqual([
    { name: 'Ada', score: 3n },
    { name: 'Ada', score: 3n },
  ])
  expect(values('perhaps-scored')).toEqual([
    ['Ada', null],
    ['Ada', 3n],
    ['Ada', 3n],
  ])
  expect(values('any-of-them')).toMatchObject([{ score: null }, { score: 3n }, { customer: null, score: 4n }, { score: 3n }])
  expect(values('bought')).toEqual([
    { at, name: 'Ada' },
    { at, name: 'Ada' },
  ])
  expect(values('perhaps-bought')).toEqual([
    { cents: 100n, by: 'Ada' },
    { cents: 1n, by: null },
    { cents: 100n, by: 'Ada' },
  ])
  expect(driver.output('names-by-tag')).toMatchObject([
    { key: 'new', value: new Set(['Ada']) },
    { key: 'new', value: new Set() },
    { key: 'old', value: new Set(['Ada']) },
  ])
  expect(driver.output('counts-by-tag').at(-1)).toMatchObject({ key: 'old', value: { customers: 1 } })
  expect(values('shouted')).toEqual(['7: ADA', '7: ADA'])
  expect(driver.output('minutes')).toMatchObject([{ key: 7, value: { cents: 120n, last: at } }])
  expect(values('calm')).toEqual([{ name: 'Ada', tags: ['old'] }])
})

test('windows', async () => {
  const driver = await driverOf('windows')
  const values = (topic: string): unknown[] => driver.output(topic).map(({ value }) => value)
  const buy = (cents: bigint, timestamp: number): void => driver.pipe('orders-by-customer', 7, order(`o${cents}`, 7, cents), { timestamp })
  buy(10n, 0)
  buy(300n, 5_000)
  driver.pipe('returns', 7, { cents: 4n }, { timestamp: 6_000 })
  buy(20n, 61_000)
  buy(1n, 1_000)
  expect(values('balances')).toEqual([10n, 310n, 306n, 326n, 327n])
  expect(driver.output('balances-by-minute').map(({ key, value }) => [(key as { start: number }).start, value])).toEqual([
    [0, 10n],
    [0, 310n],
    [0, 306n],
    [60_000, 20n],
  ])
  expect(values('quiet-balances')).toEqual([306n])
  expect(values('too-late-for-balances')).toEqual([{ cents: 1n, lateMs: 1_000 }])
  expect(values('balances-of-two')).toEqual([310n, 16n])
  expect(values('dearest')).toMatchObject([{ dearest: { cents: 10n } }, null, { dearest: { cents: 300n } }, { dearest: { cents: 20n } }])
  expect(values('visits').at(-1)).toBe(2)
  expect(values('slides').at(-1)).toMatchObject({ cents: 20n, at })
  expect(values('days')).toEqual([])
  expect(values('quiet')).toEqual([{ orders: ['o10', 'o300'] }])
  expect(values('too-late')).toEqual([1_000])
  expect(values('pairs')).toMatchObject([{ best: [{ cents: 300n }] }, { best: [{ cents: 300n }] }, { best: [{ cents: 20n }] }])
  expect(values('threes')).toMatchObject([{ cents: 20n }])
  expect(values('baskets')).toEqual([
    { cents: [10n], from: new Date(0) },
    null,
    { cents: [10n, 300n], from: new Date(0) },
    { cents: [20n], from: new Date(61_000) },
  ])
})

test('processors', async () => {
  const driver = await driverOf('processors')
  const values = (topic: string): unknown[] => driver.output(topic).map(({ value }) => value)
  driver.pipe('raw-orders', 'a', { ...order('1', 7, 1n), at: new Date(1_000) })
  driver.pipe('raw-orders', 'a', { ...order('2', 7, 1n), at: new Date(4_000) })
  expect(values('times')).toEqual([{ beforeMs: null }, { beforeMs: 3_000n }])
  driver.pipe('orders', 'a', order('1', 7, 100n), { timestamp: 0 })
  driver.pipe('orders', 'a', order('1', 7, 200n), { timestamp: 1 })
  driver.pipe('orders', 'a', order('2', 8, 300n), { timestamp: 2 })
  await driver.settled()
  expect(values('once')).toMatchObject([{ id: '1' }, { id: '2' }])
  expect(values('calm')).toMatchObject([{ cents: 100n }])
  expect(values('some')).toMatchObject([{ cents: 200n }])
  expect(values('dearest').at(-1)).toMatchObject([{ cents: 300n }, { cents: 200n }])
  expect(values('looked')).toEqual([100n, 200n, 300n].map((cents) => ({ cents, seen: new Set([cents === 300n ? 8 : 7]) })))
  expect(values('found')).toEqual([100n, 200n, 300n].map((cents) => ({ cents, since: [new Date(cents === 300n ? 8 : 7)] })))
  expect(driver.output('large-7')).toMatchObject([{ value: { cents: 200n } }])
  expect(values('small')).toEqual([100n])
})
