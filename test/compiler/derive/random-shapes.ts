// Random shapes with all that a property test needs of them: their TypeScript text, values, and values that are almost right.

import fc from 'fast-check'
import type { Literal, Shape } from '../../../framework/compiler/derive/shape.ts'

const memberNames = ['id', 'name', 'delay', 'when', 'a-b', 'état', '0', 'constructor']

const leaf: fc.Arbitrary<Shape> = fc.oneof(
  fc.constantFrom<Shape>({ kind: 'string' }, { kind: 'number' }, { kind: 'boolean' }, { kind: 'date' }),
  fc
    .uniqueArray(fc.constantFrom<Literal>('x', "it's", 1, -2.5, true), { minLength: 1, maxLength: 3 })
    .map((values): Shape => ({ kind: 'literals', values })),
)

/** Shapes without null at the top and without references; unions are of kinds that can be told apart. */
export const shapes: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape }>((tie) => {
  const shape = tie('shape')
  const members = fc.uniqueArray(fc.record({ name: fc.constantFrom(...memberNames), optional: fc.boolean(), shape }), {
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
  const nullable = fc
    .oneof(leaf, object, array)
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
  return { shape: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, object, array, tuple, record, nullable, tagged) }
}).shape

/** The type as one would write it. */
export function typeText(shape: Shape): string {
  switch (shape.kind) {
    case 'date':
      return 'Date'
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
      return `{ ${shape.members.map((one) => `readonly ${JSON.stringify(one.name)}${one.optional ? '?' : ''}: ${typeText(one.shape)}`).join('; ')} }`
    }
    case 'union':
      return shape.variants.map((variant) => `(${typeText(variant)})`).join(' | ')
    case 'reference':
      return shape.name
    default:
      return shape.kind
  }
}

/** Values of a shape, as the program has them. */
export function valuesOf(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'string':
      return fc.string({ unit: 'grapheme' })
    case 'number':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value))
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'date':
      return fc.date({ noInvalidDate: true })
    case 'literals':
      return fc.constantFrom(...shape.values)
    case 'array':
      return fc.array(valuesOf(shape.items), { maxLength: 3 })
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

/** One place of a JSON value broken at a time, so that the shape no longer holds: a value of a kind that stands nowhere, or a required member taken out. */
export function brokenValues(shape: Shape, json: unknown): unknown[] {
  return placesOf(shape, json, []).map((place) => place.reduceRight<(value: unknown) => unknown>(broken, wrong)(json))
}

const impossible = { impossible: { deeply: true } }

function wrong(): unknown {
  return impossible
}

type Step = { readonly key: string | number; readonly remove: boolean }

/** Ways to places that can be broken. What is put there is an object: where one may stand (records, unions) only the places within are broken. */
function placesOf(shape: Shape, json: unknown, way: readonly Step[]): (readonly Step[])[] {
  if (shape.kind === 'array' && Array.isArray(json))
    return [way, ...json.flatMap((item, key) => placesOf(shape.items, item, [...way, { key, remove: false }]))]
  if (shape.kind === 'tuple' && Array.isArray(json))
    return [way, ...json.flatMap((item, key) => placesOf(shape.items[key] ?? shape.rest ?? shape, item, [...way, { key, remove: false }]))]
  if (shape.kind === 'object' && typeof json === 'object' && json !== null) {
    const own = json as Record<string, unknown>
    if (shape.rest !== null) {
      const { rest } = shape
      return Object.keys(own).flatMap((key) => placesOf(rest, own[key], [...way, { key, remove: false }]))
    }
    return shape.members.flatMap((member) => {
      if (!Object.hasOwn(own, member.name)) return []
      const inner = placesOf(member.shape, own[member.name], [...way, { key: member.name, remove: false }])
      return member.optional ? inner : [...inner, [...way, { key: member.name, remove: true }]]
    })
  }
  if (shape.kind === 'union') return []
  return [way]
}

function broken(inner: (value: unknown) => unknown, { key, remove }: Step): (value: unknown) => unknown {
  return (value) => {
    if (Array.isArray(value)) return value.map((item, index) => (index === key ? inner(item) : item))
    const { [key]: member, ...others } = value as Record<string, unknown>
    return remove ? others : { ...others, [key]: inner(member) }
  }
}
