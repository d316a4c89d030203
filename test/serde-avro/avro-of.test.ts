// Avro derived of types: any type that Avro can express gives a schema that avsc takes, and any value of the type comes back as it was.

import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TypeDescription, TypeShape } from '../../framework/index.ts'
import { ByteBuffer, toBytes } from '../../framework/serdes/byte-buffer.ts'
import { avroOf } from '../../plugins/serde-avro/index.ts'
import { avroSchemaOf } from '../../plugins/serde-avro/schema-of-type.ts'
import { described, nothing, object, oneOf, text } from '../compiler/derive/described-types.ts'
import { shapes, valuesOf } from '../compiler/derive/random-shapes.ts'

describe('a schema derived of a type', () => {
  it('is taken by avsc, and carries any value of any type that Avro can express', () => {
    let expressed = 0
    const sample = shapes
      .map((shape) => ({ shape, derived: avroSchemaOf(described(shape)) }))
      .filter(({ derived }) => derived.problems.length === 0)
    fc.assert(
      fc.property(
        sample.chain(({ shape, derived }) =>
          fc.record({ shape: fc.constant(shape), derived: fc.constant(derived), value: valuesOf(shape) }),
        ),
        ({ shape, derived, value }) => {
          expressed++
          const serde = avroOf<unknown>({ type: described(shape) })
          const bytes = toBytes(serde, value)
          expect(serde.read(Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(2)]), 3, 3 + bytes.length)).toEqual(value)
          // Whoever has the schema alone reads the same bytes to their end.
          const type = avsc.Type.forSchema(derived.schema as Parameters<typeof avsc.Type.forSchema>[0], { wrapUnions: true })
          expect(type.decode(bytes, 0).offset).toBe(bytes.length)
          expect(serde.schema).toEqual(JSON.parse(JSON.stringify(derived.schema)))
        },
      ),
      { numRuns: 200 },
    )
    expect(expressed).toBeGreaterThanOrEqual(200)
  })

  it('is what a person would have written', () => {
    const order: TypeShape = {
      kind: 'object',
      notes: { description: 'What was bought.' },
      members: [
        { name: 'id', optional: false, shape: { kind: 'string', constraints: { format: 'uuid' } } },
        { name: 'pieces', optional: false, shape: { kind: 'number', constraints: { multipleOf: 1, minimum: 0, maximum: 100 } } },
        { name: 'cents', optional: false, shape: { kind: 'number', constraints: { multipleOf: 1 } }, default: 5 },
        { name: 'at', optional: false, shape: { kind: 'date' } },
        { name: 'state', optional: false, shape: { kind: 'literals', values: ['open', 'paid'] } },
        { name: 'note', optional: true, shape: text },
        { name: 'previous', optional: false, shape: oneOf({ kind: 'reference', name: '#' }, nothing) },
        { name: 'place', optional: false, shape: { kind: 'reference', name: 'Place' } },
        { name: 'places', optional: true, shape: { kind: 'array', items: { kind: 'reference', name: 'Place' } } },
      ],
      rest: null,
    }
    const type = { name: 'Order', root: order, definitions: { Place: object({ x: { kind: 'number' } }) } }
    expect(avroSchemaOf(type, { namespace: 'shop' })).toMatchObject({
      problems: [],
      schema: {
        type: 'record',
        name: 'Order',
        namespace: 'shop',
        doc: 'What was bought.',
        fields: [
          { name: 'id', type: { type: 'string', logicalType: 'uuid' } },
          { name: 'pieces', type: 'int' },
          { name: 'cents', type: 'long', default: 5 },
          { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
          { name: 'state', type: { type: 'enum', name: 'Order_state', namespace: 'shop', symbols: ['open', 'paid'] } },
          { name: 'note', type: ['null', 'string'], default: null },
          { name: 'previous', type: ['shop.Order', 'null'] },
          { name: 'place', type: { type: 'record', name: 'Place', namespace: 'shop', fields: [{ name: 'x', type: 'double' }] } },
          { name: 'places', type: ['null', { type: 'array', items: 'shop.Place' }], default: null },
        ],
      },
    })
  })

  it('holds types that contain themselves through a record', () => {
    const tree = oneOf({ kind: 'number' }, object({ left: { kind: 'reference', name: '#' }, right: { kind: 'reference', name: '#' } }))
    const serde = avroOf<unknown>({ type: described(tree) })
    const value = { left: { left: 1, right: 2 }, right: 3 }
    const bytes = toBytes(serde, value)
    expect(serde.read(bytes, 0, bytes.length)).toEqual(value)
  })

  it.each<[string, TypeDescription<unknown>, string]>([
    ['a name that is none', described(object({ 'a-b': text })), 'Made.a-b is no name for an Avro field.'],
    [
      'missing or null',
      described(object({ a: oneOf(text, nothing) }, ['a'])),
      'Made.a may be missing and may be null, which are one and the same in Avro.',
    ],
    [
      'a Date or whole numbers',
      described(object({ a: oneOf({ kind: 'date' }, { kind: 'number', constraints: { multipleOf: 1 } }) })),
      'Made.a is a union in which two variants are a long in Avro, which cannot be told apart.',
    ],
    [
      'two lists',
      described(object({ a: oneOf({ kind: 'array', items: text }, { kind: 'set', items: text }) })),
      'Made.a is a union in which two variants are an array in Avro, which cannot be told apart.',
    ],
    [
      'lists of lists without end',
      described({ kind: 'array', items: { kind: 'reference', name: '#' } }),
      'Made[] contains itself, and nothing on the way has a name in Avro: only records can be referred to.',
    ],
    [
      'a list of what it is itself among others',
      described(oneOf({ kind: 'boolean' }, { kind: 'array', items: oneOf({ kind: 'reference', name: '#' }, text) })),
      'Made[] contains itself, and nothing on the way has a name in Avro: only records can be referred to.',
    ],
    [
      'any members beside others',
      described({ kind: 'object', members: [{ name: 'a', optional: false, shape: text }], rest: text }),
      'Made has members of any name beside others, which is neither an Avro record nor a map.',
    ],
  ])('says what Avro cannot express, and what to do: %s', (_name, type, message) => {
    const { problems } = avroSchemaOf(type)
    expect(problems.map((problem) => problem.message)).toEqual([message])
    expect(problems[0]?.remedy).toMatch(/^[A-Z].*\.$/)
    expect(() => avroOf({ type })).toThrow(message)
  })

  it('is read by who has a later version of the type, as Avro resolves schemas', () => {
    const before = avroOf<unknown>({ type: described(object({ id: text })) })
    const after = avroOf<unknown>({ type: described(object({ id: text, note: text }, ['note'])) })
    const bytes = toBytes(before, { id: 'a' })
    const writer = { language: 'AVRO' as const, text: JSON.stringify(before.schema), references: new Map() }
    expect(after.format?.readerFor(writer).read(bytes, 0, bytes.length)).toEqual({ id: 'a' })
  })

  it('refuses values that are not of the type, and says where nobody has derived it', () => {
    const serde = avroOf<unknown>({
      type: described(object({ state: { kind: 'literals', values: ['on', 'off'] }, many: { kind: 'array', items: text } })),
    })
    expect(() => serde.write({ state: 'between', many: [] }, new ByteBuffer(16))).toThrow('expected "on" or "off", not "between"')
    expect(() => serde.write({ state: 'on', many: [1] }, new ByteBuffer(16))).toThrow('value.many[0]: expected a string, not 1')
    expect(() => avroOf<string>()).toThrow('avroOf() is given its type by the compiler')
  })
})
