// The functions of a call of the dsl that run for each record: callbacks, written there or handed over by name, those in options, and the methods of
// processors. What builds the topology, or is there to do I/O, is none of them.

import { ts } from 'ts-morph'
import type { DslCall } from '../dsl-calls.ts'
import { isPluginPath, withForwardSlashes } from '../library.ts'
import { type FunctionsOf, isOwnFunction, type OwnFunction, type Supplied } from './functions-of.ts'

export interface OperatorCallback {
  readonly function: OwnFunction
  /** What counts as made inside: the function itself, and of a processor its class, or the function that made it. */
  readonly roots: readonly ts.Node[]
  /** Where the call has it. */
  readonly at: ts.Node
}

/** Their functions run at the start, or are the places for what operators must not do. */
const noOperators: ReadonlySet<string> = new Set([
  'topology',
  'apply',
  'fromSource',
  'sinkTo',
  'mapAsync',
  'definePlugin',
  'defineConfig',
  'defineCommand',
])

/** Which of their arguments is the place for what operators must not do. */
const asksOutside: Readonly<Record<string, number>> = { lookupJoin: 1, leftLookupJoin: 1 }

/** Their function makes an object, whose methods run for each record. */
const takesSupplier: ReadonlySet<string> = new Set(['process', 'processValues', 'transformValues', 'addProcessor', 'addGlobalStore'])

/** Methods of processors that run once. */
const runsOnce: ReadonlySet<string> = new Set(['init', 'close'])

export function callbacksOf(call: DslCall, functions: FunctionsOf): readonly OperatorCallback[] {
  if ((noOperators.has(call.method) && !isOfWindows(call)) || isOfPlugin(call)) return []
  return call.node.arguments.flatMap((argument, index) => {
    if (asksOutside[call.method] === index) return []
    if (ts.isObjectLiteralExpression(argument)) return optionCallbacks(argument, functions)
    const given = functions.expression(argument)
    if (!takesSupplier.has(call.method)) return given.map((one) => alone(one, argument))
    return given.flatMap((supplier) => {
      const made = functions.suppliedBy(supplier)
      // A mapper that gives an object is no supplier: it takes arguments.
      return made.length === 0 || supplier.parameters.length > 0
        ? [alone(supplier, argument)]
        : made.flatMap((one) => processorCallbacks(one, supplier, functions))
    })
  })
}

/** `apply` of windowed streams is given a function of the elements of a window; that of streams and tables a piece of topology. */
function isOfWindows({ signature }: DslCall): boolean {
  const owner = signature.declaration?.parent
  return owner !== undefined && ts.isClassLike(owner) && owner.name?.text.includes('Windowed') === true
}

/** What a plugin is made with runs when it is made, or where it does its I/O: its operators are applied, and run what they are given by the dsl. */
function isOfPlugin({ signature }: DslCall): boolean {
  const file = signature.declaration?.getSourceFile().fileName
  return file !== undefined && isPluginPath(withForwardSlashes(file))
}

function alone(callback: OwnFunction, at: ts.Node): OperatorCallback {
  return { function: callback, roots: [callback], at }
}

/** `{ timestamp: (record) => … }`, `{ partitioner(value) { … } }`. */
function optionCallbacks(options: ts.ObjectLiteralExpression, functions: FunctionsOf): readonly OperatorCallback[] {
  return options.properties.flatMap((property) => {
    if (ts.isMethodDeclaration(property)) return isOwnFunction(property) ? [alone(property, property)] : []
    const value = ts.isShorthandPropertyAssignment(property)
      ? property.name
      : ts.isPropertyAssignment(property)
        ? property.initializer
        : undefined
    // Serdes and the like are objects; what made them may be what it likes.
    return value !== undefined && functions.isCallable(value) ? functions.expression(value).map((one) => alone(one, value)) : []
  })
}

/** Of a processor: fields and the variables of its supplier are its own; they are gone after a restart, as its documentation says. */
function processorCallbacks(made: Supplied, supplier: OwnFunction, functions: FunctionsOf): readonly OperatorCallback[] {
  const parts = ts.isObjectLiteralExpression(made) ? [made] : functions.withBases(made)
  const roots = [...parts, supplier]
  const members = parts.flatMap((part): readonly ts.Node[] => (ts.isObjectLiteralExpression(part) ? part.properties : part.members))
  return members.flatMap((member) => {
    const value = ts.isPropertyAssignment(member) || ts.isPropertyDeclaration(member) ? member.initializer : member
    if (value === undefined || !isOwnFunction(value) || ts.isConstructorDeclaration(value)) return []
    const name = ts.isClassElement(member) || ts.isObjectLiteralElement(member) ? member.name?.getText() : undefined
    if (name !== undefined && runsOnce.has(name))
      return punctuations(value).map((one) => ({ function: one, roots: [...roots, one], at: one }))
    return [{ function: value, roots, at: value }]
  })
}

/** What `context.schedule(…)` is given. */
function punctuations(init: OwnFunction): readonly OwnFunction[] {
  const found: OwnFunction[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === 'schedule')
      for (const argument of node.arguments) if (isOwnFunction(argument)) found.push(argument)
    ts.forEachChild(node, visit)
  }
  visit(init.body)
  return found
}
