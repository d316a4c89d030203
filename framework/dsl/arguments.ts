// What a call of the dsl cannot do without: functions, streams, tables, windows, options. TypeScript says it in the editor; whoever writes JavaScript, or silences
// the compiler, hears it at the call and not at the first record. Thrown at once, unlike other problems: nothing sensible can be built from what is not there.
// Kafka Streams: Objects.requireNonNull at the head of each method.

import { MillraceError } from '../errors.ts'
import type { LogicalGraph } from '../graph/logical-graph.ts'

/** `call` is named as in the documentation: `KStream.filter`. */
export function requireFunction(graph: LogicalGraph, call: string, what: string, given: unknown): void {
  if (typeof given !== 'function') refuse(graph, call, what, given, 'a function', `Give it one, as its documentation shows.`)
}

/** `flow` is what every stream, table and group of the dsl has; `wanted` says which of them it should be. */
export function requireFlow(graph: LogicalGraph, call: string, what: string, given: unknown, wanted: string): void {
  const { flow } = (given ?? {}) as { readonly flow?: { readonly graph?: unknown } }
  if (flow === undefined) refuse(graph, call, what, given, wanted, 'Give it what a call of the builder has made.')
  else if (flow.graph !== graph) refuse(graph, call, what, given, `${wanted} of this topology`, 'Make both with the same builder.')
}

export function requireWindow(graph: LogicalGraph, call: string, given: unknown, kinds: readonly string[], makers: string): void {
  const { kind } = (given ?? {}) as { readonly kind?: unknown }
  if (!kinds.includes(kind as string)) refuse(graph, call, 'window', given, 'such a window', `Make it with ${makers}.`)
}

export function requireOptions(graph: LogicalGraph, call: string, given: unknown): void {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return
  const remedy = typeof given === 'string' ? `A name is written { name: '${given}' }.` : 'Leave them out, or give an object.'
  refuse(graph, call, 'options', given, 'an object', remedy)
}

export function requireName(graph: LogicalGraph, call: string, what: string, given: unknown): void {
  if (typeof given !== 'string' || given === '') refuse(graph, call, what, given, 'a name', `Give it as text.${atBuildTime(what, [given])}`)
}

export function requireNames(graph: LogicalGraph, call: string, what: string, given: unknown): void {
  const named = Array.isArray(given) && given.every((name) => typeof name === 'string' && name !== '')
  if (!named)
    refuse(
      graph,
      call,
      what,
      given,
      'a list of names',
      `Give an array of texts.${atBuildTime(what, Array.isArray(given) ? given : [given])}`,
    )
}

/** The most frequent way to a topic that is not there. */
function atBuildTime(what: string, given: readonly unknown[]): string {
  if (!what.startsWith('topic') || !given.includes(undefined)) return ''
  return ' A topology is made at build time too, when the environment has no variables: `process.env.TOPIC` is undefined then.'
}

export function requireStreamJoin(graph: LogicalGraph, call: string, joiner: unknown, window: unknown, options: unknown): void {
  requireFunction(graph, call, 'joiner', joiner)
  requireWindow(graph, call, window, ['join'], 'within()')
  requireOptions(graph, call, options)
}

/** Of an aggregation: the functions by their names. */
export function requireFold(graph: LogicalGraph, call: string, functions: Readonly<Record<string, unknown>>, options: unknown): void {
  for (const [what, given] of Object.entries(functions)) requireFunction(graph, call, what, given)
  requireOptions(graph, call, options)
}

/** The same of `aggregate`, which takes aggregators by name in the place of its functions. */
export function requireAggregate(
  graph: LogicalGraph,
  call: string,
  initializer: unknown,
  functions: Readonly<Record<string, unknown>>,
  options: unknown,
): void {
  if (typeof initializer === 'object' && initializer !== null) return
  requireFold(graph, call, { initializer, ...functions }, options)
}

export function requireProcessor(graph: LogicalGraph, call: string, supplier: unknown, options: { readonly stores?: unknown }): void {
  requireFunction(graph, call, 'supplier', supplier)
  requireOptions(graph, call, options)
  requireNames(graph, call, 'stores', options.stores ?? [])
}

function refuse(graph: LogicalGraph, call: string, what: string, given: unknown, wanted: string, remedy: string): never {
  const verb = what === 'options' || what.endsWith('s') ? 'are' : 'is'
  const problem = `${call}: its ${what} ${verb} ${shown(given)}, not ${wanted}.`
  throw new MillraceError('topology-invalid', { topology: graph.topology, node: call, problem, remedy })
}

function shown(given: unknown): string {
  if (given === null || given === undefined) return String(given)
  if (typeof given === 'string') return JSON.stringify(given)
  if (Array.isArray(given)) return `[${given.map(shown).join(', ')}]`
  if (typeof given === 'object') return given.constructor?.name === 'Object' ? 'an object' : `a ${given.constructor?.name ?? 'object'}`
  return typeof given === 'function' ? 'a function' : String(given)
}
