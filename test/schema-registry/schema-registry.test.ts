import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Serde, type SerdeContext, type SerdeUse, serdeFromManifest, topology } from '../../framework/index.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { jsonSchema, type SchemaRegistryOptions, schemaRegistry } from '../../plugins/schema-registry/index.ts'
import { avro, avroPlugin } from '../../plugins/serde-avro/index.ts'
import { protobuf } from '../../plugins/serde-protobuf/index.ts'
import { TopologyTestDriver } from '../kit/index.ts'
import { temporaryFolders } from '../store-leveldb/temporary-folders.ts'
import { RegistryServer } from './registry-server.ts'

interface Golden {
  readonly avro: readonly { readonly schema: string; readonly hex: string; readonly framed: string }[]
  readonly protobuf: readonly { readonly type: string; readonly json: object; readonly framed: string }[]
}

const orderSchema = { type: 'record', name: 'Order', namespace: 'shop', fields: [{ name: 'id', type: 'long' }] }
const newerSchema = { ...orderSchema, fields: [...orderSchema.fields, { name: 'item', type: 'string', default: 'tea' }] }
const out: SerdeUse = { topic: 'out', part: 'value', writes: true }
const folder = temporaryFolders()

let server: RegistryServer

beforeEach(async () => {
  server = await RegistryServer.start()
})

afterEach(() => server.close())

function registryOf(options: Partial<SchemaRegistryOptions> = {}) {
  return schemaRegistry({ url: server.url, retriesMax: 2, retryWaitMs: 1, ...options })
}

function contextOf(uses: readonly SerdeUse[], where?: string): SerdeContext {
  return { applicationId: 'app', uses, folder: where, logger: silentLogger }
}

async function opened<T>(serde: Serde<T>, uses: readonly SerdeUse[] = [out], where?: string): Promise<Serde<T>> {
  await serde.open?.(contextOf(uses, where))
  return serde
}

async function readWhenReady<T>(serde: Serde<T>, bytes: Buffer): Promise<T> {
  if (serde.canRead?.(bytes, 0, bytes.length) === false) await serde.prepare?.(bytes, 0, bytes.length)
  expect(serde.canRead?.(bytes, 0, bytes.length)).not.toBe(false)
  return serde.read(bytes, 0, bytes.length)
}

/** As if so many schemas had been registered before. */
function idsBefore(count: number): void {
  for (let id = 1; id <= count; id++) server.register('others', { schema: `{"type":"fixed","name":"F${id}","size":1}` })
}

describe('the bytes', () => {
  const golden: Golden = JSON.parse(readFileSync('test/schema-registry/golden/golden.json', 'utf8'))
  const id = Buffer.from([1, 2, 3, 4])

  it('are Java’s: the byte 0, the id in four bytes, and Avro', async () => {
    idsBefore(299)
    for (const { schema, hex, framed } of golden.avro) {
      const inner = avro<unknown>(schema, { unions: 'wrapped' })
      const serde = await opened(registryOf().serde(inner))
      const value = inner.read(Buffer.from(hex, 'hex'), 0, hex.length / 2)
      const bytes = toBytes(serde, value)
      const expected = Buffer.from(framed, 'hex')
      // The golden bytes have another id.
      expect(expected.subarray(1, 5)).toEqual(id)
      expected.writeUInt32BE(bytes.readUInt32BE(1), 1)
      expect(bytes.readUInt32BE(1)).toBeGreaterThan(299)
      expect(bytes).toEqual(expected)
      expect(serde.read(bytes, 0, bytes.length)).toEqual(value)
    }
  })

  it('are Java’s: the message indexes before Protobuf', async () => {
    const proto = `syntax = "proto3"; package shop; message First { string a = 1; }
      message Cart { message Line { string sku = 1; sint64 count = 2; } repeated Line lines = 1; int64 total = 2; bytes photo = 3; bool paid = 4; }`
    for (const { type, json, framed } of golden.protobuf) {
      const serde = await opened(registryOf().serde(protobuf<object>({ proto, type }, { defaults: false })))
      const value = 'photo' in json ? { ...json, photo: Buffer.from(json.photo as number[]) } : json
      const bytes = toBytes(serde, value)
      const expected = Buffer.from(framed, 'hex')
      expected.writeUInt32BE(1, 1)
      expect(bytes).toEqual(expected)
      expect(serde.read(bytes, 0, bytes.length)).toEqual(value)
    }
  })

  it('are plain JSON behind the id of a JSON Schema', async () => {
    const serde = await opened(registryOf().serde(jsonSchema<{ id: number }>({ title: 'Order', type: 'object' })))
    const bytes = toBytes(serde, { id: 7 })
    expect(bytes).toEqual(Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), Buffer.from('{"id":7}')]))
    // Reading takes no schema: any id will do.
    bytes.writeUInt32BE(99, 1)
    expect(await readWhenReady(serde, bytes)).toEqual({ id: 7 })
    expect(server.requests).toEqual(['POST /subjects/out-value/versions'])
  })
})

