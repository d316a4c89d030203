// A name for an operator with state in a function of the author's, where that function is called in one place and once: then a name by hand does what a
// variable does elsewhere. In a loop each turn would need another name, which only its author can choose.

import { ts } from 'ts-morph'
import type { DslCall } from '../dsl-calls.ts'
import type { Sources } from '../project.ts'
import { type Fix, withOption } from './text-edits.ts'

export interface NameContext {
  /** All that may call the function. */
  readonly closure: readonly ts.SourceFile[]
  readonly sources: Sources
  readonly taken: ReadonlySet<string>
  readonly mayRunOften: (node: ts.Node) => boolean
}

export function nameFix(call: DslCall, { closure, sources, taken, mayRunOften }: NameContext): Fix | undefined {
  const maker = makerOf(call.node)
  if (maker === undefined || call.optionsIndex === -1) return undefined
  const uses = usesOf(maker, closure, sources.program.getTypeChecker())
  const [use] = uses
  if (uses.length !== 1 || use === undefined || !ts.isCallExpression(use.parent) || use.parent.expression !== use) return undefined
  if (mayRunOften(use.parent)) return undefined
  const name = `${maker.text}-${call.method}`
  if (taken.has(name)) return undefined
  const edit = withOption(sources.editedFile(call.node), call.node, call.optionsIndex, `name: '${name}'`)
  return edit === undefined ? undefined : { title: `name it '${name}'`, edits: [edit] }
}

/** The name of the function that a call stands in, if no loop and no other function is in between, and nobody else can call it. */
function makerOf(node: ts.Node): ts.Identifier | undefined {
  let at = node.parent
  while (!ts.isFunctionLike(at)) {
    if (ts.isSourceFile(at) || ts.isIterationStatement(at, false)) return undefined
    at = at.parent
  }
  const holder = ts.isFunctionDeclaration(at) ? at : ts.isVariableDeclaration(at.parent) ? at.parent : undefined
  if (holder?.name === undefined || !ts.isIdentifier(holder.name)) return undefined
  const statement = ts.isVariableDeclaration(holder) ? holder.parent.parent : holder
  if (!ts.isSourceFile(statement.parent)) return undefined
  return (ts.getCombinedModifierFlags(holder) & ts.ModifierFlags.Export) === 0 ? holder.name : undefined
}

function usesOf(name: ts.Identifier, closure: readonly ts.SourceFile[], checker: ts.TypeChecker): readonly ts.Identifier[] {
  const symbol = checker.getSymbolAtLocation(name)
  const found: ts.Identifier[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node !== name && node.text === name.text && checker.getSymbolAtLocation(node) === symbol) found.push(node)
    ts.forEachChild(node, visit)
  }
  for (const file of closure) visit(file)
  return found
}
