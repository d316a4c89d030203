// What must not stand in the callback of an operator: a record may be processed again after a crash, and has to give the same then. Only what is certain is
// reported: names are followed to their declarations, so a variable of the user's called Date or Math is none of these.

import { ts } from 'ts-morph'
import { type Diagnostic, type DiagnosticCode, diagnostic } from './diagnostics.ts'
import type { DslCall } from './dsl-calls.ts'
import type { Sources } from './project.ts'

/** Functions of the platform by how they are written, and what is wrong with them. */
const impureCalls: Readonly<Record<string, DiagnosticCode>> = {
  'Date.now': 'MR1201',
  'performance.now': 'MR1201',
  'process.hrtime': 'MR1201',
  'process.uptime': 'MR1201',
  'Math.random': 'MR1202',
  'crypto.randomUUID': 'MR1202',
  'crypto.getRandomValues': 'MR1202',
  'crypto.randomBytes': 'MR1202',
  'crypto.randomInt': 'MR1202',
  setTimeout: 'MR1203',
  setInterval: 'MR1203',
  setImmediate: 'MR1203',
  queueMicrotask: 'MR1203',
}

export function impurities(calls: readonly DslCall[], sources: Sources): Diagnostic[] {
  const inspection = new Inspection(sources)
  for (const call of calls) {
    // What builds the topology, or an operator of it, runs once, at the start.
    if (call.method === 'topology' || call.method === 'apply') continue
    for (const argument of call.node.arguments) {
      if (ts.isArrowFunction(argument) || ts.isFunctionExpression(argument)) inspection.callback(argument, call)
    }
  }
  return inspection.found
}

class Inspection {
  readonly found: Diagnostic[] = []
  private readonly sources: Sources
  private readonly program: ts.Program
  private readonly checker: ts.TypeChecker

  constructor(sources: Sources) {
    this.sources = sources
    this.program = sources.program
    this.checker = this.program.getTypeChecker()
  }

  callback(callback: ts.ArrowFunction | ts.FunctionExpression, call: DslCall): void {
    const signature = this.checker.getSignatureFromDeclaration(callback)
    const givesPromise = signature !== undefined && this.isPromise(signature.getReturnType())
    if (givesPromise) this.report('MR1204', callback, { method: `${call.method}()` })
    this.visit(callback.body, givesPromise)
  }

  private visit(node: ts.Node, isAsync: boolean): void {
    if (ts.isCallExpression(node)) this.checkCall(node)
    if (ts.isNewExpression(node)) this.checkNew(node)
    // In a callback that is asynchronous as a whole one report is enough.
    if (ts.isExpressionStatement(node) && !isAsync && this.isPromise(this.checker.getTypeAtLocation(node.expression)))
      this.report('MR1205', node, {})
    ts.forEachChild(node, (child) => this.visit(child, isAsync))
  }

  private checkCall(node: ts.CallExpression): void {
    const text = this.platformName(node.expression)
    const code = text === null ? undefined : impureCalls[text]
    if (code !== undefined) this.report(code, node, { call: `${text}()` })
    else if (text === 'Date') this.report('MR1201', node, { call: 'Date()' })
  }

  private checkNew(node: ts.NewExpression): void {
    if ((node.arguments?.length ?? 0) === 0 && this.platformName(node.expression) === 'Date')
      this.report('MR1201', node, { call: 'new Date()' })
  }

  /** `Date.now` for an expression that means the platform's Date.now, by whatever way it is reached; null for all else. */
  private platformName(expression: ts.Expression): string | null {
    if (ts.isPropertyAccessExpression(expression)) {
      const owner = this.platformName(expression.expression)
      if (owner === 'globalThis') return expression.name.text
      return owner === null ? null : `${owner}.${expression.name.text}`
    }
    if (!ts.isIdentifier(expression)) return null
    if (expression.text === 'globalThis') return 'globalThis'
    const symbol = this.checker.getSymbolAtLocation(expression)
    if (symbol === undefined) return null
    const isImported = (symbol.flags & ts.SymbolFlags.Alias) !== 0
    const declarations = (isImported ? this.checker.getAliasedSymbol(symbol) : symbol).declarations ?? []
    const isPlatform = declarations.length > 0 && declarations.every((one) => this.isPlatformFile(one.getSourceFile()))
    if (!isPlatform) return null
    return isImported ? importedName(symbol, expression.text) : expression.text
  }

  private isPlatformFile(file: ts.SourceFile): boolean {
    return this.program.isSourceFileDefaultLibrary(file) || file.fileName.includes('/node_modules/@types/node/')
  }

  private isPromise(type: ts.Type): boolean {
    if (type.isUnion()) return type.types.some((one) => this.isPromise(one))
    const name = type.getSymbol()?.name
    return name === 'Promise' || name === 'PromiseLike'
  }

  private report(code: DiagnosticCode, node: ts.Node, details: Readonly<Record<string, string>>): void {
    this.found.push(diagnostic(code, this.sources.spanOf(node), details))
  }
}

/** What an import of a Node module is called in the table: `import { randomUUID } from 'node:crypto'` is crypto.randomUUID. */
function importedName(symbol: ts.Symbol, text: string): string {
  const declaration = symbol.declarations?.[0]
  if (declaration === undefined || !ts.isImportSpecifier(declaration)) return text
  const name = (declaration.propertyName ?? declaration.name).text
  const from = declaration.parent.parent.parent.moduleSpecifier
    .getText()
    .slice(1, -1)
    .replace(/^node:/, '')
  return from === 'crypto' ? `crypto.${name}` : name
}
