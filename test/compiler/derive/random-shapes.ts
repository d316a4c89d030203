// Random shapes with all that a property test needs of them: their TypeScript text, values, and JSON that is almost right.

import fc from 'fast-check'
import type { Literal, Member, Shape } from '../../../framework/compiler/derive/shape.ts'

/** Strings of each format that is tried. */
const formatted: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'date-time': fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }).map((date) => date.toISOString()),
  date: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }).map((date) => date.toISOString().slice(0, 10)),
  ipv4: fc.ipV4(),
  ipv6: fc.ipV6(),
  uri: fc.webUrl(),
  uuid: fc.uuid(),
}

const memberNames = ['id', 'name', 'delay', 'when', 'a-b', 'état', '0', 'constructor']

const plain: fc.Arbitrary<Shape> = fc.oneof(
  fc.constantFrom<Shape>(
    { kind: 'string' },
    { kind: 'number' },
    { kind: 'boolean' },
    { kind: 'date' },
    { kind: 'bigint' },
    { kind: 'bytes' },
    { kind: 'string', pattern: '^x-[\\s\\S]*$' },
  ),
  fc
    .uniqueArray(fc.constantFrom<Literal>('x', "it's", 1, -2.5, true), { minLength: 1, maxLength: 3 })
    .map((values): Shape => ({ kind: 'literals', values })),
)

/** What a tag can say: it stands before a member, so only the shapes of members have any. */
const constrained: fc.Arbitrary<Shape> = fc.oneof(
  fc.constantFrom<Shape>(
    { kind: 'number', constraints: { minimum: -3, exclusiveMaximum: 8 } },
    { kind: 'number', constraints: { exclusiveMinimum: 0, maximum: 1.5, multipleOf: 0.25 } },
    { kind: 'string', constraints: { minLength: 1, maxLength: 3 } },
    { kind: 'string', constraints: { pattern: '^[a-z]{2,4}$' } },
    ...Object.keys(formatted).map((format): Shape => ({ kind: 'string', constraints: { format } })),
    { kind: 'array', items: { kind: 'number' }, constraints: { minItems: 1, maxItems: 3, uniqueItems: true } },
    { kind: 'array', items: { kind: 'array', items: { kind: 'boolean' } }, constraints: { uniqueItems: true } },
    { kind: 'set', items: { kind: 'string' }, constraints: { maxItems: 2 } },
  ),
)

/** Shapes without null at the top and without references; unions are of kinds that can be told apart. */
export const shapes: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape }>((tie) => {
  const shape = tie('shape')
  const members = fc.uniqueArray(member(shape), {
    selector: (member) => member.name,
    minLength: 1,
    maxLength: 4,
  })
  const object = members.map((list): Shape => ({ kind: 'object', members: list, rest: null }))
  const record = shape.map((rest): Shape => ({ kind: 'object', members: [], rest }))
  const array = shape.map((items): Shape => ({ kind: 'array', items }))
  const tuple = fc
    .record({ items: fc.array(shape, { minLength: 1, maxLength: 3 }), open: fc.option(shape) })
    .chain(({ items, open }) =>
      fc
        .nat({ max: items.length })
        .map((required): Shape => ({ kind: 'tuple', items, required: open === null ? required : items.length, rest: open })),
    )
  const set = shape.map((items): Shape => ({ kind: 'set', items }))
  const map = fc.tuple(fc.oneof(plain, object), shape).map(([key, value]): Shape => ({ kind: 'map', key, value }))
  const patterned = fc
    .tuple(members, shape)
    .map(([list, value]): Shape => ({ kind: 'object', members: list, rest: null, patterns: [{ pattern: '^n-[\\s\\S]*$', shape: value }] }))
  const nullable = fc
    .oneof(plain, object, array, map, set)
    .map((variant): Shape => ({ kind: 'union', tag: null, variants: [variant, { kind: 'null' }] }))
  const tagged = fc.tuple(members, members).map(
    (variants): Shape => ({
      kind: 'union',
      tag: 'kind',
      variants: variants.map((list, index) => ({
        kind: 'object',
        members: [{ name: 'kind', optional: false, shape: { kind: 'literals', values: [`kind-${index}`] } }, ...list],
        rest: null,
      })),
    }),
  )
  return {
    shape: fc.oneof({ maxDepth: 3, withCrossShrink: true }, plain, object, array, tuple, record, set, map, patterned, nullable, tagged),
  }
}).shape