describe('the subject', () => {
  const uses: readonly SerdeUse[] = [
    out,
    { topic: 'app-counts-changelog', part: 'value', writes: true },
    { topic: 'in', part: 'value', writes: false },
  ]

  it.each([
    ['topic', ['app-counts-changelog-value', 'out-value']],
    ['record', ['shop.Order']],
    ['topicRecord', ['app-counts-changelog-shop.Order', 'out-shop.Order']],
  ] as const)('follows the strategy %s, for all that is written', async (subject, subjects) => {
    await opened(registryOf().serde(avro(orderSchema), { subject }), uses)
    expect(Object.keys(server.registered).sort()).toEqual(subjects)
  })

  it('can be chosen by a function', async () => {
    await opened(registryOf().serde(avro(orderSchema), { subject: ({ topic, part, typeName }) => `${topic}/${part}/${typeName}` }))
    expect(Object.keys(server.registered)).toEqual(['out/value/shop.Order'])
  })

  it('has to be known: a topic that each record chooses gives none', async () => {
    const chosen: SerdeUse = { topic: undefined, part: 'value', writes: true }
    await expect(opened(registryOf().serde(avro(orderSchema)), [chosen])).rejects.toMatchObject({ code: 'schema-subject-unknown' })
    await expect(opened(registryOf().serde(avro('string'), { subject: 'record' }))).rejects.toThrow('its type has no name')
    await opened(registryOf().serde(avro(orderSchema), { subject: 'record' }), [chosen])
  })

  it('is not asked for by a serde that only reads', async () => {
    await opened(registryOf().serde(avro(orderSchema)), [{ topic: 'in', part: 'value', writes: false }])
    expect(server.requests).toEqual([])
  })
})

describe('registering', () => {
  it('takes the id of a schema that is there, if it may not register', async () => {
    idsBefore(6)
    const serde = registryOf().serde(avro<object>(orderSchema), { autoRegister: false })
    await expect(opened(serde)).rejects.toMatchObject({ code: 'schema-not-registered', details: { subject: 'out-value' } })
    const id = server.register('out-value', { schema: JSON.stringify(orderSchema) })
    await opened(serde)
    expect(toBytes(serde, { id: 1 }).readUInt32BE(1)).toBe(id)
    expect(server.requests).not.toContain('POST /subjects/out-value/versions')
  })

  it('says what the registry has against a schema', async () => {
    server.isCompatible = () => false
    await expect(opened(registryOf().serde(avro(orderSchema)))).rejects.toThrow(
      'does not take the schema of confluent(avro(shop.Order)) under out-value: Schema being registered is incompatible with an earlier schema (409)',
    )
  })

  it('registers what a schema refers to before it, each under its name', async () => {
    const line = { type: 'record', name: 'Line', namespace: 'shop', fields: [{ name: 'sku', type: 'string' }] }
    const cart = { type: 'record', name: 'Cart', namespace: 'shop', fields: [{ name: 'line', type: 'shop.Line' }] }
    const inner = avro<{ line: { sku: string } }>(cart, { references: { 'shop.Line': line } })
    const serde = await opened(registryOf().serde(inner))
    expect(server.registered).toEqual({ 'shop.Line': [1], 'out-value': [2] })
    // Who does not have them gets them with the schema.
    const bytes = toBytes(serde, { line: { sku: 'a' } })
    const reader = registryOf().serde(inner)
    expect((await readWhenReady(reader, bytes)).line.sku).toBe('a')
    expect(server.requests.slice(-2)).toEqual(['GET /schemas/ids/2', 'GET /subjects/shop.Line/versions/1'])
  })
})

