// A type, the schema and the validator made from it, and what they say of values.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import fc from 'fast-check'
import { Project, ts } from 'ts-morph'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DerivedSerdes } from '../../../framework/compiler/derive/derived-serdes.ts'
import type { Serde } from '../../../framework/ports/serde.ts'
import { ByteBuffer, toBytes } from '../../../framework/serdes/byte-buffer.ts'
import { mutationsOf, shapes, typeText, valuesOf } from './random-shapes.ts'

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
    if (result.kind !== 'serde')
      throw new Error(
        `${type}: ${JSON.stringify(result.kind === 'refused' ? result.problems.map(({ code, details }) => [code, details]) : result)}`,
      )
    return result.expression
  })
  const [serdes, formats] = ['index', 'formats'].map((file) => join(import.meta.dirname, `../../../framework/serdes/${file}.ts`))
  const source = `${derived.moduleSource({ serdes: serdes!, formats: formats! })}\nimport { bytes, string } from ${JSON.stringify(serdes)}\nexport const all = [${expressions.join(', ')}]\n`
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

/** What ajv as anybody has it makes of a schema, with the rules of formats as anybody has them. */
function referenceValidator(schema: object): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, multipleOfPrecision: 9, ownProperties: true })
  ajvFormats.default(ajv)
  expect(ajv.validateSchema(schema), JSON.stringify(schema)).toBe(true)
  return ajv.compile(schema)
}