function member(shape: fc.Arbitrary<Shape>): fc.Arbitrary<Member> {
  const one = fc.record({
    name: fc.constantFrom(...memberNames),
    optional: fc.boolean(),
    shape: fc.oneof({ weight: 3, arbitrary: shape }, { weight: 1, arbitrary: constrained }),
  })
  const filled = fc.constantFrom<Omit<Member, 'name' | 'optional'>>(
    { shape: { kind: 'number', constraints: { maximum: 5 } }, default: 2.5 },
    { shape: { kind: 'string' }, default: "it's" },
    { shape: { kind: 'date' }, default: '2024-02-29T00:00:00.000Z' },
    { shape: { kind: 'array', items: { kind: 'bigint' } }, default: ['1', '-20000000000000000000'] },
  )
  const withDefault = fc
    .record({ name: fc.constantFrom(...memberNames), optional: fc.boolean(), of: filled })
    .map(({ of, ...rest }) => ({ ...rest, ...of }))
  return fc.oneof({ weight: 8, arbitrary: one }, { weight: 1, arbitrary: withDefault })
}

/** The type as one would write it. */
export function typeText(shape: Shape): string {
  switch (shape.kind) {
    case 'string':
      return shape.pattern === undefined ? 'string' : `\`x-$\{string}\``
    case 'date':
      return 'Date'
    case 'bigint':
      return '(bigint & { readonly __travelsAs?: "string" })'
    case 'bytes':
      return 'Uint8Array'
    case 'set':
      return `ReadonlySet<${typeText(shape.items)}>`
    case 'map':
      return `Map<${typeText(shape.key)}, ${typeText(shape.value)}>`
    case 'literals':
      return shape.values.map((value) => JSON.stringify(value)).join(' | ')
    case 'array':
      return `readonly (${typeText(shape.items)})[]`
    case 'tuple': {
      const items = shape.items.map((item, index) => `(${typeText(item)})${index < shape.required ? '' : '?'}`)
      return `[${[...items, ...(shape.rest === null ? [] : [`...(${typeText(shape.rest)})[]`])].join(', ')}]`
    }
    case 'object': {
      if (shape.rest !== null) return `Record<string, ${typeText(shape.rest)}>`
      const members = shape.members.map(
        (one) => `${tagsText(one)}readonly ${JSON.stringify(one.name)}${one.optional ? '?' : ''}: ${typeText(one.shape)}`,
      )
      const others = (shape.patterns ?? []).map((one) => `[name: \`n-\${string}\`]: ${typeText(one.shape)}`)
      return `{ ${[...members, ...others].join('; ')} }`
    }
    case 'union':
      return shape.variants.map((variant) => `(${typeText(variant)})`).join(' | ')
    case 'reference':
      return shape.name
    default:
      return shape.kind
  }
}

function tagsText({ shape, default: filled }: Member): string {
  const tags = Object.entries(shape.constraints ?? {}).map(([name, value]) => `@${name}${value === true ? '' : ` ${value}`}`)
  const all = [...tags, ...(filled === undefined ? [] : [`@default ${JSON.stringify(filled)}`])]
  return all.length === 0 ? '' : `\n/** ${all.join('\n * ')} */ `
}