describe('reading', () => {
  it('fetches a schema once, and reads by Avro’s resolution what it wrote', async () => {
    const writer = await opened(registryOf().serde(avro<object>(orderSchema)))
    const bytes = toBytes(writer, { id: 7 })
    const reader = registryOf().serde(avro<object>(newerSchema))
    expect(reader.canRead?.(bytes, 0, bytes.length)).toBe(false)
    await Promise.all([reader.prepare?.(bytes, 0, bytes.length), reader.prepare?.(bytes, 0, bytes.length)])
    expect({ ...reader.read(bytes, 0, bytes.length) }).toEqual({ id: 7, item: 'tea' })
    expect(server.requests.filter((request) => request.startsWith('GET'))).toEqual(['GET /schemas/ids/1'])
  })

  it('reads between two positions', async () => {
    const serde = await opened(registryOf().serde(avro<object>(orderSchema)))
    const bytes = Buffer.concat([Buffer.alloc(3, 0xff), toBytes(serde, { id: 7 }), Buffer.alloc(3, 0xff)])
    expect({ ...serde.read(bytes, 3, bytes.length - 3) }).toEqual({ id: 7 })
  })

  it('finds its schemas beside the state again, without a registry', async () => {
    const where = folder()
    const writer = await opened(registryOf().serde(avro<object>(orderSchema)), [out], where)
    const bytes = toBytes(writer, { id: 7 })
    // Another app's schema, fetched.
    const other = toBytes(await opened(registryOf().serde(avro<object>(newerSchema))), { id: 8, item: 'x' })
    await writer.prepare?.(other, 0, other.length)
    const { url } = server
    await server.close()
    const later = schemaRegistry({ url, retriesMax: 0 }).serde(avro<object>(newerSchema))
    await later.open?.(contextOf([], where))
    for (const one of [bytes, other]) expect(later.canRead?.(one, 0, one.length)).toBe(true)
    expect({ ...later.read(bytes, 0, bytes.length) }).toEqual({ id: 7, item: 'tea' })
    expect({ ...later.read(other, 0, other.length) }).toEqual({ id: 8, item: 'x' })
    server = await RegistryServer.start()
  })

  it('says what is wrong with bytes that have no id, or one that nobody knows', async () => {
    const serde = await opened(registryOf().serde(avro<object>(orderSchema)))
    const read = (hex: string) => readWhenReady(serde, Buffer.from(hex, 'hex'))
    await expect(read('0e')).rejects.toThrow('1 bytes are fewer than the magic byte and the id of a schema')
    await expect(read('7b226964223a377d')).rejects.toThrow('it begins with the byte 123, not with the magic byte 0')
    await expect(read('00000000630e')).rejects.toThrow('its schema 99 is not in the registry')
    // Not asked for again and again.
    await expect(read('00000000630e')).rejects.toThrow('its schema 99 is not in the registry')
    expect(server.requests.filter((request) => request.endsWith('/99'))).toHaveLength(1)
  })

  it('says why it cannot read what another schema wrote', async () => {
    const serde = await opened(registryOf().serde(avro<object>(orderSchema)))
    const texts = toBytes(await opened(registryOf().serde(avro<string>('string'))), 'x')
    await expect(readWhenReady(serde, texts)).rejects.toThrow(
      'by its schema 2, what the schema string wrote cannot be read as avro(shop.Order)',
    )
    const messages = toBytes(await opened(registryOf().serde(protobuf<object>({ proto: 'syntax="proto3"; message A {}', type: 'A' }))), {})
    await expect(readWhenReady(serde, messages)).rejects.toThrow('its schema 3 is PROTOBUF, not AVRO')
  })
})

