// A type, the schema and the validator made from it, and what they say of values.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { Project, ts } from 'ts-morph'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DerivedSerdes } from '../../../framework/compiler/derive/derived-serdes.ts'
import type { Serde } from '../../../framework/ports/serde.ts'
import { ByteBuffer, toBytes } from '../../../framework/serdes/byte-buffer.ts'
import { brokenValues, shapes, typeText, valuesOf } from './random-shapes.ts'

const versionType = `\`v$\{number}\``

const project = new Project({ compilerOptions: { strict: true, lib: ['lib.es2023.d.ts'], target: ts.ScriptTarget.ES2022, types: [] } })
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(import.meta.dirname, 'derived-'))
})

afterAll(() => rm(folder, { recursive: true }))

/** Serdes of type expressions, by the compiler's own module, imported as the app does. */
async function serdesOf(types: readonly string[], declarations = ''): Promise<{ serdes: Serde<unknown>[]; derived: DerivedSerdes }> {
  const text = `${declarations}\n${types.map((type, index) => `export declare const v${index}: ${type}`).join('\n')}`
  const file = project.createSourceFile(join(folder, 'types.ts'), text, { overwrite: true })
  const program = project.getProgram().compilerObject
  const checker = program.getTypeChecker()
  const derived = new DerivedSerdes({ program, checker })
  const expressions = types.map((type, index) => {
    const result = derived.serdeOf(
      file.getVariableDeclarationOrThrow(`v${index}`).getType().compilerType,
      { property: 'value', method: 'test()' },
      `fallback-${index}`,
    )
    if (result.kind !== 'serde') throw new Error(`${type}: ${JSON.stringify(result)}`)
    return result.expression
  })
  const library = join(import.meta.dirname, '../../../framework/serdes/index.ts')
  const source = `${derived.moduleSource(library)}\nimport { bytes, string } from ${JSON.stringify(library)}\nexport const all = [${expressions.join(', ')}]\n`
  const path = join(folder, `module-${Math.abs(hash(source))}.mjs`)
  await writeFile(path, source)
  const module = (await import(path)) as { all: Serde<unknown>[] }
  return { serdes: module.all, derived }
}

function hash(text: string): number {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7)
}

function read(serde: Serde<unknown>, bytes: Buffer): unknown {
  return serde.read(bytes, 0, bytes.length)
}

function readJson(serde: Serde<unknown>, json: unknown): unknown {
  return read(serde, Buffer.from(JSON.stringify(json)))
}

