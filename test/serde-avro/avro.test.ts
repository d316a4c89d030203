import { readFileSync } from 'node:fs'
import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { serdeFromManifest } from '../../framework/index.ts'
import { ByteBuffer, toBytes } from '../../framework/serdes/byte-buffer.ts'
import { avro, avroDates, avroDecimals, avroPlugin } from '../../plugins/serde-avro/index.ts'

interface Order {
  readonly id: number
  readonly item: string
  readonly note: string | null
  readonly prices: readonly number[]
}

const orderSchema = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'item', type: 'string' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'prices', type: { type: 'array', items: 'double' } },
  ],
}

const order: Order = { id: 7, item: 'tea', note: null, prices: [1.5, 2] }
const orders = avro<Order>(orderSchema)

/** The bytes between others, as they lie in a fetched batch. */
function readAmong<T>(serde: { read(bytes: Buffer, start: number, end: number): T }, bytes: Buffer): T {
  const among = Buffer.concat([Buffer.alloc(5, 0xff), bytes, Buffer.alloc(9, 0xff)])
  return serde.read(among, 5, 5 + bytes.length)
}

describe('the Avro serde', () => {
  it('reads between two positions what it has written', () => {
    expect({ ...readAmong(orders, toBytes(orders, order)) }).toEqual(order)
    expect(orders.name).toBe('avro(shop.Order)')
  })

  it('writes in place behind what is there, whatever its size', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 5 })
    fc.assert(
      fc.property(sizes, (lengths) => {
        const target = new ByteBuffer(16)
        const text = avro<string>('string')
        const ends = lengths.map((length) => {
          const start = target.end
          text.write('x'.repeat(length), target)
          return [start, target.end] as const
        })
        for (const [index, [start, end]] of ends.entries()) expect(text.read(target.bytes, start, end)).toHaveLength(lengths[index]!)
      }),
    )
  })

  it('reads and writes any value as avsc does', () => {
    const value = fc.record({
      id: fc.maxSafeInteger(),
      item: fc.string({ unit: 'grapheme' }),
      note: fc.option(fc.string()),
      prices: fc.array(fc.double({ noNaN: true })),
    })
    const type = avsc.Type.forSchema(orderSchema as Parameters<typeof avsc.Type.forSchema>[0])
    fc.assert(
      fc.property(value, (one) => {
        const bytes = toBytes(orders, one)
        // avsc itself rounds longs beyond 2^52.
        if (Math.abs(one.id) < 2 ** 52) expect(bytes).toEqual(type.toBuffer(one))
        expect({ ...readAmong(orders, bytes) }).toEqual(one)
      }),
    )
  })

  it('writes the bytes that Apache Avro for Java writes', () => {
    const golden: { readonly avro: readonly { readonly schema: string; readonly json: unknown; readonly hex: string }[] } = JSON.parse(
      readFileSync('test/schema-registry/golden/golden.json', 'utf8'),
    )
    expect(golden.avro.length).toBeGreaterThan(5)
    for (const { schema, json, hex } of golden.avro) {
      const serde = avro<unknown>(schema, { unions: 'wrapped' })
      const value = serde.read(Buffer.from(hex, 'hex'), 0, hex.length / 2)
      // Avro's JSON form has fixed and bytes as text of as many characters.
      expect(value instanceof Buffer ? value.toString('latin1') : JSON.parse(JSON.stringify(value))).toEqual(json)
      expect(toBytes(serde, value).toString('hex')).toBe(hex)
    }
  })

  it('says where a value does not fit its schema', () => {
    const wrong = (value: unknown) => () => toBytes(orders, value as Order)
    expect(wrong({ ...order, prices: [1, 'x'] })).toThrow('value.prices[1]: expected a double, not "x"')
    expect(wrong({ ...order, note: 4 })).toThrow('value.note: expected one of null, string, not 4')
    expect(wrong({ ...order, id: 2 ** 53 })).toThrow('value.id: expected a long, not 9007199254740992')
    expect(wrong({ item: 'tea' })).toThrow('value.id: expected a long, not undefined')
  })

  it('refuses bytes that are too few or too many, though others lie behind them', () => {
    const bytes = toBytes(orders, order)
    expect(() => readAmong(orders, bytes.subarray(0, -1))).toThrow('fewer than the value needs')
    expect(() => readAmong(orders, Buffer.concat([bytes, Buffer.alloc(3)]))).toThrow('ends 3 bytes before its bytes do')
  })

  it('keeps bytes of its own, which outlive what was fetched', () => {
    const blob = avro<Buffer>('bytes')
    const fetched = toBytes(blob, Buffer.from([1, 2, 3]))
    const value = blob.read(fetched, 0, fetched.length)
    fetched.fill(0)
    expect(value).toEqual(Buffer.from([1, 2, 3]))
  })

  it('refuses to round a long, and reads it as a bigint if asked to', () => {
    const bigints = avro<bigint>('long', { longs: 'bigint' })
    const bytes = toBytes(bigints, 2n ** 60n + 1n)
    expect(readAmong(bigints, bytes)).toBe(2n ** 60n + 1n)
    expect(() => readAmong(avro<number>('long'), bytes)).toThrow('the long 1152921504606846977 is beyond')
    expect(() => toBytes(bigints, 2n ** 63n)).toThrow('expected a long, not 9223372036854775808n')
  })

  it('writes each safe long, as bigints do', () => {
    const numbers = avro<number>('long')
    const bigints = avro<bigint>('long', { longs: 'bigint' })
    const long = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(2 ** 52, -(2 ** 52), 2 ** 53 - 1, 1 - 2 ** 53, 2 ** 31, -(2 ** 31)))
    fc.assert(
      fc.property(long, (value) => {
        const bytes = toBytes(numbers, value)
        expect(bytes).toEqual(toBytes(bigints, BigInt(value)))
        expect(readAmong(numbers, bytes)).toBe(value)
      }),
    )
  })

  it('takes bigints in unions', () => {
    const maybe = avro<{ at: bigint | null }>(
      { type: 'record', name: 'Maybe', fields: [{ name: 'at', type: ['null', 'long'] }] },
      { longs: 'bigint' },
    )
    for (const at of [5n, null]) expect(readAmong(maybe, toBytes(maybe, { at })).at).toBe(at)
  })

  it('reads damaged bytes as a value or an error, in bounded time and memory', () => {
    const nested = {
      type: 'record',
      name: 'Nested',
      fields: [
        { name: 'texts', type: { type: 'array', items: 'string' } },
        { name: 'nulls', type: { type: 'array', items: 'null' } },
        { name: 'map', type: { type: 'map', values: { type: 'array', items: 'long' } } },
      ],
    }
    const serde = avro<object>(nested)
    const value = { texts: ['a', 'b'], nulls: [null], map: { ['__proto__']: [1], x: [-1] } }
    const bytes = toBytes(serde, value)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
        const damaged = Buffer.from(bytes)
        for (const [at, byte] of changes) damaged[at] = byte
        try {
          expect(typeof readAmong(serde, damaged)).toBe('object')
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 5_000 },
    )
    const huge = Buffer.from('feffffffffff1f00', 'hex')
    expect(() => readAmong(avro({ type: 'array', items: 'long' }), huge)).toThrow('does not fit into its bytes')
  })

  it('reads what another version of the schema wrote, by Avro’s rules', () => {
    const older = { ...orderSchema, fields: [...orderSchema.fields.slice(0, 2), { name: 'gone', type: 'int' }] }
    const bytes = toBytes(avro(older), { id: 1, item: 'x', gone: 3 })
    const newer = { ...orderSchema, fields: [...orderSchema.fields.slice(0, 3), { name: 'shop', type: 'string', default: 'main' }] }
    const serde = avro<unknown>(newer, { writerSchema: older })
    expect({ ...(readAmong(serde, bytes) as object) }).toEqual({ id: 1, item: 'x', note: null, shop: 'main' })
  })

  it('says which schemas do not fit together, and what is wrong with one', () => {
    expect(() => avro(orderSchema, { writerSchema: 'string' })).toThrow('what the schema string wrote cannot be read as avro(shop.Order)')
    expect(() => avro({ type: 'record', name: 'X', fields: [{ name: 'a', type: 'strin' }] })).toThrow('undefined type name: strin')
    expect(() => avro('{"type": ')).toThrow('the Avro schema {"type":  is wrong')
  })

  it('finds named types among its references', () => {
    const line = { type: 'record', name: 'Line', namespace: 'shop', fields: [{ name: 'sku', type: 'string' }] }
    const cart = {
      type: 'record',
      name: 'Cart',
      namespace: 'shop',
      fields: [{ name: 'lines', type: { type: 'array', items: 'shop.Line' } }],
    }
    const carts = avro<{ lines: { sku: string }[] }>(cart, { references: { 'shop.Line': line } })
    const bytes = toBytes(carts, { lines: [{ sku: 'a' }, { sku: 'b' }] })
    expect(readAmong(carts, bytes).lines.map(({ sku }) => sku)).toEqual(['a', 'b'])
    // In a manifest they stand in their place.
    const tool = serdeFromManifest(carts.name, { schemas: { [carts.name]: carts.schema } }, avroPlugin().serdes!) as typeof carts
    expect(readAmong(tool, bytes).lines).toHaveLength(2)
  })

  it('is made again from what a manifest says', () => {
    const { serdes } = avroPlugin()
    const tool = serdeFromManifest(orders.name, JSON.parse(JSON.stringify({ schemas: { [orders.name]: orders.schema } })), serdes!)
    expect({ ...(readAmong(tool, toBytes(orders, order)) as object) }).toEqual(order)
    expect(() => serdeFromManifest('avro(X)', {}, serdes!)).toThrow('there is no Avro schema')
  })
})

