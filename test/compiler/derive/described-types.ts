// Descriptions of types as the compiler gives them to plugins, by hand.

import type { TypeDescription, TypeShape } from '../../../framework/index.ts'

export const text: TypeShape = { kind: 'string' }
export const nothing: TypeShape = { kind: 'null' }

export function described(root: TypeShape, definitions: Readonly<Record<string, TypeShape>> = {}): TypeDescription<unknown> {
  return { name: 'Made', root, definitions }
}

export function object(members: Readonly<Record<string, TypeShape>>, optional: readonly string[] = []): TypeShape {
  return {
    kind: 'object',
    members: Object.entries(members).map(([name, shape]) => ({ name, shape, optional: optional.includes(name) })),
    rest: null,
  }
}

export function oneOf(...variants: readonly TypeShape[]): TypeShape {
  return { kind: 'union', tag: null, variants }
}