describe('serdes derived from types', () => {
  test('give back every value of random types, and refuse it with one place broken', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
    const random = fc.sample(shapes, { seed, numRuns: 120 })
    const { serdes } = await serdesOf(random.map(typeText))
    for (const [index, shape] of random.entries()) {
      const serde = serdes[index]!
      const context = `seed ${seed}, type ${typeText(shape)}`
      for (const value of fc.sample(valuesOf(shape), { seed, numRuns: 8 })) {
        if (value === null) continue // No serde ever sees null.
        const bytes = toBytes(serde, value)
        expect(read(serde, bytes), context).toEqual(value)
        if (serde.name.startsWith('string')) continue
        const json: unknown = JSON.parse(bytes.toString())
        for (const one of brokenValues(shape, json)) expect(() => readJson(serde, one), `${context}, ${JSON.stringify(one)}`).toThrow()
      }
    }
  })

  test.each([
    ['an optional parent', 'interface Order { id: string; parent: Order | null }', 'Order', { id: 'a', parent: { id: 'b', parent: null } }],
    [
      'a linked list',
      'interface Item { value: number; next?: Item | null }',
      '{ first: Item }',
      { first: { value: 1, next: { value: 2, next: null } } },
    ],
    [
      'a tree',
      "type Tree = { kind: 'leaf'; size: number } | { kind: 'branch'; children: Tree[] }",
      'Tree',
      { kind: 'branch', children: [{ kind: 'leaf', size: 1 }] },
    ],
    [
      'any JSON',
      'type Json = string | number | boolean | null | Json[] | { [name: string]: Json }',
      'Json',
      { a: [1, 'x', null, { b: true }] },
    ],
    ['two that hold each other', 'interface A { b: B | null } interface B { a: A | string }', 'A', { b: { a: { b: null } } }],
  ])('carry types that contain themselves: %s', async (_what, declarations, type, value) => {
    const { serdes } = await serdesOf([type], declarations)
    expect(read(serdes[0]!, toBytes(serdes[0]!, value))).toEqual(value)
  })

  test('say where a value is wrong, what was expected and what was there', async () => {
    const { serdes } = await serdesOf(
      ['Flight'],
      `interface Leg { from: string; delay: number; when: Date }
       interface Flight { id: 'a' | 'b'; legs: Leg[]; seat?: string | number; pair: [number, string]; cargo: { kind: 'box'; kg: number } | { kind: 'bag' } }`,
    )
    const leg = { from: 'JFK', delay: 3, when: '2024-01-31T10:00:00Z' }
    const flight = { id: 'a', legs: [leg], pair: [1, 'x'], cargo: { kind: 'bag' } }
    const message = (json: unknown): string => {
      try {
        readJson(serdes[0]!, json)
        return 'accepted'
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(message(flight)).toBe('accepted')
    expect(message({ ...flight, legs: [{ ...leg, delay: 'late' }] })).toBe('value.legs[0].delay: expected a number, not "late"')
    expect(message({ ...flight, legs: [{ delay: 3, when: leg.when }] })).toBe('value.legs[0].from: expected, but missing')
    expect(message({ ...flight, legs: [{ ...leg, when: 'soon' }] })).toBe(
      'value.legs[0].when: expected a date and time as in ISO 8601, not "soon"',
    )
    expect(message({ ...flight, legs: [{ ...leg, when: '2024-13-01T10:00:00Z' }] })).toBe(
      'value.legs[0].when: there is no such time as "2024-13-01T10:00:00Z"',
    )
    expect(message({ ...flight, id: 'c' })).toBe('value.id: expected one of "a", "b", not "c"')
    expect(message({ ...flight, seat: true })).toBe('value.seat: expected a string or a number, not true')
    expect(message({ ...flight, pair: [1] })).toBe('value.pair: expected at least 2 items, not [1]')
    expect(message({ ...flight, pair: [1, 'x', 2] })).toBe('value.pair: expected at most 2 items, not [1,"x",2]')
    expect(message({ ...flight, cargo: { kind: 'crate' } })).toBe(
      'value.cargo: expected one of the known values of kind, not {"kind":"crate"}',
    )
    expect(message({ ...flight, cargo: { kind: 'box' } })).toBe('value.cargo.kg: expected, but missing')
    expect(message('text')).toBe('value: expected an object, not "text"')
  })

  test('call a number that is too large for JavaScript by its name', async () => {
    const { serdes } = await serdesOf(['Sum'], 'interface Sum { total: number }')
    expect(() => read(serdes[0]!, Buffer.from('{"total":1e400}'))).toThrow('value.total: expected a number, not Infinity')
  })

  test('revive dates wherever they stand: in lists, records, recursion, unions', async () => {
    const { serdes } = await serdesOf(
      ['Tree', 'Event'],
      `interface Tree { at: Date; children: Tree[]; byName: Record<string, Date | null> }
       type Event = { kind: 'began'; at: Date } | { kind: 'ended'; at: Date | null; by?: readonly [Date, ...Date[]] } | { kind: 'none'; at: string }`,
    )
    const at = new Date('2024-02-29T23:59:59.999Z')
    const leaf = { at, children: [], byName: { one: at, none: null } }
    const events = [
      { kind: 'began', at },
      { kind: 'ended', at: null, by: [at, at] },
      { kind: 'none', at: at.toISOString() },
    ]
    const [tree, event] = serdes
    expect(read(tree!, toBytes(tree!, { at, children: [leaf, leaf], byName: {} }))).toEqual({ at, children: [leaf, leaf], byName: {} })
    for (const one of events) expect(read(event!, toBytes(event!, one))).toEqual(one)
  })

  test('let members through that the type does not name, as TypeScript does', async () => {
    const { serdes } = await serdesOf(['{ id: string }'])
    expect(readJson(serdes[0]!, { id: 'x', more: [1] })).toEqual({ id: 'x', more: [1] })
  })

  test('take imported, generic, mapped, branded, enum and template types', async () => {
    const { serdes } = await serdesOf(
      ['Page<Item>', 'Partial<Pick<Item, "id" | "state">>'],
      `declare const brand: unique symbol
       type Id = string & { readonly [brand]: true }
       enum State { On = 'on', Off = 'off' }
       interface Item { id: Id; state: State; count: number }
       interface Page<T> { items: T[]; next: Id | null }`,
    )
    const [page, partial] = serdes
    expect(readJson(page!, { items: [{ id: 'i', state: 'on', count: 1 }], next: null })).toBeDefined()
    expect(() => readJson(page!, { items: [{ id: 'i', state: 'gone', count: 1 }], next: null })).toThrow('value.items[0].state')
    expect(readJson(partial!, {})).toEqual({})
  })

  test('write what is always a string as UTF-8 and all else as JSON', async () => {
    const { serdes } = await serdesOf(
      ['string', "'on' | 'off'", versionType, 'Id', "'on' | 1", 'Date', 'Uint8Array'],
      `
      declare const brand: unique symbol
      type Id = string & { readonly [brand]: true }`,
    )
    const [text, state, version, id, mixed, date, bytes] = serdes
    expect([text, state, version, id, mixed].map((serde) => serde!.name)).toEqual([
      'string',
      "string('on' | 'off')",
      String.raw`string(/^v-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/)`,
      'string',
      "json('on' | 1)",
    ])
    expect(toBytes(state!, 'on').toString()).toBe('on')
    expect(() => read(state!, Buffer.from('gone'))).toThrow('value: expected one of "on", "off", not "gone"')
    expect(read(version!, Buffer.from('v1.5'))).toBe('v1.5')
    expect(() => read(version!, Buffer.from('x1'))).toThrow('expected a string that matches')
    expect(read(id!, toBytes(id!, 'plain'))).toBe('plain')
    expect(toBytes(mixed!, 'on').toString()).toBe('"on"')
    expect(read(date!, toBytes(date!, new Date(0)))).toEqual(new Date(0))
    expect(toBytes(bytes!, Uint8Array.of(1, 2))).toEqual(Buffer.of(1, 2))
  })

  test('are one for one type, named after it, with its JSON Schema', async () => {
    const { derived, serdes } = await serdesOf(['Node', 'Node | null', 'Node[]', 'string'], 'interface Node { value: number; next?: Node }')
    expect(serdes.map((serde) => serde.name)).toEqual(['json(Node)', 'json(Node)', 'json(Node[])', 'string'])
    expect(derived.schemas.get('json(Node)')).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Node',
      type: 'object',
      properties: { value: { type: 'number' }, next: { $ref: '#' } },
      required: ['value'],
    })
  })

  test('write in place behind what is there', async () => {
    const { serdes } = await serdesOf(['{ id: string }'])
    const target = new ByteBuffer(4)
    serdes[0]!.write({ id: 'a' }, target)
    serdes[0]!.write({ id: 'b' }, target)
    expect(target.bytes.toString('utf8', 0, target.end)).toBe('{"id":"a"}{"id":"b"}')
  })
})
