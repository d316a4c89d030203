// Protobuf derived of types: any type that Protobuf can express gives a file that protobufjs takes, any value of the type comes back as it was, and no number of a field is ever another's.

import fc from 'fast-check'
import protobufjs from 'protobufjs'
import { describe, expect, it } from 'vitest'
import type { TypeDescription, TypeShape } from '../../framework/index.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import { protobufOf } from '../../plugins/serde-protobuf/index.ts'
import { protoOf } from '../../plugins/serde-protobuf/proto-of-type.ts'
import { described, nothing, object, oneOf, text } from '../compiler/derive/described-types.ts'
import { shapes, valuesOf } from '../compiler/derive/random-shapes.ts'

describe('a .proto file derived of a type', () => {
  it('is taken by protobufjs, and carries any value of any type that Protobuf can express', () => {
    let expressed = 0
    const sample = shapes.filter((shape) => protoOf(described(shape)).problems.length === 0)
    fc.assert(
      fc.property(
        // A serde never sees null as the whole value.
        sample.chain((shape) => fc.record({ shape: fc.constant(shape), value: valuesOf(shape).filter((value) => value !== null) })),
        ({ shape, value }) => {
          expressed++
          const { proto } = protoOf(described(shape))
          expect(() => protobufjs.parse(proto).root).not.toThrow()
          const serde = protobufOf<unknown>({ type: described(shape) })
          const bytes = toBytes(serde, value)
          expect(serde.read(Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(2)]), 3, 3 + bytes.length)).toEqual(value)
        },
      ),
      { numRuns: 150 },
    )
    expect(expressed).toBeGreaterThanOrEqual(150)
  })

  it('is what a person would have written', () => {
    const order: TypeShape = {
      kind: 'object',
      members: [
        { name: 'id', optional: false, shape: { ...text, notes: { description: 'What the shop calls it.' } } },
        { name: 'pieces', optional: false, shape: { kind: 'number', constraints: { multipleOf: 1 } } },
        { name: 'price', optional: true, shape: { kind: 'number' } },
        { name: 'at', optional: false, shape: { kind: 'date' } },
        { name: 'state', optional: false, shape: { kind: 'literals', values: ['open', 'paid'] } },
        { name: 'previous', optional: false, shape: oneOf({ kind: 'reference', name: '#' }, nothing) },
        { name: 'places', optional: false, shape: { kind: 'array', items: { kind: 'reference', name: 'Place' } } },
        { name: 'tags', optional: true, shape: { kind: 'array', items: text } },
        { name: 'counts', optional: false, shape: { kind: 'map', key: text, value: { kind: 'number' } } },
        { name: 'owner', optional: false, shape: oneOf(text, { kind: 'reference', name: 'Place' }) },
      ],
      rest: null,
    }
    const { proto, message } = protoOf(
      { name: 'Order', root: order, definitions: { Place: object({ x: { kind: 'number' } }) } },
      { package: 'shop' },
    )
    expect(message).toBe('shop.Order')
    expect(proto).toBe(`syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";

message Order {
  // What the shop calls it.
  string id = 1;
  int64 pieces = 2;
  optional double price = 3;
  google.protobuf.Timestamp at = 4;
  string state = 5;
  Order previous = 6;
  repeated Place places = 7;
  Order_tags tags = 8;
  map<string, double> counts = 9;
  Order_owner owner = 10;

  message Place {
    double x = 1;
  }

  message Order_tags {
    repeated string items = 1;
  }

  message Order_owner {
    oneof variant {
      string string_value = 1;
      Place Place = 2;
    }
  }
}
`)
  })

  it('keeps the numbers of fields: those that go are reserved, those that come, or change their type, get new ones', () => {
    const first = protoOf(described(object({ a: text, b: text, c: { kind: 'number' } })))
    expect(first.numbers).toEqual({ Made: { 'a string': 1, 'b string': 2, 'c double': 3 } })
    const second = protoOf(described(object({ d: text, c: text, a: text })), { numbers: first.numbers })
    expect(second.numbers).toEqual({ Made: { 'a string': 1, 'b string': 2, 'c double': 3, 'd string': 4, 'c string': 5 } })
    expect(second.proto).toContain('  reserved 2, 3;\n  string d = 4;\n  string c = 5;\n  string a = 1;\n')
    const third = protoOf(described(object({ b: text, c: { kind: 'number' } })), { numbers: second.numbers })
    expect(third.numbers).toEqual(second.numbers)
    expect(third.proto).toContain('  reserved 1, 4, 5;\n  string b = 2;\n  double c = 3;\n')
  })

  it('gives two versions of a type that can be read by each other, whatever is added, taken out or moved', () => {
    const members = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 })
    fc.assert(
      fc.property(members, members, (before, after) => {
        const typeOf = (names: readonly string[]): TypeDescription<unknown> =>
          described(object(Object.fromEntries(names.map((name) => [name, text])), names))
        const { numbers } = protoOf(typeOf(before))
        const writer = protobufOf<Record<string, string>>({ type: typeOf(before) as never })
        const reader = protobufOf<Record<string, string>>({ type: typeOf(after) as never, numbers })
        const bytes = toBytes(writer, Object.fromEntries(before.map((name) => [name, `of ${name}`])))
        const shared = before.filter((name) => after.includes(name))
        expect(reader.read(bytes, 0, bytes.length)).toEqual(Object.fromEntries(shared.map((name) => [name, `of ${name}`])))
      }),
    )
  })

  it('holds types that contain themselves', () => {
    const json = oneOf(text, { kind: 'array', items: { kind: 'reference', name: '#' } })
    const serde = protobufOf<unknown>({ type: described(json) })
    const value = ['a', [['b'], []], 'c']
    const bytes = toBytes(serde, value)
    expect(serde.read(bytes, 0, bytes.length)).toEqual(value)
    const lists = protobufOf<unknown>({ type: described({ kind: 'array', items: { kind: 'reference', name: '#' } }) })
    const nested = toBytes(lists, [[], [[]]])
    expect(lists.read(nested, 0, nested.length)).toEqual([[], [[]]])
  })

  it.each<[string, TypeDescription<unknown>, string]>([
    ['a name that is none', described(object({ 'a-b': text })), 'Made.a-b is no name for a Protobuf field.'],
    [
      'missing or null',
      described(object({ a: oneOf(text, nothing) }, ['a'])),
      'Made.a may be missing and may be null, which are one and the same in Protobuf.',
    ],
    ['one name for two', described(object({ a_b: text, aB: text })), 'Made has two members that Protobuf calls aB.'],
    ['null alone', described(object({ a: nothing })), 'Made.a is nothing but null, which Protobuf has no field for.'],
  ])('says what Protobuf cannot express, and what to do: %s', (_name, type, message) => {
    const { problems } = protoOf(type)
    expect(problems.map((problem) => problem.message)).toEqual([message])
    expect(problems[0]?.remedy).toMatch(/^[A-Z].*\.$/)
    expect(() => protobufOf({ type })).toThrow(message)
  })

  it('refuses what lacks a message that the type has always, and says where nobody has derived it', () => {
    const before = protobufOf<unknown>({ type: described(object({ a: text })) })
    const after = protobufOf<unknown>({ type: described(object({ a: text, at: { kind: 'date' } })) })
    const bytes = toBytes(before, { a: 'x' })
    expect(() => after.read(bytes, 0, bytes.length)).toThrow('Made.at: expected, but missing')
    expect(() => protobufOf<string>()).toThrow('protobufOf() is given its type by the compiler')
  })
})
