// Calls that change their object though they do not look so: an expression with the flag g or y remembers where it found something, an iterator how far it has come.

import { ts } from 'ts-morph'
import type { CalledNames } from './called-names.ts'
import { unwrapped } from './called-names.ts'

export interface HiddenState {
  /** What changes: `pattern.lastIndex`. */
  readonly name: string
  /** How to do without. */
  readonly instead: string
}

const iterators = /^(Async)?(Generator|Iterator|IterableIterator|IteratorObject)$|^(Array|Map|Set|String|RegExpString)Iterator$/

export class HiddenStates {
  private readonly names: CalledNames
  private readonly checker: ts.TypeChecker

  constructor(names: CalledNames, checker: ts.TypeChecker) {
    this.names = names
    this.checker = checker
  }

  /** Of the object of a method that is called. */
  of(node: ts.Node): HiddenState | undefined {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined
    const { expression: object, name } = node.expression
    const type = this.checker.getNonNullableType(this.checker.getTypeAtLocation(object)).getSymbol()
    if (type === undefined || !type.declarations?.some((one) => this.names.isPlatformFile(one.getSourceFile()))) return undefined
    if (name.text === 'next' && iterators.test(type.name))
      return {
        name: object.getText(),
        instead: 'Make the iterator inside of the callback; a number that counts up is the offset of the record, or lies in a store.',
      }
    if (type.name !== 'RegExp' || (name.text !== 'test' && name.text !== 'exec') || !this.remembers(object)) return undefined
    if (isLoop(node) || this.isReset(object, node)) return undefined
    return {
      name: `${object.getText()}.lastIndex`,
      instead: 'Leave the flags g and y out; to find all, use text.matchAll(pattern) or text.match(pattern), which begin anew.',
    }
  }

  /** Whether an expression is made with a flag with which it begins where it has ended. */
  private remembers(object: ts.Expression): boolean {
    return (this.names.symbolOf(object)?.declarations ?? []).some((one) => {
      const holds = ts.isVariableDeclaration(one) || ts.isPropertyDeclaration(one) || ts.isPropertyAssignment(one)
      const value = holds && one.initializer !== undefined ? unwrapped(one.initializer) : undefined
      if (value === undefined) return false
      if (ts.isRegularExpressionLiteral(value)) return /\/[a-z]*[gy][a-z]*$/.test(value.text)
      const made = ts.isNewExpression(value) || ts.isCallExpression(value) ? value : undefined
      const flags = made?.arguments?.[1]
      if (made === undefined || flags === undefined || this.names.globalName(made.expression) !== 'RegExp') return false
      return ts.isStringLiteralLike(flags) && /[gy]/.test(flags.text)
    })
  }

  /** `pattern.lastIndex = 0` in the same function. */
  private isReset(object: ts.Expression, node: ts.Node): boolean {
    const symbol = this.names.symbolOf(object)
    const scope = ts.findAncestor(node, ts.isFunctionLike)
    const search = (one: ts.Node): boolean => {
      const target = resetTarget(one)
      if (target !== undefined && this.names.symbolOf(target) === symbol) return true
      return ts.forEachChild(one, (child) => search(child) || undefined) ?? false
    }
    return scope !== undefined && search(scope)
  }
}

/** `while ((match = pattern.exec(text)) !== null)`: it ends where the expression begins anew. */
function isLoop(node: ts.Node): boolean {
  const loop = ts.findAncestor(
    node,
    (one) => ts.isFunctionLike(one) || ts.isWhileStatement(one) || ts.isDoStatement(one) || ts.isForStatement(one),
  )
  return loop !== undefined && !ts.isFunctionLike(loop)
}

/** The expression of `pattern.lastIndex = 0`. */
export function resetTarget(node: ts.Node): ts.Expression | undefined {
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return undefined
  const { left, right } = node
  const isReset = ts.isPropertyAccessExpression(left) && left.name.text === 'lastIndex' && ts.isNumericLiteral(right) && right.text === '0'
  return isReset ? left.expression : undefined
}
