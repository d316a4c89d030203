// Whether the variants of a union can be told apart by their JSON alone, and by what. Objects are told apart by a member that all have with
// literals of their own (the tag), or because each has a member that the other never has; all else by the kind of JSON value.

import { type Definitions, isAlwaysThere, isText, type Literal, type ObjectShape, resolve, type Shape } from './shape.ts'

/** The member that tells all variants apart by its literals, if they are objects and have one. */
export function tagOf(variants: readonly Shape[], definitions: Definitions): string | null {
  const objects = variants.map((variant) => resolve(variant, definitions))
  if (!objects.every((shape) => shape.kind === 'object')) return null
  const names = objects[0]?.members.map((member) => member.name) ?? []
  return names.find((name) => isTag(name, objects)) ?? null
}

/** Two variants that cannot be told apart, or null. */
export function ambiguousPair(variants: readonly Shape[], definitions: Definitions): readonly [Shape, Shape] | null {
  for (const [index, first] of variants.entries()) {
    for (const second of variants.slice(index + 1)) {
      if (!areDistinct(resolve(first, definitions), resolve(second, definitions), definitions)) return [first, second]
    }
  }
  return null
}

function isTag(name: string, objects: readonly ObjectShape[]): boolean {
  const seen = new Set<Literal>()
  for (const object of objects) {
    const member = object.members.find((one) => one.name === name)
    // Only strings: a validator's discriminator can be nothing else.
    if (member === undefined || !isAlwaysThere(member) || member.shape.kind !== 'literals') return false
    for (const value of member.shape.values) {
      if (typeof value !== 'string' || seen.has(value)) return false
      seen.add(value)
    }
  }
  return true
}

function areDistinct(first: Shape, second: Shape, definitions: Definitions): boolean {
  if (first.kind === 'union') return first.variants.every((variant) => areDistinct(resolve(variant, definitions), second, definitions))
  if (second.kind === 'union') return areDistinct(second, first, definitions)
  if (first.kind === 'literals' && second.kind === 'literals') return !first.values.some((value) => second.values.includes(value))
  const kinds = jsonKinds(first, definitions)
  if (!jsonKinds(second, definitions).some((kind) => kinds.includes(kind))) return true
  if (first.kind === 'object' && second.kind === 'object') return areDistinctObjects(first, second, definitions)
  if (first.kind === 'tuple' && second.kind === 'tuple') return areDistinctLengths(first, second)
  return false
}

function areDistinctObjects(first: ObjectShape, second: ObjectShape, definitions: Definitions): boolean {
  if (isOpen(first) || isOpen(second)) return false
  const lacks = (one: ObjectShape, other: ObjectShape): boolean =>
    one.members.some((member) => isAlwaysThere(member) && !other.members.some((known) => known.name === member.name))
  if (lacks(first, second) && lacks(second, first)) return true
  return first.members.some((member) => {
    const other = second.members.find((known) => known.name === member.name)
    if (other === undefined || !isAlwaysThere(member) || !isAlwaysThere(other)) return false
    const [one, two] = [resolve(member.shape, definitions), resolve(other.shape, definitions)]
    // One level is enough for a reader too; deeper ones could recurse without end.
    return (
      one.kind !== 'object' && two.kind !== 'object' && one.kind !== 'union' && two.kind !== 'union' && areDistinct(one, two, definitions)
    )
  })
}

function areDistinctLengths(first: Shape & { kind: 'tuple' }, second: Shape & { kind: 'tuple' }): boolean {
  const most = (tuple: Shape & { kind: 'tuple' }): number => (tuple.rest === null ? tuple.items.length : Number.POSITIVE_INFINITY)
  return most(first) < second.required || most(second) < first.required
}

function isOpen(object: ObjectShape): boolean {
  return object.rest !== null || object.patterns !== undefined
}

function jsonKinds(shape: Shape, definitions: Definitions): readonly string[] {
  switch (shape.kind) {
    case 'date':
    case 'bigint':
    case 'bytes':
      return ['string']
    case 'literals':
      return [...new Set(shape.values.map((value) => typeof value))]
    case 'tuple':
    case 'set':
      return ['array']
    case 'map':
      return [isText(shape.key, definitions) ? 'object' : 'array']
    default:
      return [shape.kind]
  }
}
