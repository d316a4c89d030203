// What a piece of syntax changes: an assignment, `++`, `delete`, a method that changes the object it is called on. With how to give a new value instead.

import { ts } from 'ts-morph'
import { type CalledNames, unwrapped } from './called-names.ts'
import { changesFirstArgument } from './package-functions.ts'

export interface Change {
  /** What is changed: the whole left side of an assignment, or the object of a method. */
  readonly target: ts.Expression
  /** Whether the target itself is a new value (`count = 1`), or the object that it is has changed. */
  readonly assigns: boolean
  /** As the author wrote it, short. */
  readonly text: string
  /** How to do without. */
  readonly instead: string
}

const anotherObject = 'Give a new object: `{ ...old, changed: 1 }`.'

/** Methods of built-in classes that change their object, and what gives a new one. */
const changingMethods: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Array: {
    copyWithin: 'Give a new array: `[...old].copyWithin(…)`.',
    fill: 'Give a new array: `old.map(() => value)`.',
    pop: 'Give a new array: `old.slice(0, -1)`.',
    push: 'Give a new array: `[...old, item]`.',
    reverse: 'Give a new array: `[...old].reverse()`.',
    shift: 'Give a new array: `old.slice(1)`.',
    sort: 'Give a new array: `[...old].sort(…)`.',
    splice: 'Give a new array: `old.filter(…)`, or `[...old]` that is changed.',
    unshift: 'Give a new array: `[item, ...old]`.',
  },
  Map: {
    clear: 'Give a new map: `new Map()`.',
    delete: 'Give a new map: `new Map([...old].filter(…))`.',
    set: 'Give a new map: `new Map([...old, [key, value]])`.',
  },
  Set: {
    add: 'Give a new set: `new Set([...old, item])`.',
    clear: 'Give a new set: `new Set()`.',
    delete: 'Give a new set: `new Set([...old].filter(…))`.',
  },
}

const typedArrays = /^(Uint8|Uint8Clamped|Uint16|Uint32|Int8|Int16|Int32|Float32|Float64|BigInt64|BigUint64)Array$|^Buffer$/

export class Changes {
  private readonly names: CalledNames
  private readonly checker: ts.TypeChecker

  constructor(names: CalledNames, checker: ts.TypeChecker) {
    this.names = names
    this.checker = checker
  }

  of(node: ts.Node): readonly Change[] {
    if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind))
      return targetsOf(node.left).map((target) => this.assigned(target, node))
    if ((ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) && counts(node.operator))
      return [this.assigned(node.operand, node)]
    if (ts.isDeleteExpression(node))
      return [{ target: node.expression, assigns: true, text: shortText(node), instead: 'Give a new object without it: `{ ...rest }`.' }]
    if (ts.isForOfStatement(node) || ts.isForInStatement(node))
      return ts.isVariableDeclarationList(node.initializer)
        ? []
        : targetsOf(node.initializer).map((target) => this.assigned(target, node.initializer))
    return ts.isCallExpression(node) ? this.called(node) : []
  }

  private assigned(target: ts.Expression, node: ts.Node): Change {
    return { target, assigns: true, text: shortText(node), instead: anotherObject }
  }

  private called(node: ts.CallExpression): readonly Change[] {
    const text = shortText(node)
    const first = node.arguments[0]
    if (first !== undefined && this.changesFirst(node.expression)) return [{ target: first, assigns: false, text, instead: anotherObject }]
    if (!ts.isPropertyAccessExpression(node.expression)) return []
    const instead = this.insteadOfMethod(node.expression)
    return instead === undefined ? [] : [{ target: node.expression.expression, assigns: false, text, instead }]
  }

  private insteadOfMethod({ expression, name }: ts.PropertyAccessExpression): string | undefined {
    const method = name.text
    const symbol = this.checker.getSymbolAtLocation(name)
    const isPlatform = symbol?.declarations?.some((one) => this.names.isPlatformFile(one.getSourceFile())) ?? false
    if (!isPlatform) return undefined
    const type = this.checker.getNonNullableType(this.checker.getTypeAtLocation(expression))
    const owner = this.checker.isArrayLikeType(type) ? 'Array' : (type.getSymbol()?.name ?? '')
    const methods = changingMethods[owner === 'WeakMap' ? 'Map' : owner === 'WeakSet' ? 'Set' : owner]
    if (methods !== undefined) return Object.hasOwn(methods, method) ? methods[method] : undefined
    if (owner === 'Date') return /^set[A-Z]/.test(method) ? 'Give a new date: `new Date(old.getTime() + …)`.' : undefined
    const changes = /^(set|fill|copyWithin|reverse|sort|swap\d+|write.*)$/.test(method)
    return typedArrays.test(owner) && changes ? 'Give new bytes: `old.slice()` that is changed.' : undefined
  }

  /** `Object.assign(value, …)`, lodash's `set(value, …)`. */
  private changesFirst(callee: ts.Expression): boolean {
    const called = this.names.of(callee)
    if (called?.kind === 'package') return changesFirstArgument(called.package, called.name)
    return (
      called?.kind === 'global' &&
      /^(Object\.(assign|definePropert(y|ies)|setPrototypeOf)|Reflect\.(set|deleteProperty))$/.test(called.name)
    )
  }
}

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment
}

function counts(operator: ts.SyntaxKind): boolean {
  return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken
}

/** What an assignment gives a value: several of them, in `[a, b] = …`. */
function targetsOf(left: ts.Expression): readonly ts.Expression[] {
  const bare = unwrapped(left)
  if (ts.isArrayLiteralExpression(bare))
    return bare.elements.flatMap((one) => (ts.isOmittedExpression(one) ? [] : targetsOf(ts.isSpreadElement(one) ? one.expression : one)))
  if (ts.isObjectLiteralExpression(bare)) {
    return bare.properties.flatMap((one) => {
      if (ts.isPropertyAssignment(one)) return targetsOf(one.initializer)
      if (ts.isShorthandPropertyAssignment(one)) return [one.name]
      return ts.isSpreadAssignment(one) ? targetsOf(one.expression) : []
    })
  }
  // A default: `[a = 1] = …`.
  if (ts.isBinaryExpression(bare) && bare.operatorToken.kind === ts.SyntaxKind.EqualsToken) return targetsOf(bare.left)
  return [bare]
}

const textLengthMax = 60

export function shortText(node: ts.Node): string {
  const text = node.getText().replace(/\s+/g, ' ')
  return text.length > textLengthMax ? `${text.slice(0, textLengthMax - 1)}…` : text
}
