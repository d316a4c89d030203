// What a shallow copy has in common with what it is a copy of: `{ ...total }` is new, and `total.by` in it is the very same. Only what is certain counts: who gives a member of the
// copy another value, anywhere, is left alone.

import { ts } from 'ts-morph'
import { type CalledNames, unwrapped } from './called-names.ts'

/** Methods that give a new array of the same members. */
const copyingMethods: ReadonlySet<string> = new Set(['concat', 'filter', 'slice', 'toReversed', 'toSorted'])

/** Methods after which an array has other members. */
const fillingMethods: ReadonlySet<string> = new Set(['fill', 'push', 'splice', 'unshift'])

export class ShallowCopies {
  private readonly names: CalledNames
  private readonly checker: ts.TypeChecker

  constructor(names: CalledNames, checker: ts.TypeChecker) {
    this.names = names
    this.checker = checker
  }

  /** What a member of an expression is a member of as well; `member` is undefined for any item of an array. */
  originals(expression: ts.Expression, member: string | undefined): readonly ts.Expression[] {
    const bare = unwrapped(expression)
    if (ts.isIdentifier(bare)) return this.ofConstant(bare, member)
    if (ts.isObjectLiteralExpression(bare)) return member === undefined ? [] : this.ofObject(bare, member)
    if (ts.isArrayLiteralExpression(bare)) return member === undefined ? spreadsOf(bare) : []
    return ts.isCallExpression(bare) ? this.ofCall(bare, member) : []
  }

  private ofConstant(name: ts.Identifier, member: string | undefined): readonly ts.Expression[] {
    const symbol = this.checker.getSymbolAtLocation(name)
    const declaration = symbol?.valueDeclaration
    if (symbol === undefined || declaration === undefined || !ts.isVariableDeclaration(declaration)) return []
    const { initializer } = declaration
    const isConstant = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0
    if (!isConstant || initializer === undefined || ts.isIdentifier(unwrapped(initializer))) return []
    const found = this.originals(initializer, member)
    return found.length === 0 || this.getsOthers(symbol, declaration, member) ? [] : found
  }

  /** Of `{ ...a, ...b }`: the last that may have the member, if it is a spread. */
  private ofObject({ properties }: ts.ObjectLiteralExpression, member: string): readonly ts.Expression[] {
    for (const property of [...properties].reverse()) {
      if (ts.isSpreadAssignment(property)) {
        const type = this.checker.getTypeAtLocation(property.expression)
        // A member that may be missing may come from another one.
        const has = type.getProperty(member)
        if (has !== undefined) return has.flags & ts.SymbolFlags.Optional && properties.length > 1 ? [] : [property.expression]
        if (this.checker.getIndexInfosOfType(type).length > 0) return []
      } else if (property.name === undefined || ts.isComputedPropertyName(property.name) || property.name.getText() === member) return []
    }
    return []
  }

  private ofCall({ expression, arguments: given }: ts.CallExpression, member: string | undefined): readonly ts.Expression[] {
    const [first, second] = given
    const called = this.names.globalName(expression)
    if (called === 'Object.values' || called === 'Array.from')
      return member === undefined && first !== undefined && given.length === 1 ? [first] : []
    if (called === 'Object.assign') {
      const isCopy = first !== undefined && ts.isObjectLiteralExpression(unwrapped(first)) && given.length === 2 && member !== undefined
      return isCopy && second !== undefined && this.checker.getTypeAtLocation(second).getProperty(member) !== undefined ? [second] : []
    }
    if (ts.isPropertyAccessExpression(expression) && /^(reverse|sort)$/.test(expression.name.text))
      return this.originals(expression.expression, member)
    if (!ts.isPropertyAccessExpression(expression) || member !== undefined || !copyingMethods.has(expression.name.text)) return []
    if (!this.checker.isArrayLikeType(this.checker.getTypeAtLocation(expression.expression))) return []
    if (expression.name.text === 'concat' && given.length > 0) return []
    return [expression.expression]
  }

  /** Whether a member of a constant is given another value, or may be. */
  private getsOthers(symbol: ts.Symbol, declaration: ts.VariableDeclaration, member: string | undefined): boolean {
    const isCopy = (expression: ts.Expression): boolean => {
      const bare = unwrapped(expression)
      return ts.isIdentifier(bare) && this.checker.getSymbolAtLocation(bare) === symbol
    }
    const gives = (node: ts.Node): boolean => {
      if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
        const left = unwrapped(node.left)
        if (ts.isPropertyAccessExpression(left) && isCopy(left.expression)) return left.name.text === member
        return ts.isElementAccessExpression(left) && isCopy(left.expression)
      }
      if (!ts.isCallExpression(node)) return false
      // Whoever is handed the copy may do anything with it.
      if (node.arguments.some((one) => isCopy(one))) return true
      return (
        ts.isPropertyAccessExpression(node.expression) &&
        isCopy(node.expression.expression) &&
        fillingMethods.has(node.expression.name.text)
      )
    }
    const search = (node: ts.Node): boolean => gives(node) || (ts.forEachChild(node, (child) => search(child) || undefined) ?? false)
    return search(scopeOf(declaration))
  }
}

/** All that an array is a copy of, if it is of nothing else. */
function spreadsOf({ elements }: ts.ArrayLiteralExpression): readonly ts.Expression[] {
  const spreads = elements.flatMap((one) => (ts.isSpreadElement(one) ? [one.expression] : []))
  return spreads.length === elements.length ? spreads : []
}

/** The function, or the file, that a variable belongs to. */
function scopeOf(declaration: ts.Node): ts.Node {
  return ts.findAncestor(declaration.parent, (node) => ts.isFunctionLike(node) || ts.isSourceFile(node)) ?? declaration.getSourceFile()
}
