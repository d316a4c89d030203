// Types of which each value is written out, or made of what is written out: literals, template literals, and the names of members that are such.

import { ts } from 'ts-morph'
import type { Literal, Shape } from './shape.ts'

export function simplifyLiterals(literals: readonly Literal[]): Shape[] {
  const isBoolean = literals.includes(true) && literals.includes(false)
  const values = isBoolean ? literals.filter((value) => typeof value !== 'boolean') : literals
  const shapes: Shape[] = isBoolean ? [{ kind: 'boolean' }] : []
  return values.length === 0 ? shapes : [{ kind: 'literals', values }, ...shapes]
}

const number = '-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?'

export function templateShape(type: ts.TemplateLiteralType): Shape {
  const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  const holes = type.types.map((hole) => {
    if (hole.flags & ts.TypeFlags.NumberLike) return number
    return hole.flags & ts.TypeFlags.BigIntLike ? '-?\\d+' : '[\\s\\S]*'
  })
  const pattern = type.texts.map((text, index) => `${literally(text)}${holes[index] ?? ''}`).join('')
  return { kind: 'string', pattern: `^${pattern}$` }
}

/** Which names an index signature is for; undefined: any. */
export function namePattern(key: ts.Type): string | undefined {
  if (key.flags & ts.TypeFlags.NumberLike) return `^${number}$`
  const shape = key.flags & ts.TypeFlags.TemplateLiteral ? templateShape(key as ts.TemplateLiteralType) : undefined
  return shape?.kind === 'string' ? shape.pattern : undefined
}
