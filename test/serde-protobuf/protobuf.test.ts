import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import protobufjs from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { serdeFromManifest } from '../../framework/index.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { protobuf, protobufPlugin } from '../../plugins/serde-protobuf/index.ts'

const proto = `
syntax = "proto3";
package shop;
message First { string a = 1; }
message Cart {
  enum State { OPEN = 0; PAID = 1; }
  message Line { string sku = 1; sint64 count = 2; }
  repeated Line lines = 1;
  int64 total = 2;
  bytes photo = 3;
  bool paid = 4;
  State state = 5;
  map<string, fixed64> marks = 6;
  optional string note = 7;
  oneof contact { string mail = 8; string phone = 9; }
}
`

interface Cart {
  readonly lines: readonly { readonly sku: string; readonly count: number }[]
  readonly total: number
  readonly photo: Uint8Array
  readonly paid: boolean
  readonly state: string
  readonly marks: Readonly<Record<string, number>>
  readonly note?: string
  readonly mail?: string
}

const carts = protobuf<Cart>({ proto, type: 'shop.Cart' })
const cart: Cart = {
  lines: [{ sku: 'tea', count: -3 }],
  total: 2 ** 53 - 1,
  photo: Buffer.from([1, 2, 255]),
  paid: true,
  state: 'PAID',
  marks: { a: 7 },
  note: 'hot',
  mail: 'a@b',
}

function readAmong<T>(serde: { read(bytes: Buffer, start: number, end: number): T }, bytes: Buffer): T {
  const among = Buffer.concat([Buffer.alloc(5, 0xff), bytes, Buffer.alloc(9, 0xff)])
  return serde.read(among, 5, 5 + bytes.length)
}

