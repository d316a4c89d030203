// Whether a name occurs in a piece of code, whatever it means there.

import { ts } from 'ts-morph'

export function mentions(node: ts.Node, name: string): boolean {
  return (ts.isIdentifier(node) && node.text === name) || (ts.forEachChild(node, (child) => mentions(child, name) || undefined) ?? false)
}
