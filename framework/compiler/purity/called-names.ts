// Which function a call means: one of the platform, by its global name; one of a module of Node; or one of a package. Names are followed to their
// declarations, so a variable of the author's called Date or Math is none of these.

import { ts } from 'ts-morph'
import type { Sources } from '../project.ts'
import { packageOfFile } from './package-functions.ts'

export type Called =
  /** `Date.now`, `fetch`. */
  | { readonly kind: 'global'; readonly name: string }
  /** A module of Node, without `node:`. */
  | { readonly kind: 'module'; readonly module: string; readonly name: string }
  | { readonly kind: 'package'; readonly package: string; readonly name: string }
  /** A method of a built-in class, or of an interface of the platform's, by the class. */
  | { readonly kind: 'method'; readonly owner: string; readonly name: string }

const aliasesMax = 10

export class CalledNames {
  private readonly program: ts.Program
  private readonly checker: ts.TypeChecker

  constructor({ program }: Sources) {
    this.program = program
    this.checker = program.getTypeChecker()
  }

  /** undefined for what is the project's own, or has no name. */
  of(expression: ts.Expression): Called | undefined {
    const global = this.globalName(expression)
    if (global !== undefined) return { kind: 'global', name: global }
    const symbol = this.symbolOf(expression)
    const declaration = symbol?.declarations?.[0]
    if (symbol === undefined || declaration === undefined) return undefined
    const file = declaration.getSourceFile()
    if (this.isPlatformFile(file)) {
      const module = moduleOf(declaration)
      const owner = declaration.parent
      const ownerName = ts.isInterfaceDeclaration(owner) || ts.isClassDeclaration(owner) ? owner.name?.text : undefined
      if (module !== undefined) return { kind: 'module', module, name: symbol.name }
      return ownerName === undefined ? undefined : { kind: 'method', owner: ownerName, name: symbol.name }
    }
    const from = packageOfFile(file.fileName)
    if (from === undefined) return undefined
    return { kind: 'package', package: from, name: symbol.name === 'default' ? textOf(expression) : symbol.name }
  }

  /** `Date.now` for an expression that means the platform's Date.now, by whatever way it is reached. */
  globalName(expression: ts.Expression, steps = 0): string | undefined {
    const bare = unwrapped(expression)
    if (ts.isPropertyAccessExpression(bare)) {
      const owner = this.globalName(bare.expression, steps)
      if (owner === undefined) return undefined
      return owner === 'globalThis' || owner === 'window' || owner === 'self' ? bare.name.text : `${owner}.${bare.name.text}`
    }
    if (!ts.isIdentifier(bare)) return undefined
    if (bare.text === 'globalThis') return 'globalThis'
    const symbol = this.checker.getSymbolAtLocation(bare)
    if (symbol === undefined || symbol.flags & ts.SymbolFlags.Alias) return undefined
    const declarations = symbol.declarations ?? []
    if (declarations.length === 0) return undefined
    if (declarations.every((one) => this.isPlatformFile(one.getSourceFile()))) return bare.text
    // Names that stand for each other, as they may while somebody types, lead nowhere.
    return steps === aliasesMax ? undefined : this.nameOfConstant(declarations[0], steps + 1)
  }

  /** `const now = Date.now` and `const { random } = Math`. */
  private nameOfConstant(declaration: ts.Declaration | undefined, steps: number): string | undefined {
    if (declaration === undefined) return undefined
    if (ts.isVariableDeclaration(declaration) && isConstant(declaration) && declaration.initializer !== undefined) {
      const value = unwrapped(declaration.initializer)
      const isName = ts.isIdentifier(value) || ts.isPropertyAccessExpression(value)
      return isName && ts.isIdentifier(declaration.name) && value !== declaration.name ? this.globalName(value, steps) : undefined
    }
    if (!ts.isBindingElement(declaration) || !ts.isObjectBindingPattern(declaration.parent)) return undefined
    const whole = declaration.parent.parent
    if (!ts.isVariableDeclaration(whole) || !isConstant(whole) || whole.initializer === undefined) return undefined
    const owner = this.globalName(whole.initializer, steps)
    return owner === undefined ? undefined : `${owner}.${(declaration.propertyName ?? declaration.name).getText()}`
  }

  /** What a name stands for in the end. */
  symbolOf(expression: ts.Node): ts.Symbol | undefined {
    const bare = ts.isExpression(expression) ? unwrapped(expression) : expression
    const named = ts.isPropertyAccessExpression(bare) ? bare.name : bare
    const symbol = this.checker.getSymbolAtLocation(named)
    return symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol
  }

  isPlatformFile(file: ts.SourceFile): boolean {
    return this.program.isSourceFileDefaultLibrary(file) || file.fileName.includes('/node_modules/@types/node/')
  }
}

/** Without parentheses, `as`, `!` and `satisfies`. */
export function unwrapped(expression: ts.Expression): ts.Expression {
  const wraps =
    ts.isParenthesizedExpression(expression) ||
    ts.isAsExpression(expression) ||
    ts.isNonNullExpression(expression) ||
    ts.isSatisfiesExpression(expression) ||
    ts.isTypeAssertionExpression(expression)
  return wraps ? unwrapped(expression.expression) : expression
}

function isConstant(declaration: ts.VariableDeclaration): boolean {
  return (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.Const) !== 0
}

/** The name of `declare module '…'` around a declaration; what it declares to be global belongs to none. */
function moduleOf(declaration: ts.Node): string | undefined {
  for (let node: ts.Node | undefined = declaration; node !== undefined; node = node.parent) {
    if (!ts.isModuleDeclaration(node)) continue
    if (ts.isStringLiteral(node.name)) return node.name.text.replace(/^node:/, '')
    if (node.flags & ts.NodeFlags.GlobalAugmentation) return undefined
  }
  return undefined
}

function textOf(expression: ts.Expression): string {
  const bare = unwrapped(expression)
  return ts.isPropertyAccessExpression(bare) ? bare.name.text : bare.getText()
}
