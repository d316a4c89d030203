// Stores that a processor opens and was not connected to: at run time that fails at the start of its first task. Looked for where both are written as text.

import { ts } from 'ts-morph'
import { type Diagnostic, diagnostic } from '../diagnostics.ts'
import type { DslCall } from '../dsl-calls.ts'
import { type Fix, inserted, withOption } from '../fixes/text-edits.ts'
import type { Sources } from '../project.ts'
import { CalledNames } from '../purity/called-names.ts'
import { FunctionsOf } from '../purity/functions-of.ts'

const processing: ReadonlySet<string> = new Set(['process', 'processValues'])

export function unconnectedStores(calls: readonly DslCall[], sources: Sources): Diagnostic[] {
  const functions = new FunctionsOf(sources, new CalledNames(sources))
  // A store may be connected by its name, behind the operator.
  const connected = calls.filter(({ method }) => method === 'connectStores')
  return calls.flatMap((call) => {
    const [supplier] = call.node.arguments
    if (!call.isMethod || !processing.has(call.method) || supplier === undefined || connected.length > 0) return []
    const stores = namedStores(call.givenOptions)
    if (stores === undefined) return []
    const opened = functions
      .expression(supplier)
      .flatMap((one) => functions.suppliedBy(one))
      .flatMap((made) => {
        const parts: readonly ts.Node[] = ts.isObjectLiteralExpression(made) ? [made] : functions.withBases(made)
        return parts.flatMap(openedStores)
      })
    return opened
      .filter(({ text }) => !stores.includes(text))
      .map((name) =>
        diagnostic('MR1609', sources.spanOf(name), { store: name.text, method: `${call.method}()` }, connectFix(call, name, sources)),
      )
  })
}

function connectFix({ node, optionsIndex, givenOptions }: DslCall, name: ts.StringLiteralLike, sources: Sources): Fix | undefined {
  if (optionsIndex === -1) return undefined
  const file = sources.editedFile(node)
  const text = name.getText()
  const given = givenOptions !== undefined && ts.isObjectLiteralExpression(givenOptions) ? givenOptions.properties : []
  const stores = given.find((one) => one.name?.getText() === 'stores')
  const list =
    stores !== undefined && ts.isPropertyAssignment(stores) && ts.isArrayLiteralExpression(stores.initializer)
      ? stores.initializer
      : undefined
  const last = list?.elements.at(-1)
  const edit =
    list === undefined
      ? withOption(file, node, optionsIndex, `stores: [${text}]`)
      : inserted(file, last?.getEnd() ?? list.getStart(file.source) + 1, last === undefined ? text : `, ${text}`)
  return edit === undefined ? undefined : { title: `connect the store, { stores: [${text}] }`, edits: [edit] }
}

/** undefined where the list is made elsewhere. */
function namedStores(options: ts.Expression | undefined): readonly string[] | undefined {
  if (options === undefined) return []
  if (!ts.isObjectLiteralExpression(options) || options.properties.some((one) => ts.isSpreadAssignment(one))) return undefined
  const property = options.properties.find((one) => one.name?.getText() === 'stores')
  if (property === undefined) return []
  if (!ts.isPropertyAssignment(property) || !ts.isArrayLiteralExpression(property.initializer)) return undefined
  const names = property.initializer.elements.map((one) => (ts.isStringLiteralLike(one) ? one.text : undefined))
  return names.every((name) => name !== undefined) ? names : undefined
}

/** `context.store('name')`. */
function openedStores(processor: ts.Node): readonly ts.StringLiteralLike[] {
  const found: ts.StringLiteralLike[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === 'store') {
      const [name] = node.arguments
      const isContext = /(^|\.)(context|ctx)$/.test(node.expression.expression.getText())
      if (isContext && name !== undefined && ts.isStringLiteralLike(name)) found.push(name)
    }
    ts.forEachChild(node, visit)
  }
  visit(processor)
  return found
}