describe('the Protobuf serde', () => {
  it('reads between two positions what it has written', () => {
    expect(readAmong(carts, toBytes(carts, cart))).toEqual(cart)
    expect(carts.name).toBe('protobuf(shop.Cart)')
  })

  it('gives fields that are missing their defaults, unless told not to', () => {
    const empty = { lines: [], total: 0, photo: Buffer.alloc(0), paid: false, state: 'OPEN', marks: {} }
    expect(carts.read(Buffer.alloc(0), 0, 0)).toEqual(empty)
    expect(protobuf({ proto, type: 'shop.Cart' }, { defaults: false }).read(Buffer.alloc(0), 0, 0)).toEqual({})
  })

  it('writes and reads the bytes of protobuf-java', () => {
    const golden: {
      readonly protobuf: readonly { readonly type: string; readonly json: object; readonly hex: string; readonly framed: string }[]
    } = JSON.parse(readFileSync('test/schema-registry/golden/golden.json', 'utf8'))
    for (const { type, json, hex, framed } of golden.protobuf) {
      const serde = protobuf<object>({ proto, type }, { defaults: false })
      const value = 'photo' in json ? { ...json, photo: Buffer.from(json.photo as number[]) } : json
      expect(toBytes(serde, value).toString('hex')).toBe(hex)
      expect(readAmong(serde, Buffer.from(hex, 'hex'))).toEqual(value)
      // What stands between the id and the message.
      expect(Buffer.from(serde.format!.prefix).toString('hex')).toBe(framed.slice(10, framed.length - hex.length))
    }
  })

  it('reads any value that it has written', () => {
    const value = fc.record({
      lines: fc.array(fc.record({ sku: fc.string({ unit: 'grapheme' }), count: fc.maxSafeInteger() }), { maxLength: 4 }),
      total: fc.maxSafeInteger(),
      photo: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      paid: fc.boolean(),
      state: fc.constantFrom('OPEN', 'PAID'),
      marks: fc.dictionary(fc.string({ minLength: 1 }), fc.maxSafeNat(), { noNullPrototype: true }),
    })
    fc.assert(fc.property(value, (one) => void expect(readAmong(carts, toBytes(carts, one))).toEqual(one)))
  })

  it('says where a value does not fit its type', () => {
    const wrong = (changes: object) => () => toBytes(carts, { ...cart, ...changes } as Cart)
    expect(wrong({ lines: [{ sku: 5, count: 1 }] })).toThrow('value.lines[0].sku: expected a string, not 5')
    expect(wrong({ lines: 'x' })).toThrow('value.lines: expected a list, not "x"')
    expect(wrong({ total: 2 ** 53 })).toThrow('value.total: expected an int64, not 9007199254740992')
    expect(wrong({ total: 2n ** 63n })).toThrow('value.total: expected an int64, not 9223372036854775808')
    expect(wrong({ marks: { a: -1 } })).toThrow('value.marks.a: expected a fixed64, not -1')
    expect(wrong({ state: 'LOST' })).toThrow('value.state: expected one of OPEN, PAID, not "LOST"')
    expect(wrong({ phone: '1' })).toThrow('value: mail and phone are given, of contact one at most')
    expect(() => toBytes(carts, 7 as unknown as Cart)).toThrow('value: expected a message Cart, not 7')
  })

  it('refuses bytes that end too early, though others lie behind them', () => {
    const bytes = toBytes(carts, { ...cart, mail: 'a@b.example' })
    expect(() => readAmong(carts, bytes.subarray(0, -1))).toThrow('index out of range')
  })

  it('keeps bytes of its own, which outlive what was fetched', () => {
    const fetched = toBytes(carts, cart)
    const value = carts.read(fetched, 0, fetched.length)
    fetched.fill(0)
    expect(value.photo).toEqual(Buffer.from([1, 2, 255]))
  })

  it('refuses to round 64 bits, and reads them as bigints or text if asked to', () => {
    const type = 'shop.Cart'
    const large = 2n ** 62n + 1n
    const bigints = protobuf<{ total: bigint; lines: readonly { count: bigint }[] }>({ proto, type }, { longs: 'bigint' })
    const bytes = toBytes(bigints, { total: large, lines: [{ count: -large }] })
    expect(readAmong(bigints, bytes)).toMatchObject({ total: large, lines: [{ count: -large }] })
    const texts = protobuf<{ total: string }>({ proto, type }, { longs: 'string' })
    expect(readAmong(texts, bytes)).toMatchObject({ total: String(large) })
    expect(toBytes(texts, { total: String(large), lines: [{ count: `-${large}` }] } as { total: string })).toEqual(bytes)
    expect(() => readAmong(carts, bytes)).toThrow(`${-large} is beyond ±(2^53-1)`)
  })

  it('takes types that protobufjs has loaded, and classes as its generator makes them', () => {
    const { root } = protobufjs.parse(proto)
    const loaded = protobuf<object>(root.lookupType('shop.Cart'))
    expect(readAmong(loaded, toBytes(carts, cart))).toEqual(cart)
    expect(loaded.format).toBeUndefined()
    const First = root.lookupType('shop.First')
    const generated = {
      decode: (reader: protobufjs.Reader, length?: number) => First.decode(reader, length) as unknown as { a: string },
      encode: (message: { a: string }, writer?: protobufjs.Writer) => First.encode(message, writer),
      verify: (message: object) => First.verify(message as Record<string, unknown>),
      getTypeUrl: (prefix = 'type.googleapis.com') => `${prefix}/shop.First`,
    }
    const firsts = protobuf(generated, { proto })
    expect(firsts.name).toBe('protobuf(shop.First)')
    expect(readAmong(firsts, toBytes(firsts, { a: 'x' })).a).toBe('x')
    expect(() => toBytes(firsts, { a: 5 } as unknown as { a: string })).toThrow('value: a: string expected')
    expect(firsts.format?.typeName).toBe('shop.First')
  })

  it('finds imported files, and those of google/protobuf by itself', () => {
    const importing = `syntax = "proto3"; package p; import "money.proto"; import "google/protobuf/timestamp.proto";
      message Bill { shop.Money sum = 1; google.protobuf.Timestamp at = 2; }`
    const imports = { 'money.proto': 'syntax = "proto3"; package shop; message Money { int32 cents = 1; }' }
    const bills = protobuf<object>({ proto: importing, type: 'p.Bill', imports })
    const bill = { sum: { cents: 5 }, at: { seconds: 7, nanos: 0 } }
    expect(readAmong(bills, toBytes(bills, bill))).toEqual(bill)
    expect(() => protobuf({ proto: importing, type: 'p.Bill' })).toThrow('imports money.proto, which is not among the imports given')
  })

  it('is made again from what a manifest says', () => {
    const { serdes } = protobufPlugin()
    const tool = serdeFromManifest(carts.name, JSON.parse(JSON.stringify({ schemas: { [carts.name]: carts.schema } })), serdes!)
    expect(readAmong(tool, toBytes(carts, cart))).toEqual(cart)
    expect(() => serdeFromManifest('protobuf(X)', {}, serdes!)).toThrow('there is no .proto text')
  })

  it('says what is wrong with a text', () => {
    expect(() => protobuf({ proto: 'message {', type: 'x' })).toThrow('the .proto text is wrong')
    expect(() => protobuf({ proto, type: 'shop.Nobody' })).toThrow('there is no message shop.Nobody in the .proto text')
    expect(() => protobuf({ proto: 'syntax = "proto3"; message A { Missing b = 1; }', type: 'A' })).toThrow('Missing')
  })
})

describe('what stands before a message in Confluent’s format', () => {
  const newer = `syntax = "proto3"; package shop; message Added { } ${proto.slice(proto.indexOf('message First'))}`

  it('is looked for where the writer’s file has the message', () => {
    const { format } = carts
    const written = Buffer.concat([Buffer.from([2, 4]), toBytes(carts, cart)])
    const reader = format!.readerFor({ language: 'PROTOBUF', text: newer, references: new Map() })
    expect(reader.read(written, 0, written.length)).toEqual(cart)
  })

  it('says which message is there, if it is another one', () => {
    const { format } = carts
    const reader = format!.readerFor(undefined)
    const other = Buffer.from([0, 10, 1, 120])
    expect(() => reader.read(other, 0, other.length)).toThrow('it is shop.First, and no shop.Cart')
    const nowhere = Buffer.from([2, 18, 1])
    expect(() => reader.read(nowhere, 0, nowhere.length)).toThrow('it is message [9], which its schema does not have, and no shop.Cart')
    expect(() => reader.read(Buffer.alloc(0), 0, 0)).toThrow('it is something without message indexes')
    expect(() => format!.readerFor({ language: 'PROTOBUF', text: 'message X {}', references: new Map() })).toThrow('does not define')
  })
})
