// Variables that change while the app runs, and not by its records: in a timer, behind a promise, at an event. An operator that reads one of them gives what
// happened to be there. What is filled while the modules load, or by an operator (which is reported there), is none of these.

import { ts } from 'ts-morph'
import { type CalledNames, unwrapped } from './called-names.ts'
import type { Changes } from './changes.ts'
import { isWithin } from './origins.ts'

const timers: ReadonlySet<string> = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'process.nextTick',
  'process.on',
])
const laterMethods: ReadonlySet<string> = new Set([
  'then',
  'catch',
  'finally',
  'on',
  'once',
  'addListener',
  'addEventListener',
  'subscribe',
])

export class LaterChanges {
  private readonly files: ReadonlySet<ts.SourceFile>
  private readonly names: CalledNames
  private readonly changes: Changes
  private found: ReadonlyMap<ts.Symbol, ts.Node> | undefined

  constructor(files: ReadonlySet<ts.SourceFile>, names: CalledNames, changes: Changes) {
    this.files = files
    this.names = names
    this.changes = changes
  }

  /** Where the variable that a name reads is changed later; undefined if it is not, or belongs to the code itself. */
  of(name: ts.Identifier, roots: readonly ts.Node[]): ts.Node | undefined {
    this.found ??= this.find()
    if (this.found.size === 0 || isNoRead(name)) return undefined
    const symbol = this.names.symbolOf(name)
    const change = symbol === undefined ? undefined : this.found.get(symbol)
    const declaration = symbol?.valueDeclaration
    if (change === undefined || declaration === undefined) return undefined
    return roots.some((root) => isWithin(declaration, root) || isWithin(change, root)) ? undefined : change
  }

  private find(): ReadonlyMap<ts.Symbol, ts.Node> {
    const found = new Map<ts.Symbol, ts.Node>()
    const visit = (node: ts.Node, later: ts.Node | undefined): void => {
      if (later !== undefined) for (const { target } of this.changes.of(node)) this.note(target, node, later, found)
      ts.forEachChild(node, (child) => visit(child, ts.isFunctionLike(child) && this.runsLater(child) ? child : later))
    }
    for (const file of this.files) visit(file, undefined)
    return found
  }

  private note(target: ts.Expression, change: ts.Node, later: ts.Node, found: Map<ts.Symbol, ts.Node>): void {
    const root = rootOf(target)
    const symbol = root === undefined ? undefined : this.names.symbolOf(root)
    const declaration = symbol?.valueDeclaration
    if (symbol === undefined || declaration === undefined || !ts.isVariableDeclaration(declaration) || isWithin(declaration, later)) return
    if (!found.has(symbol)) found.set(symbol, change)
  }

  private runsLater(node: ts.Node): boolean {
    const call = node.parent
    if (!ts.isCallExpression(call) || call.expression === node) return false
    const global = this.names.globalName(call.expression)
    if (global !== undefined) return timers.has(global)
    return ts.isPropertyAccessExpression(call.expression) && laterMethods.has(call.expression.name.text)
  }
}

function rootOf(target: ts.Expression): ts.Identifier | undefined {
  const bare = unwrapped(target)
  if (ts.isIdentifier(bare)) return bare
  return ts.isPropertyAccessExpression(bare) || ts.isElementAccessExpression(bare) ? rootOf(bare.expression) : undefined
}

/** The name of a member (`value.rates`), of a property, of a declaration. */
function isNoRead({ parent }: ts.Identifier): boolean {
  if (ts.isPropertyAccessExpression(parent)) return false
  return ts.isPropertyAssignment(parent) || ts.isDeclarationStatement(parent) || ts.isTypeNode(parent)
}