/** Values of a shape, as the program has them. */
export function valuesOf(shape: Shape): fc.Arbitrary<unknown> {
  const { constraints } = shape
  switch (shape.kind) {
    case 'string':
      if (shape.pattern !== undefined) return fc.string().map((rest) => `x-${rest}`)
      if (constraints?.format !== undefined) return formatted[constraints.format] ?? fc.constant('')
      if (constraints?.pattern !== undefined) return fc.stringMatching(new RegExp(constraints.pattern, 'u'))
      return fc.string({ unit: 'grapheme', ...(constraints === undefined ? {} : { minLength: 1, maxLength: 1, unit: 'binary' }) })
    case 'number':
      if (constraints?.multipleOf !== undefined) return fc.constantFrom(0.25, 0.5, 1.5)
      if (constraints !== undefined) return fc.integer({ min: -3, max: 5 })
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value))
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'date':
      // Other years have no RFC 3339 form, which is what others read by the schema.
      return fc.date({ noInvalidDate: true, min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') })
    case 'bigint':
      return fc.bigInt()
    case 'bytes':
      return fc.uint8Array({ maxLength: 6 })
    case 'literals':
      return fc.constantFrom(...shape.values)
    case 'array':
      if (constraints !== undefined)
        return fc.uniqueArray(valuesOf(shape.items), {
          minLength: 1,
          maxLength: 3,
          comparator: (a, b) => JSON.stringify(a) === JSON.stringify(b),
        })
      return fc.array(valuesOf(shape.items), { maxLength: 3 })
    case 'set':
      return fc.array(valuesOf(shape.items), { maxLength: 2 }).map((items) => new Set(items))
    case 'map':
      return fc.array(fc.tuple(valuesOf(shape.key), valuesOf(shape.value)), { maxLength: 3 }).map((pairs) => new Map(pairs))
    case 'tuple':
      return fc.nat({ max: shape.items.length - shape.required }).chain((left) => {
        const items = shape.items.slice(0, shape.items.length - left).map(valuesOf)
        const rest = shape.rest === null || left > 0 ? fc.constant([]) : fc.array(valuesOf(shape.rest), { maxLength: 2 })
        return fc.tuple(fc.tuple(...items), rest).map(([head, tail]) => [...head, ...tail])
      })
    case 'object': {
      if (shape.rest !== null)
        return fc.dictionary(
          fc.string({ maxLength: 5 }).filter((name) => name !== '__proto__'),
          valuesOf(shape.rest),
          { maxKeys: 3, noNullPrototype: true },
        )
      if (shape.patterns !== undefined) {
        const { patterns, ...known } = shape
        const others = fc.dictionary(
          fc.string({ maxLength: 3 }).map((name) => `n-${name}`),
          valuesOf(patterns[0]!.shape),
          { maxKeys: 2, noNullPrototype: true },
        )
        return fc.tuple(valuesOf(known), others).map(([members, rest]) => Object.assign({}, members, rest))
      }
      const required = shape.members.filter((member) => !member.optional).map((member) => member.name)
      return fc.record(Object.fromEntries(shape.members.map((member) => [member.name, valuesOf(member.shape)])), {
        requiredKeys: required,
        noNullPrototype: true,
      })
    }
    case 'union':
      return fc.oneof(...shape.variants.map(valuesOf))
    case 'reference':
      throw new Error('random shapes have no references')
  }
}

/** JSON with one place of it changed: another value, one thing less, one thing more. Some of these are still of the type. */
export function mutationsOf(json: unknown): fc.Arbitrary<unknown> {
  return fc.tuple(fc.constantFrom(...placesOf(json, [])), change).map(([place, changed]) => changedAt(json, place, changed))
}

type Change = (value: unknown) => unknown

const other = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    'x',
    'x-1',
    '7',
    0,
    -2.5,
    1e9,
    [],
    [1],
    [[1, 2]],
    {},
    { id: 1 },
    { impossible: { deeply: true } },
  ),
  fc.constantFrom<unknown>('2024-02-30T00:00:00Z', '2024-02-29', '::1', '1.2.3.4', 'kind-1', 'AA==', 'AA', '-0', '12345678901234567890'),
)

const change: fc.Arbitrary<Change> = fc.oneof(
  other.map(
    (value): Change =>
      () =>
        value,
  ),
  fc.constantFrom<Change>(
    (value) =>
      Array.isArray(value) ? value.slice(1) : typeof value === 'string' ? value.slice(1) : typeof value === 'number' ? -value - 100 : value,
    (value) =>
      Array.isArray(value)
        ? [...value, ...value]
        : typeof value === 'string'
          ? `${value}${value}`
          : typeof value === 'number'
            ? value + 0.1
            : value,
  ),
  fc.nat().map(
    (at): Change =>
      (value) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
        const names = Object.keys(value)
        const { [names[at % names.length] ?? '']: _, ...others } = value as Record<string, unknown>
        return others
      },
  ),
  fc.tuple(fc.constantFrom(...memberNames, 'n-x', 'kind'), other).map(
    ([name, member]): Change =>
      (value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, [name]: member } : value,
  ),
)

type Place = readonly (string | number)[]

function placesOf(json: unknown, place: Place): Place[] {
  if (typeof json !== 'object' || json === null) return [place]
  const entries = Array.isArray(json) ? [...json.entries()] : Object.entries(json)
  return [place, ...entries.flatMap(([key, inner]) => placesOf(inner, [...place, key]))]
}

function changedAt(json: unknown, [key, ...rest]: Place, changed: Change): unknown {
  if (key === undefined) return changed(json)
  if (Array.isArray(json)) return json.map((item: unknown, index) => (index === key ? changedAt(item, rest, changed) : item))
  const own = json as Record<string, unknown>
  return { ...own, [key]: changedAt(own[key], rest, changed) }
}
