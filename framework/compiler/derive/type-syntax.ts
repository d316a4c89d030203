// From the syntax of a type to that of its parts. The checker forgets the alias of a primitive (`type Percent = number`): what its author says of it is found only
// where its name is written.

import { ts } from 'ts-morph'

/** An alias that a type node names, with no parameters of its own. */
export function aliasOf(node: ts.TypeNode | undefined, checker: ts.TypeChecker): ts.TypeAliasDeclaration | undefined {
  if (node === undefined || !ts.isTypeReferenceNode(node)) return undefined
  const symbol = checker.getSymbolAtLocation(node.typeName)
  const target = symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  return target?.declarations?.find(
    (one): one is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(one) && one.typeParameters === undefined,
  )
}

/** The syntax of the items of an array, a set or a list of rest parameters. */
export function itemNodeOf(node: ts.TypeNode | undefined): ts.TypeNode | undefined {
  const bare = unwrapped(node)
  if (bare === undefined) return undefined
  if (ts.isArrayTypeNode(bare)) return bare.elementType
  return ts.isTypeReferenceNode(bare) && bare.typeArguments?.length === 1 ? bare.typeArguments[0] : undefined
}

/** The syntax of one member of a union; undefined if several could be meant. */
export function variantNodeOf(node: ts.TypeNode | undefined, variant: ts.Type, checker: ts.TypeChecker): ts.TypeNode | undefined {
  const bare = unwrapped(node)
  if (bare === undefined) return undefined
  const nodes = ts.isUnionTypeNode(bare) ? bare.types : [bare]
  const fitting = nodes.filter((one) => checker.getTypeFromTypeNode(one) === variant)
  return fitting.length === 1 ? fitting[0] : undefined
}

/** Without parentheses and `readonly`. */
export function unwrapped(node: ts.TypeNode | undefined): ts.TypeNode | undefined {
  if (node === undefined) return undefined
  if (ts.isParenthesizedTypeNode(node)) return unwrapped(node.type)
  if (ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.ReadonlyKeyword) return unwrapped(node.type)
  if (ts.isOptionalTypeNode(node) || ts.isRestTypeNode(node)) return unwrapped(node.type)
  return ts.isNamedTupleMember(node) ? unwrapped(node.type) : node
}

/** The syntax of a member's type. */
export function typeNodeOf(declaration: ts.Declaration | undefined): ts.TypeNode | undefined {
  if (declaration === undefined) return undefined
  const isTyped =
    ts.isPropertySignature(declaration) ||
    ts.isPropertyDeclaration(declaration) ||
    ts.isParameter(declaration) ||
    ts.isTypeAliasDeclaration(declaration)
  return isTyped ? declaration.type : undefined
}

export function tupleItemNode(node: ts.TypeNode | undefined, index: number, isRest: boolean): ts.TypeNode | undefined {
  const bare = unwrapped(node)
  const item = bare !== undefined && ts.isTupleTypeNode(bare) ? unwrapped(bare.elements[index]) : undefined
  return isRest ? itemNodeOf(item) : item
}

export function mentionsParameter(node: ts.Node, checker: ts.TypeChecker): boolean {
  if (ts.isTypeReferenceNode(node) && checker.getTypeFromTypeNode(node).flags & ts.TypeFlags.Instantiable) return true
  return ts.forEachChild(node, (child) => mentionsParameter(child, checker)) ?? false
}
