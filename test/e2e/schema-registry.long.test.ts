// A built app that reads and writes records of a schema registry, as a process: its bundle has Confluent's client and avsc.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { avro } from '../../plugins/serde-avro/index.ts'
import { millrace, node, projectOf } from '../cli/program.ts'
import { RegistryServer } from '../schema-registry/registry-server.ts'
import { Client } from './client.ts'

let broker: EmbeddedBroker
let registry: RegistryServer

beforeAll(async () => {
  broker = await startBroker()
  registry = await RegistryServer.start()
})

afterAll(async () => {
  await registry.close()
  await broker.close()
})

const first = { type: 'record', name: 'Order', namespace: 'shop', fields: [{ name: 'item', type: 'string' }] }
const second = { ...first, fields: [...first.fields, { name: 'count', type: 'int', default: 1 }] }
const third = { ...second, fields: [...second.fields, { name: 'note', type: ['null', 'string'], default: null }] }

const source = `
import { topology } from 'millrace'
import { schemaRegistry } from 'millrace/plugins/schema-registry'
import { avro } from 'millrace/plugins/serde-avro'

interface Order { item: string; count: number }

const registry = schemaRegistry(() => ({ url: process.env.REGISTRY_URL ?? '', auth: { username: 'app', password: process.env.REGISTRY_PASSWORD ?? '' } }))
const order = registry.serde(avro<Order>(${JSON.stringify(second)}))

export default topology('totals', (builder) => {
  const orders = builder.stream<string, Order>('orders', { value: order })
  const totals = orders.groupByKey({ value: order }).reduce((left, right) => ({ item: right.item, count: left.count + right.count }))
  totals.toStream().to('totals', { value: order })
})
`

it('reads what other versions wrote, and writes its own, over a restart with its state', async () => {
  const client = new Client(broker.address)
  await client.createTopics(1, 'orders', 'totals')
  registry.authorization = `Basic ${Buffer.from('app:secret').toString('base64')}`
  const framed = (schema: Readonly<Record<string, unknown>>, value: object): Buffer => {
    const id = registry.register('orders-value', { schema: JSON.stringify(schema) })
    const header = Buffer.alloc(5)
    header.writeUInt32BE(id, 1)
    return Buffer.concat([header, toBytes(avro<object>(schema), value)])
  }
  const folder = projectOf({ 'topologies/totals.ts': source })
  expect(await millrace(['build'], folder)).toMatchObject({ code: 0 })
  // Built without a registry, and without its password.
  expect(registry.requests).toEqual([])
  const environment = {
    MILLRACE_BROKERS: broker.address,
    MILLRACE_STATE_DIR: join(folder, 'state'),
    MILLRACE_LOG_LEVEL: 'warn',
    REGISTRY_URL: registry.url,
    REGISTRY_PASSWORD: 'secret',
  }
  const run = async (changes: Readonly<Record<string, string>> = {}) => {
    const ended = await node(['dist/totals/app.mjs', '--until-end', '--summary', 'summary.json'], folder, { ...environment, ...changes })
    return { ...ended, summary: () => JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as Record<string, unknown> }
  }

  await client.send('orders', [
    { key: 'a', value: framed(first, { item: 'tea' }), timestamp: 1 },
    { key: 'a', value: framed(third, { item: 'mate', count: 5, note: 'hot' }), timestamp: 2 },
    { key: 'b', value: framed(first, { item: 'rum' }), timestamp: 3 },
  ])
  const ended = await run()
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(ended.summary()).toMatchObject({ recordsIn: 3, droppedRecords: {} })

  // A record without an id is one that cannot be read: left out, said and counted.
  await client.send('orders', [
    { key: 'b', value: 'no Avro', timestamp: 4 },
    { key: 'b', value: framed(second, { item: 'gin', count: 3 }), timestamp: 5 },
  ])
  const again = await run({ MILLRACE_DESERIALIZATION_EXCEPTION_HANDLER: 'continue' })
  expect(again.code).toBe(0)
  expect(again.stderr).toContain('it begins with the byte 110, not with the magic byte 0')
  expect(again.summary()).toMatchObject({ recordsIn: 2, restoredRecords: 0, droppedRecords: { undecodable: 1 } })

  const received = await client.receive('totals', (records) => records.length >= 3)
  const [id] = registry.registered['totals-value']!
  const orders = avro<object>(second)
  const latest = received.map(({ key, value }) => {
    expect(value?.readUInt32BE(1)).toBe(id)
    return [String(key), { ...orders.read(value!, 5, value!.length) }] as const
  })
  expect(Object.fromEntries(latest)).toEqual({ a: { item: 'mate', count: 6 }, b: { item: 'gin', count: 4 } })
  expect(Object.keys(registry.registered).filter((subject) => subject.startsWith('totals'))).toHaveLength(2)

  // What a wrong password says, and that it is not said itself.
  const refused = await run({ REGISTRY_PASSWORD: 'wrong-secret' })
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('does not allow to register a schema under')
  expect(refused.stderr).not.toContain('wrong-secret')
}, 120_000)