describe('logical types', () => {
  const timestamp = { type: 'long', logicalType: 'timestamp-millis' }

  it.each(['number', 'bigint'] as const)('makes dates of timestamps with longs as %s', (longs) => {
    const at = avro<Date>(timestamp, { logicalTypes: avroDates, longs })
    const now = new Date('2026-02-03T04:05:06.789Z')
    expect(readAmong(at, toBytes(at, now))).toEqual(now)
    expect(() => toBytes(at, 5 as unknown as Date)).toThrow('expected a timestamp-millis')
    // What is beneath can be read too.
    const plain = avro<Date>(timestamp, { logicalTypes: avroDates, longs, writerSchema: 'long' })
    expect(readAmong(plain, toBytes(avro<number>('long'), now.getTime()))).toEqual(now)
  })

  it('leaves them as they are without the option', () => {
    const at = avro<number>(timestamp)
    expect(readAmong(at, toBytes(at, 5))).toBe(5)
  })

  it('makes dates of days', () => {
    const day = avro<Date>({ type: 'int', logicalType: 'date' }, { logicalTypes: avroDates })
    expect(readAmong(day, toBytes(day, new Date('1969-12-31T00:00:00Z')))).toEqual(new Date('1969-12-31T00:00:00Z'))
    expect(() => toBytes(day, new Date(1))).toThrow('expected a date')
  })

  const decimals = [
    { schema: { type: 'bytes', logicalType: 'decimal', precision: 30, scale: 2 }, max: 10n ** 30n },
    { schema: { type: 'fixed', size: 6, name: 'D', logicalType: 'decimal', precision: 14, scale: 2 }, max: 10n ** 14n },
  ]
  it.each(decimals)('keeps each digit of a decimal of $schema.type', ({ schema, max }) => {
    const price = avro<string>(schema, { logicalTypes: avroDecimals })
    fc.assert(
      fc.property(fc.bigInt({ min: 1n - max, max: max - 1n }), (unscaled) => {
        const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(3, '0')
        const text = `${unscaled < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
        expect(readAmong(price, toBytes(price, text))).toBe(text)
      }),
    )
    expect(readAmong(price, toBytes(price, '-3'))).toBe('-3.00')
    for (const wrong of ['1.234', '1e3', 'x', '.5']) expect(() => toBytes(price, wrong)).toThrow('expected a')
    expect(() => toBytes(price, String(max))).toThrow('expected a')
  })

  it('writes decimals as Java’s BigInteger does', () => {
    const price = avro<string>({ type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 }, { logicalTypes: avroDecimals })
    // BigInteger.valueOf(n).toByteArray() of 127, 128, -128, -129, 0.
    const expected = { '1.27': '7f', '1.28': '0080', '-1.28': '80', '-1.29': 'ff7f', '0.00': '00' }
    for (const [text, hex] of Object.entries(expected)) expect(toBytes(price, text).subarray(1).toString('hex')).toBe(hex)
  })
})