describe('a registry that does not answer as it should', () => {
  const failing = (options: Partial<SchemaRegistryOptions> = {}) => opened(registryOf(options).serde(avro(orderSchema)))
  const secret = 'pa55word'

  it('is asked again where that may help', async () => {
    let left = 2
    server.fault = () => (left-- > 0 ? { status: 503, body: {} } : undefined)
    await failing()
    expect(server.requests).toHaveLength(3)
  })

  it('is named when it fails for good', async () => {
    server.fault = () => ({ status: 500, body: { error_code: 50001, message: 'Error in the backend data store' } })
    await expect(failing()).rejects.toThrow(
      `The schema registry at ${server.url} has failed to register a schema under out-value: Error in the backend data store (50001).`,
    )
  })

  it('is given up after a time', async () => {
    server.fault = () => 'hang'
    await expect(failing({ timeoutMs: 50, retriesMax: 0 })).rejects.toMatchObject({ code: 'schema-registry-unreachable' })
  })

  it('is named when nobody listens', async () => {
    const { url } = server
    await server.close()
    const error = await opened(
      schemaRegistry({ url: url.replace('http://', `http://me:${secret}@`), retriesMax: 0 }).serde(avro(orderSchema)),
    ).catch((failure: unknown) => failure)
    expect(error).toMatchObject({
      code: 'schema-registry-unreachable',
      message: expect.stringContaining(`${url} does not answer: the connection was refused`),
    })
    server = await RegistryServer.start()
  })

  it.each([
    [{ auth: { username: 'me', password: secret } }, `Basic ${Buffer.from(`me:${secret}`).toString('base64')}`],
    [{ auth: { token: secret } }, `Bearer ${secret}`],
  ] as const)('gets the credentials it wants, and no message has them', async (options, authorization) => {
    server.authorization = authorization
    await failing(options)
    server.authorization = 'Basic other'
    const error = await failing(options).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'schema-registry-refused', details: { status: 401 } })
    const { inspect } = await import('node:util')
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(new RegExp(`${secret}|${authorization.slice(6)}`))
  })

  it('takes the user of its address, and its address does not show him', async () => {
    server.authorization = `Basic ${Buffer.from(`me:${secret}`).toString('base64')}`
    await failing({ url: server.url.replace('http://', `http://me:${secret}@`) })
    await expect(failing({ url: `me:${secret}@nowhere` })).rejects.not.toThrow(secret)
  })
})

describe('in a topology', () => {
  const large = (registry: ReturnType<typeof schemaRegistry>) =>
    topology('large', (builder) => {
      const value = registry.serde(avro<{ id: number }>(orderSchema))
      const rows = { key: string(), value }
      builder
        .stream<string, { id: number }>('in', rows)
        .groupByKey(rows)
        .reduce((_left, right) => right, { store: 'last' })
        .toStream()
        .to('out', rows)
    })

  it('works under the test driver, with a registry in memory', async () => {
    const driver = await TopologyTestDriver.open(large(schemaRegistry({ url: 'mock://test' })))
    driver.pipe('in', 'k', { id: 7 })
    expect(driver.output<string, { id: number }>('out').map(({ value }) => value.id)).toEqual([7])
    await driver.close()
  })

  it('registers for changelogs too, as Java does', async () => {
    const driver = await TopologyTestDriver.open(large(registryOf()))
    expect(Object.keys(server.registered).sort()).toEqual(['large-last-changelog-value', 'out-value'])
    await driver.close()
  })

  it('is a format for tools', async () => {
    const { plugin } = registryOf()
    const serde = await opened(registryOf().serde(avro<object>(orderSchema)))
    const manifest = { schemas: { [serde.name]: serde.schema } }
    const tool = serdeFromManifest(serde.name, manifest, { ...avroPlugin().serdes, ...plugin.serdes })
    expect({ ...((await readWhenReady(tool, toBytes(serde, { id: 7 }))) as object) }).toEqual({ id: 7 })
  })

  it('takes no serde without a schema', () => {
    expect(() => registryOf().serde(string())).toThrow('string has no schema that a registry could hold')
  })
})
