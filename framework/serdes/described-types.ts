// What whoever makes a serde or a schema of a described type needs to know of it: what a reference stands for, which variants a union has, and which of them a value is.

import type { Codec } from '../ports/codec.ts'
import type { TypeCodec, TypeDescription, TypeShape } from '../ports/type-description.ts'

/**
 * The shape itself, or what a reference stands for, however many references on.
 *
 * @example
 * ```ts
 * import { resolvedShape, type TypeDescription } from 'millrace'
 *
 * const isObject = (type: TypeDescription<unknown>) => resolvedShape(type.root, type).kind === 'object'
 * ```
 */
export function resolvedShape(shape: TypeShape, type: TypeDescription<unknown>): TypeShape {
  let found = shape
  while (found.kind === 'reference') {
    const target: TypeShape | undefined = found.name === '#' ? type.root : type.definitions[found.name]
    if (target === undefined) throw new Error(`no definition of ${found.name}`)
    found = target
  }
  return found
}

/** The variants of a union, and of the unions in it; a class with a codec is one variant, whatever stands for it. */
export function variantsOf(
  union: TypeShape & { kind: 'union' },
  type: TypeDescription<unknown>,
  seen: readonly TypeShape[] = [],
): readonly TypeShape[] {
  return union.variants.flatMap((variant) => {
    const shape = resolvedShape(variant, type)
    if (shape.kind !== 'union' || shape.codec !== undefined) return [variant]
    return shape === union || seen.includes(shape) ? [] : variantsOf(shape, type, [...seen, union])
  })
}

/** Whether a value is of a variant rather than of another: the compiler has seen to it that kinds and members tell them apart. An instance of a class with a codec
 * passes for a plain object too: ask variants with codecs first. */
export function isOfVariant(variant: TypeShape, value: unknown, type: TypeDescription<unknown>): boolean {
  const shape = resolvedShape(variant, type)
  if (!isOfKind(shape, value, type)) return false
  if (shape.codec !== undefined) return true
  if (shape.kind === 'tuple') {
    const { length } = value as readonly unknown[]
    return length >= shape.required && (shape.rest !== null || length <= shape.items.length)
  }
  if (shape.kind !== 'object') return true
  const object = value as Readonly<Record<string, unknown>>
  return shape.members.every(
    (member) =>
      member.optional || (Object.hasOwn(object, member.name) && isOfKind(resolvedShape(member.shape, type), object[member.name], type)),
  )
}

/** The codec that a description names. Throws where the description has none: that of an emitter. */
export function codecIn({ codecs }: TypeDescription<unknown>, { module, path, type: name }: TypeCodec): Codec<unknown, unknown> {
  const found = codecs?.[`${module} ${path}`]
  if (found === undefined) throw new Error(`there is no codec of ${name}`)
  return found()
}

function isOfKind(shape: TypeShape, value: unknown, type: TypeDescription<unknown>): boolean {
  if (shape.codec !== undefined) return value instanceof (codecIn(type, shape.codec).type as unknown as new () => unknown)
  switch (shape.kind) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return typeof value === shape.kind
    case 'null':
      return value === null
    case 'date':
      return value instanceof Date
    case 'bytes':
      return value instanceof Uint8Array
    case 'literals':
      return shape.values.some((one) => one === value)
    case 'array':
    case 'tuple':
      return Array.isArray(value)
    case 'set':
      return value instanceof Set
    case 'map':
      return value instanceof Map
    case 'object':
      return isPlainObject(value)
    default:
      return value !== undefined
  }
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return ![Date, Uint8Array, Set, Map].some((kind) => value instanceof kind)
}
