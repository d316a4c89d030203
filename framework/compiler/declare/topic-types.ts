// What the topics and stores of a topology hold, for millrace-env.d.ts. Which there are, the graph says; of what types, the calls that name a topic, and where none
// does (its name is computed, a store is made behind the scenes) the serde by its name.

import { ts } from 'ts-morph'
import type { Manifest, ManifestNode, ManifestStore } from '../../graph/manifest.ts'
import { isBytes, isWindowed } from '../derive/derived-serdes.ts'
import type { Schema } from '../derive/shape.ts'
import { schemaOfType, type TypeContext } from '../derive/shape-of-type.ts'
import type { DslCall } from '../dsl-calls.ts'

/** `name` is TypeScript's for what needs no declaration. */
export type TopicType =
  | { readonly kind: 'builtIn'; readonly name: 'unknown' | 'string' | 'number' | 'null' | 'Uint8Array' }
  | { readonly kind: 'schema'; readonly schema: Schema }
  | { readonly kind: 'windowed'; readonly of: TopicType }
  | { readonly kind: 'oneOf'; readonly types: readonly TopicType[] }

export interface KeyAndValue {
  readonly key: TopicType
  readonly value: TopicType
}

export interface TopicTypes {
  readonly inputs: ReadonlyMap<string, KeyAndValue>
  /** Of topics whose names match a pattern. */
  readonly patternInputs: KeyAndValue | null
  readonly outputs: ReadonlyMap<string, KeyAndValue>
  /** Of topics that each record chooses: they have no names to list. */
  readonly chosenOutputs: KeyAndValue | null
  readonly stores: ReadonlyMap<string, KeyAndValue & { readonly kind: string }>
}

export interface TopicTypesRequest {
  readonly manifest: Manifest
  /** All of the topology. */
  readonly calls: readonly DslCall[]
  /** What was derived, by the names of the serdes. */
  readonly shapes: ReadonlyMap<string, Schema>
  readonly context: TypeContext
}

/** Kinds of stores that a test reads by name. */
const readableStores: readonly ManifestStore['kind'][] = ['timestampedKeyValue', 'window', 'keyValue']

export function topicTypes({ manifest, calls, shapes, context }: TopicTypesRequest): TopicTypes {
  const { nodes, stores } = manifest
  const bySerdes = (one: { readonly key?: string; readonly value?: string }): KeyAndValue => ({
    key: ofSerde(one.key, shapes),
    value: ofSerde(one.value, shapes),
  })
  const named = (nodesByTopic: ReadonlyMap<string, ManifestNode>, methods: Methods): ReadonlyMap<string, KeyAndValue> => {
    const written = typesOfCalls(calls, methods, context)
    return new Map(sorted(nodesByTopic).map(([topic, node]) => [topic, written.get(topic) ?? bySerdes(node)]))
  }
  const sources = nodes.flatMap((node) => (node.input?.kind === 'topics' ? node.input.topics.map((topic) => ({ topic, node })) : []))
  const sinks = nodes.flatMap((node) => (node.topic !== undefined && node.topicChosen === undefined ? [{ topic: node.topic, node }] : []))
  const users = (list: typeof sources) => new Map(list.filter(({ topic }) => !topic.internal).map(({ topic, node }) => [topic.name, node]))
  const choosing = nodes.filter(({ topicChosen }) => topicChosen === true)
  const patterned = nodes.filter(({ input }) => input?.kind === 'pattern')
  const storeCalls = typesOfCalls(calls, storeMethods, context)
  const readable = stores.filter(({ kind }) => readableStores.includes(kind))
  return {
    inputs: named(users(sources), inputMethods),
    patternInputs: patterned.length === 0 ? null : patterned.map(bySerdes).reduce(either),
    outputs: named(users(sinks), outputMethods),
    // The driver reads them by the serdes of the sink that chooses, which it can tell only where there is one.
    chosenOutputs: choosing.length === 1 && choosing[0] !== undefined ? bySerdes(choosing[0]) : null,
    stores: new Map(
      readable.map((store) => [
        store.name,
        { kind: store.kind, ...(storeCalls.get(store.name) ?? bySerdes({ ...store, value: store.result ?? store.value })) },
      ]),
    ),
  }
}

/** Of each method: which argument names the topic or the store, and whose type arguments are the key and the value. */
type Methods = Readonly<Record<string, { readonly argument: number; readonly of: 'result' | 'receiver' | 'options' }>>

const inputMethods: Methods = {
  stream: { argument: 0, of: 'result' },
  table: { argument: 0, of: 'result' },
  globalTable: { argument: 0, of: 'result' },
  addSource: { argument: 1, of: 'options' },
  addGlobalStore: { argument: 1, of: 'options' },
}
const outputMethods: Methods = { to: { argument: 0, of: 'receiver' }, addSink: { argument: 1, of: 'options' } }
const storeMethods: Methods = { addStore: { argument: 0, of: 'options' }, addGlobalStore: { argument: 0, of: 'options' } }

