// The variants of a derived union, and which of them a value is: the compiler has seen to it that kinds and members tell them apart.

import type { Codec, TypeCodec, TypeDescription, TypeShape } from '../../framework/index.ts'

/** Those of unions in it too. */
export function variantsOf(
  union: TypeShape & { kind: 'union' },
  type: TypeDescription<unknown>,
  seen: readonly TypeShape[] = [],
): readonly TypeShape[] {
  return union.variants.flatMap((variant) => {
    const shape = resolved(variant, type)
    if (shape.kind !== 'union' || shape.codec !== undefined) return [variant]
    return shape === union || seen.includes(shape) ? [] : variantsOf(shape, type, [...seen, union])
  })
}

export function isOf(variant: TypeShape, value: unknown, type: TypeDescription<unknown>): boolean {
  const shape = resolved(variant, type)
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
      member.optional || (Object.hasOwn(object, member.name) && isOfKind(resolved(member.shape, type), object[member.name], type)),
  )
}

function isOfKind(shape: TypeShape, value: unknown, type: TypeDescription<unknown>): boolean {
  if (shape.codec !== undefined) return value instanceof (codecOf(shape.codec, type).type as unknown as new () => unknown)
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
      return (
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        ![Date, Uint8Array, Set, Map].some((kind) => value instanceof kind)
      )
    default:
      return value !== undefined
  }
}

export function codecOf({ module, path, type: name }: TypeCodec, { codecs }: TypeDescription<unknown>): Codec<unknown, unknown> {
  const found = codecs?.[`${module} ${path}`]
  if (found === undefined) throw new Error(`there is no codec of ${name}`)
  return found()
}

function resolved(shape: TypeShape, type: TypeDescription<unknown>): TypeShape {
  let found = shape
  while (found.kind === 'reference') {
    const target: TypeShape | undefined = found.name === '#' ? type.root : type.definitions[found.name]
    if (target === undefined) throw new Error(`no definition of ${found.name}`)
    found = target
  }
  return found
}
