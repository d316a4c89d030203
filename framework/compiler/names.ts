// Names of operators from the variables that hold them. In a chain of calls the last operator that makes a store or an internal topic has the variable's
// name (the last operator at all, if none does), the others are `<variable>-<method>`, and from the second of a method on `-2`, `-3` …
// A chain without a variable is called after the topic that it ends in, else after the topology. Stores and internal topics take the names
// of their operators, so a stateless operator may be put in or taken out anywhere and no state is renamed.
// An operator that is applied counts as one with a store: it is handed its name, for what it adds.
// A function or a loop body may run more than once, and a name can be given only once: operators in there keep Kafka's numbers, unless named by hand.

import { ts } from 'ts-morph'
import type { DslCall } from './dsl-calls.ts'

export interface NamedCalls {
  readonly names: ReadonlyMap<DslCall, string>
  /** Those, and what was named by hand. */
  readonly taken: ReadonlySet<string>
  /** Operators that keep a number where a name would be better: they make a store or an internal topic. */
  readonly numbered: readonly DslCall[]
  /** Whether what stands there may run more than once. */
  readonly mayRunOften: (node: ts.Node) => boolean
}

/** Operators that make neither a store nor an internal topic. */
const statelessMethods: ReadonlySet<string> = new Set([
  'stream',
  'fromElements',
  'fromSource',
  'filter',
  'filterNot',
  'map',
  'mapValues',
  'flatMap',
  'flatMapValues',
  'selectKey',
  'peek',
  'forEach',
  'merge',
  'split',
  'branch',
  'process',
  'processValues',
  'transformValues',
  'cogroup',
  'late',
  'toStream',
  'print',
  'sinkTo',
  'to',
])

/** `calls` are all of one topology, in the order of files and text. */
export function nameCalls(calls: readonly DslCall[], topologyName: string): NamedCalls {
  const byNode = new Map<ts.Node, DslCall>(calls.map((call) => [call.node, call]))
  const taken = new Set(calls.flatMap((call) => call.givenName ?? []))
  const names = new Map<DslCall, string>()
  const numbered: DslCall[] = []
  const chains = new Map<ts.Node, DslCall[]>()
  for (const call of calls) {
    if (!call.takesName) continue
    const end = endOfChain(call.node)
    chains.set(end, [...(chains.get(end) ?? []), call])
  }
  for (const [end, chain] of chains) {
    const base = baseOf(end, byNode, topologyName)
    if (base === null) numbered.push(...chain.filter(makesNumberedState))
    else nameChain(chain, base, taken, names)
  }
  return { names, taken, numbered, mayRunOften: (node) => mayRunOften(node, byNode) }
}

/** A processor that declares its state by key has stores; one that a function makes has those that the topology has. */
function isStateless({ method, signature }: DslCall): boolean {
  return statelessMethods.has(method) && signature.getParameters()[0]?.name !== 'definition'
}

/** Without a name, what a group needs is called after the aggregation, and a store may have a name of its own. */
function makesNumberedState(call: DslCall): boolean {
  const { method, givenOptions } = call
  if (isStateless(call) || method === 'groupBy' || method === 'groupByKey') return false
  if (givenOptions === undefined || !ts.isObjectLiteralExpression(givenOptions)) return true
  return !givenOptions.properties.some((property) => property.name?.getText() === 'store')
}

interface Base {
  readonly text: string
  /** Whether a variable holds just this chain, so that one operator of it can have its very name. */
  readonly isVariable: boolean
  /** The variables that hold the branches of a split. */
  readonly branches: readonly string[]
}

const branchMethods: ReadonlySet<string> = new Set(['branch', 'defaultBranch'])

function nameChain(chain: readonly DslCall[], base: Base, taken: Set<string>, names: Map<DslCall, string>): void {
  const branches = chain.filter((call) => branchMethods.has(call.method))
  const bearer = base.isVariable ? (chain.findLast((call) => !isStateless(call)) ?? chain.at(-1)) : undefined
  for (const call of chain) {
    const branch = branches.indexOf(call)
    if (branch !== -1) {
      // What is put behind the name of the split, so it needs to be no other name's equal.
      names.set(call, `-${base.branches[branch] ?? branch + 1}`)
      continue
    }
    const wanted = call === bearer ? base.text : `${base.text}-${call.method}`
    let name = wanted
    for (let count = 2; taken.has(name); count++) name = `${wanted}-${count}`
    taken.add(name)
    names.set(call, name)
  }
}