function problemOf(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** What was read without the members that only their default has put there. */
function withoutDefaults(read: unknown, written: unknown): unknown {
  if (Array.isArray(read) && Array.isArray(written)) return read.map((item, index) => withoutDefaults(item, written[index]))
  if (read instanceof Map && written instanceof Map) {
    const values = [...written]
    return new Map(
      [...read].map(([key, value], index) => [
        withoutDefaults(key, values[index]?.[0]),
        withoutDefaults(value, written.get(key) ?? values[index]?.[1]),
      ]),
    )
  }
  if (read instanceof Set && written instanceof Set)
    return new Set([...read].map((item, index) => withoutDefaults(item, [...written][index])))
  if (typeof read !== 'object' || read === null || typeof written !== 'object' || written === null) return read
  if (Object.getPrototypeOf(read) !== Object.prototype) return read
  const own = written as Readonly<Record<string, unknown>>
  const kept = Object.entries(read).filter(([name]) => Object.hasOwn(own, name))
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutDefaults(value, own[name])]))
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: types are texts here.
describe('serdes derived from types', () => {
  test('give back every value of random types, and refuse what ajv refuses by their JSON Schema', async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
    const random = fc.sample(shapes, { seed, numRuns: Number(process.env.MILLRACE_RUNS ?? 40) })
    const { serdes, derived } = await serdesOf(random.map(typeText))
    let refused = 0
    for (const [index, shape] of random.entries()) {
      const serde = serdes[index]!
      const schema = derived.schemas.get(serde.name)
      const reference = schema === undefined ? undefined : referenceValidator(schema)
      const context = `seed ${seed}, type ${typeText(shape)}`
      for (const value of fc.sample(valuesOf(shape), { seed, numRuns: 6 })) {
        if (value === null) continue // No serde ever sees null.
        const bytes = toBytes(serde, value)
        // Whole values of bytes are Node's Buffers.
        expect(withoutDefaults(read(serde, bytes), value), context).toEqual(
          serde.name === 'bytes' ? Buffer.from(value as Uint8Array) : value,
        )
        if (serde.name.startsWith('string') || serde.name === 'bytes' || reference === undefined) continue
        const json: unknown = JSON.parse(bytes.toString())
        expect(reference(json), `${context}: ${bytes} ${JSON.stringify(reference.errors)}`).toBe(true)
        for (const one of fc.sample(mutationsOf(json), { seed, numRuns: 6 })) {
          if (one === null) continue
          const problem = problemOf(() => readJson(serde, one))
          expect(problem === undefined, `${context}: ${JSON.stringify(one)}: ${problem}`).toBe(reference(one))
          if (problem === undefined) continue
          refused++
          expect(problem, context).toMatch(/^value\S*.*: (expected|there is no such time)/s)
        }
      }
    }
    expect(refused).toBeGreaterThan(100)
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

  test('carry bigints, bytes, sets and maps, each in a form that JSON has', async () => {
    const { serdes, derived } = await serdesOf(
      ['Transfer'],
      `type BigIntAsString = bigint & { readonly __travelsAs?: 'string' }
       /** @asString */ type Cents = bigint
       interface Transfer {
         amount: BigIntAsString; fee: Cents | null
         /** @asString */ parts: readonly bigint[]
         proof: Uint8Array; tags: ReadonlySet<'a' | 'b'>; byName: Map<string, Date>; byPoint: ReadonlyMap<readonly [number, number], boolean>
       }`,
    )
    const at = new Date(0)
    const transfer = {
      amount: 2n ** 70n,
      fee: 0n,
      parts: [-1n],
      proof: Uint8Array.of(0, 255),
      tags: new Set(['a']),
      byName: new Map([
        ['2', at],
        ['1', at],
      ]),
      byPoint: new Map([[[1, 2], true]]),
    }
    const text = toBytes(serdes[0]!, transfer).toString()
    expect(JSON.parse(text)).toEqual({
      amount: '1180591620717411303424',
      fee: '0',
      parts: ['-1'],
      proof: 'AP8=',
      tags: ['a'],
      byName: { 1: at.toISOString(), 2: at.toISOString() },
      byPoint: [[[1, 2], true]],
    })
    expect(read(serdes[0]!, Buffer.from(text))).toEqual(transfer)
    const json = JSON.parse(text) as Record<string, unknown>
    expect(() => readJson(serdes[0]!, { ...json, amount: '1.5' })).toThrow('value.amount: expected a string that matches')
    expect(() => readJson(serdes[0]!, { ...json, proof: 'AP8' })).toThrow('value.proof: expected a string that matches')
    expect(() => readJson(serdes[0]!, { ...json, byPoint: [[[1], true]] })).toThrow('value.byPoint[0][0]: expected at least 2 items')
    expect(derived.schemas.get('json(Transfer)')).toMatchObject({
      $defs: { BigIntAsString: { type: 'string' } },
      properties: {
        byName: { type: 'object', additionalProperties: { format: 'date-time' } },
        byPoint: { type: 'array' },
      },
    })
  })

  test('hold to what tags say, on members, aliases, items and variants', async () => {
    const { serdes, derived } = await serdesOf(
      ['Order', 'Partial<Pick<Order, "percent">>'],
      `/** @minimum 0
        *  @maximum 100 */
       type Percent = number
       /** A code. @pattern ^[A-Z]{2}$ */
       type Code = string
       type Codes = readonly Code[]
       /** What is bought. */
       interface Order {
         /** Of all. @multipleOf 0.01 */ percent: Percent
         /** @minItems 1 @uniqueItems */ codes: Codes
         /** @deprecated */ mail?: (Code | null)[]
         /** @format email
             @maxLength 20 */ to: string | null
         pairs: [Percent, ...Code[]]
         byCode: { [code: string]: Percent }
       }`,
    )
    const order = { percent: 0.07, codes: ['AB'], to: null, pairs: [1, 'CD'], byCode: { x: 100 } }
    const problem = (change: object): string | undefined => problemOf(() => readJson(serdes[0]!, { ...order, ...change }))
    expect(problem({})).toBeUndefined()
    expect(problem({ percent: 101 })).toBe('value.percent: expected at most 100, not 101')
    expect(problem({ percent: 0.075 })).toBe('value.percent: expected a multiple of 0.01, not 0.075')
    expect(problem({ codes: [] })).toBe('value.codes: expected at least 1 item, not []')
    expect(problem({ codes: ['AB', 'AB'] })).toBe('value.codes: expected no item twice, not ["AB","AB"]')
    expect(problem({ codes: ['ab'] })).toBe('value.codes[0]: expected a string that matches ^[A-Z]{2}$, not "ab"')
    expect(problem({ mail: ['no'] })).toContain('value.mail[0]')
    expect(problem({ to: 'nobody' })).toBe('value.to: expected a string of the format email, not "nobody"')
    expect(problem({ to: 'somebody@example.org.nowhere' })).toBe(
      'value.to: expected at most 20 characters, not "somebody@example.org.nowhere"',
    )
    expect(problem({ pairs: [-1] })).toBe('value.pairs[0]: expected at least 0, not -1')
    expect(problem({ pairs: [1, 'x'] })).toContain('value.pairs[1]: expected a string that matches')
    expect(problem({ byCode: { x: -1 } })).toBe('value.byCode.x: expected at least 0, not -1')
    expect(problemOf(() => readJson(serdes[1]!, { percent: 101 }))).toBe('value.percent: expected at most 100, not 101')
    const schema = derived.schemas.get('json(Order)')
    expect(schema).toMatchObject({
      description: 'What is bought.',
      properties: { percent: { description: 'Of all.', minimum: 0, maximum: 100, multipleOf: 0.01 }, mail: { deprecated: true } },
    })
  })

  test('fill in defaults where they read, also before a union is told apart', async () => {
    const { serdes, derived } = await serdesOf(
      ['Settings', 'Shape'],
      `interface Settings { /** @default 5 */ retries: number; /** @maximum 3 */ less: number // /** @maximum 1 */
         /** @default "a" */ mode?: 'a' | 'b'
         /** @default unknown */ name: string
         /** @default [{"at":"2024-01-01T00:00:00Z"}] */ times: { at: Date }[]
         inner: { /** @default {} */ more: { /** @default true */ deep: boolean } } }
       type Shape = { kind: 'circle'
         /** @default 1 */ size: number } | { kind: 'square' }`,
    )
    const [settings, shape] = serdes
    const whole = {
      retries: 5,
      less: 2,
      mode: 'a',
      name: 'unknown',
      times: [{ at: new Date('2024-01-01') }],
      inner: { more: { deep: true } },
    }
    expect(readJson(settings!, { less: 2, inner: {} })).toEqual(whole)
    expect(readJson(settings!, { ...whole, retries: 0 })).toMatchObject({ retries: 0 })
    expect((readJson(settings!, { less: 2, inner: {} }) as typeof whole).times).not.toBe(
      (readJson(settings!, { less: 2, inner: {} }) as typeof whole).times,
    )
    expect(readJson(shape!, { kind: 'circle' })).toEqual({ kind: 'circle', size: 1 })
    expect(derived.schemas.get('json(Settings)')).toMatchObject({
      required: ['less', 'inner'],
      properties: { retries: { default: 5 }, less: { maximum: 3 } },
    })
  })

  test('take enums, template names of members, conditional and mapped types', async () => {
    const { serdes } = await serdesOf(
      [
        '{ level: Level; mode: Mode; only: Only.One }',
        'Readings',
        'Unwrapped<Promise<{ id: string }>>',
        '{ [K in "a" | "b" as `x-${K}`]: number }',
        'A & B',
      ],
      `enum Level { Low, High = 5 } const enum Mode { On = 'on', Off = 'off' } enum Only { One = 1 }
       interface Readings { unit: string; [reading: \`n-\${string}\`]: number | string; [index: number]: boolean }
       type Unwrapped<T> = T extends Promise<infer Inner> ? Inner : never
       interface A { a: number } interface B { b: string }`,
    )
    const accepted = serdes.map((serde) => (json: unknown) => problemOf(() => readJson(serde, json)) === undefined)
    expect([accepted[0]!({ level: 5, mode: 'on', only: 1 }), accepted[0]!({ level: 1, mode: 'on', only: 1 })]).toEqual([true, false])
    expect([accepted[1]!({ unit: 'C', 'n-1': 4, 7: true, other: [] }), accepted[1]!({ unit: 'C', 'n-1': null })]).toEqual([true, false])
    expect(accepted[1]!({ unit: 'C', 7: 1 })).toBe(false)
    expect([accepted[2]!({ id: 'x' }), accepted[2]!({})]).toEqual([true, false])
    expect([accepted[3]!({ 'x-a': 1, 'x-b': 2 }), accepted[3]!({ 'x-a': 1 })]).toEqual([true, false])
    expect([accepted[4]!({ a: 1, b: 'x' }), accepted[4]!({ a: 1 })]).toEqual([true, false])
  })

  test('write what JSON.stringify writes, in the order of the type, with what the type does not name behind it', async () => {
    const { serdes } = await serdesOf(
      ['Leg'],
      'interface Leg { from: string; to?: string; delay: number; constructor?: string; via: { code: string }[] }',
    )
    const text = (value: unknown): string => toBytes(serdes[0]!, value).toString()
    expect(text({ via: [{ code: 'x' }], delay: -0, from: 'J"F\\\nK\ud800' })).toBe(
      '{"from":"J\\"F\\\\\\nK\\ud800","delay":0,"via":[{"code":"x"}]}',
    )
    expect(text({ more: [1], from: 'a', to: undefined, delay: 1e21, via: [], none: undefined, act() {} })).toBe(
      '{"from":"a","delay":1e+21,"via":[],"more":[1]}',
    )
    const instance = new (class Own {
      readonly from = 'a'
      readonly via = []
      readonly hidden = 1
      get delay() {
        return 2
      }
    })()
    expect(text(instance)).toBe('{"from":"a","delay":2,"via":[],"hidden":1}')
  })

  test('refuse to write what could not be read again', async () => {
    const { serdes } = await serdesOf(
      ['Leg'],
      "interface Leg { from: string; delay: number; at: Date; via: ({ kind: 'stop'; code: string } | { kind: 'none' })[]; by?: Map<string, number> }",
    )
    const leg = { from: 'a', delay: 1, at: new Date(0), via: [] }
    const problem = (change: object): string | undefined => problemOf(() => toBytes(serdes[0]!, { ...leg, ...change }))
    expect(problem({})).toBeUndefined()
    expect(problem({ delay: Number.NaN })).toBe('value.delay: expected a finite number, not NaN')
    expect(problem({ from: undefined })).toBe('value.from: expected a string, not undefined')
    expect(problem({ at: new Date(Number.NaN) })).toBe('value.at: expected a valid Date, not null')
    expect(problem({ via: [{ kind: 'none' }, { kind: 'stop', code: 5 }] })).toBe('value.via[1].code: expected a string, not 5')
    expect(problem({ via: [{ kind: 'other' }] })).toMatch(/^value\.via\[0\]: expected \{ kind: 'stop'.*, not \{"kind":"other"\}$/)
    expect(problem({ by: new Map([['x', 'y']]) })).toBe('value.by.x: expected a finite number, not "y"')
    expect(problem({ by: { x: 1 } })).toBe('value.by: expected a Map, not {"x":1}')
  })

  test('refuse a day that there is not, which JavaScript takes for the next month', async () => {
    const { serdes } = await serdesOf(['{ at: Date }'])
    for (const at of ['2024-02-30T00:00:00Z', '2023-02-29T00:00:00Z', '2024-04-31T12:00:00+02:00', '+012100-02-29T00:00:00Z'])
      expect(
        problemOf(() => readJson(serdes[0]!, { at })),
        at,
      ).toBe(`value.at: there is no such time as "${at}"`)
    for (const at of ['2024-02-29T00:00:00Z', '2000-02-29T00:00:00Z', '2024-12-31T23:59:59+14:00'])
      expect(readJson(serdes[0]!, { at }), at).toEqual({ at: new Date(at) })
  })

  test('of types called as the platform calls its own hide nothing', async () => {
    const { serdes } = await serdesOf(['Date[]', '{ by: Map<string, Set<number>>; at: Date }'])
    expect(read(serdes[0]!, toBytes(serdes[0]!, [new Date(0)]))).toEqual([new Date(0)])
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
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.