/** By name; where several calls share one, it holds what any of them says. */
function typesOfCalls(calls: readonly DslCall[], methods: Methods, context: TypeContext): ReadonlyMap<string, KeyAndValue> {
  const found = new Map<string, KeyAndValue>()
  for (const call of calls) {
    const method = Object.hasOwn(methods, call.method) ? methods[call.method] : undefined
    const argument = method === undefined ? undefined : call.node.arguments[method.argument]
    if (method === undefined || argument === undefined) continue
    const types = keyAndValueTypes(call, method.of, context.checker)
    if (types === null) continue
    const own = { key: ofType(types.key, context), value: ofType(types.value, context) }
    for (const name of literals(argument, context.checker)) {
      const known = found.get(name)
      found.set(name, known === undefined ? own : either(known, own))
    }
  }
  return found
}

function keyAndValueTypes(
  call: DslCall,
  of: 'result' | 'receiver' | 'options',
  checker: ts.TypeChecker,
): { readonly key: ts.Type; readonly value: ts.Type } | null {
  if (of === 'options') {
    const { key, value } = call.serdeTypes
    return key === undefined || value === undefined ? null : { key, value }
  }
  const { expression } = call.node
  if (of === 'receiver' && !ts.isPropertyAccessExpression(expression)) return null
  const holder = of === 'receiver' ? (expression as ts.PropertyAccessExpression).expression : call.node
  const [key, value] = checker.getTypeArguments(checker.getTypeAtLocation(holder) as ts.TypeReference)
  return key === undefined || value === undefined ? null : { key, value }
}

/** The texts that an argument can be: `'flights'`, `['monday', 'tuesday']`, a constant of such a type. */
function literals(argument: ts.Expression, checker: ts.TypeChecker): string[] {
  if (ts.isArrayLiteralExpression(argument)) return argument.elements.flatMap((element) => literals(element, checker))
  const type = checker.getTypeAtLocation(argument)
  const parts = type.isUnion() ? type.types : [type]
  return parts.flatMap((part) => (part.isStringLiteral() ? [part.value] : []))
}

function ofType(type: ts.Type, context: TypeContext): TopicType {
  const own = ofPresentType(context.checker.getNonNullableType(type), context)
  const isNullable = type.isUnion() && type.types.some((part) => (part.flags & ts.TypeFlags.Null) !== 0)
  return isNullable ? oneOf(own, { kind: 'builtIn', name: 'null' }) : own
}

function ofPresentType(type: ts.Type, context: TypeContext): TopicType {
  if (isWindowed(type)) {
    const [key] = type.aliasTypeArguments ?? context.checker.getTypeArguments(type as ts.TypeReference)
    return key === undefined ? unknown : { kind: 'windowed', of: ofType(key, context) }
  }
  if (isBytes(type, context)) return { kind: 'builtIn', name: 'Uint8Array' }
  // What only a serde of the author's own can carry has no shape.
  const derived = schemaOfType(type, { property: 'value', method: 'to()' }, context)
  return derived.kind === 'schema' ? { kind: 'schema', schema: derived.schema } : unknown
}

const unknown: TopicType = { kind: 'builtIn', name: 'unknown' }

const builtInSerdes: Readonly<Record<string, TopicType>> = {
  string: { kind: 'builtIn', name: 'string' },
  long: { kind: 'builtIn', name: 'number' },
  integer: { kind: 'builtIn', name: 'number' },
  double: { kind: 'builtIn', name: 'number' },
  bytes: { kind: 'builtIn', name: 'Uint8Array' },
}

function ofSerde(name: string | undefined, shapes: ReadonlyMap<string, Schema>): TopicType {
  if (name === undefined) return unknown
  const shape = shapes.get(name)
  if (shape !== undefined) return { kind: 'schema', schema: shape }
  const windowed = /^(?:windowed\((.*), (?:\d+|unlimited)\)|session\((.*)\))$/.exec(name)
  if (windowed !== null) return { kind: 'windowed', of: ofSerde(windowed[1] ?? windowed[2], shapes) }
  return (Object.hasOwn(builtInSerdes, name) ? builtInSerdes[name] : undefined) ?? unknown
}

function either(left: KeyAndValue, right: KeyAndValue): KeyAndValue {
  return { key: oneOf(left.key, right.key), value: oneOf(left.value, right.value) }
}

function oneOf(left: TopicType, right: TopicType): TopicType {
  const types = [left, right].flatMap((type) => (type.kind === 'oneOf' ? type.types : [type]))
  return { kind: 'oneOf', types }
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([left], [right]) => (left < right ? -1 : 1))
}