/** The outermost call of the chain that a call is part of. */
function endOfChain(call: ts.CallExpression): ts.Node {
  let end: ts.Node = call
  for (;;) {
    const access = skipWrappers(end).parent
    if (!ts.isPropertyAccessExpression(access) || !ts.isCallExpression(access.parent) || access.parent.expression !== access) return end
    end = access.parent
  }
}

/** The outermost of parentheses, `!`, `as` and `satisfies` around an expression. */
function skipWrappers(node: ts.Node): ts.Node {
  const { parent } = node
  const wraps =
    ts.isParenthesizedExpression(parent) || ts.isNonNullExpression(parent) || ts.isAsExpression(parent) || ts.isSatisfiesExpression(parent)
  return wraps ? skipWrappers(parent) : node
}

/** What the operators of a chain are called after; null where the code may run more than once. */
function baseOf(end: ts.Node, calls: ReadonlyMap<ts.Node, DslCall>, topologyName: string): Base | null {
  if (mayRunOften(end, calls)) return null
  const holder = skipWrappers(end)
  const held = variableOf(holder)
  if (held !== null) return { text: legal(held), isVariable: true, branches: [] }
  const branches = listOf(holder)
  const source = sourceOf(end)
  if (branches.length > 0 && source !== null) return { text: legal(source), isVariable: false, branches: branches.map(legal) }
  for (let node = end; !isBoundary(node) || isApplied(node, calls); node = node.parent) {
    const within = ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) ? node.name.text : topicOf(node)
    if (within !== null) return { text: legal(within), isVariable: false, branches: [] }
  }
  return { text: topologyName, isVariable: false, branches: [] }
}

/** The names of `const [small, large] = …`. */
function listOf({ parent }: ts.Node): readonly string[] {
  if (!ts.isVariableDeclaration(parent) || !ts.isArrayBindingPattern(parent.name)) return []
  return parent.name.elements.map((element) => (ts.isOmittedExpression(element) ? '_' : element.name.getText()))
}

/** The variable that a chain begins with. */
function sourceOf(end: ts.Node): string | null {
  if (ts.isIdentifier(end)) return end.text
  const isStep = ts.isCallExpression(end) || ts.isPropertyAccessExpression(end) || ts.isParenthesizedExpression(end)
  return isStep ? sourceOf(end.expression) : null
}

function variableOf(node: ts.Node): string | null {
  const { parent } = node
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return parent.name.text
  if (ts.isPropertyAssignment(parent) && ts.isIdentifier(parent.name)) return parent.name.text
  if (!ts.isBinaryExpression(parent) || parent.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return null
  return ts.isIdentifier(parent.left) ? parent.left.text : null
}

/** The topic of a chain that ends in to('topic'). */
function topicOf(node: ts.Node): string | null {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression) || node.expression.name.text !== 'to') return null
  const [topic] = node.arguments
  return topic !== undefined && ts.isStringLiteralLike(topic) ? topic.text : null
}

function isBoundary(node: ts.Node): boolean {
  return ts.isFunctionLike(node) || ts.isSourceFile(node)
}

function mayRunOften(node: ts.Node, calls: ReadonlyMap<ts.Node, DslCall>): boolean {
  if (ts.isSourceFile(node)) return false
  if (ts.isIterationStatement(node, false)) return true
  if (ts.isFunctionLike(node)) {
    const builds = calls.get(skipWrappers(node).parent)?.method === 'topology' || isApplied(node, calls)
    return !builds || mayRunOften(node.parent, calls)
  }
  return mayRunOften(node.parent, calls)
}

/** Whether it is a function written into apply(), which is called just once: what is in there belongs to the chain around it. */
function isApplied(node: ts.Node, calls: ReadonlyMap<ts.Node, DslCall>): boolean {
  return ts.isFunctionLike(node) && calls.get(skipWrappers(node).parent)?.method === 'apply'
}

/** Kafka's letters only: names of stores become names of topics. */
function legal(name: string): string {
  return name.replace(/[^\w.-]/g, '_')
}
