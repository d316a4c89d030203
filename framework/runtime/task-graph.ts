// The running operators of a task: one for each node of its sub-topologies, each with its way on to its children.

import { chainsOf, shapeOf } from '../graph/chains.ts'
import { matchesTopic } from '../graph/topic-pattern.ts'
import {
  inputTopics,
  isLocal,
  type ProcessorNode,
  type SourceNode,
  type Topology,
  type TopologyNode,
  topicName,
} from '../graph/topology.ts'
import { ChainOperator, type ChainParts, unwatched } from '../operators/chain-operator.ts'
import { createOperator, createSink } from '../operators/create-operator.ts'
import { type Operator, Outlet } from '../operators/operator.ts'
import type { OperatorEnvironment } from '../operators/operator-environment.ts'
import { type Retries, RetryingOutlet } from '../operators/retries.ts'
import { positionTopic } from './task-topics.ts'
import { stepsWatchedBy, WatchedOperator, type WorkCursor } from './work-cursor.ts'

export interface TaskGraph {
  /** Each source with the way to its children. */
  readonly sources: readonly { readonly node: SourceNode; readonly outlet: Outlet }[]
  readonly operators: readonly Operator[]
}

/** `retries`: undefined if nothing is ever tried again; `cursor`: if nobody watches. */
export function buildTaskGraph(
  topology: Topology,
  subTopologies: readonly number[],
  environment: OperatorEnvironment,
  { retries, cursor }: { readonly retries: Retries | undefined; readonly cursor: WorkCursor | undefined },
): TaskGraph {
  const names = new Set(topology.subTopologies.filter(({ id }) => subTopologies.includes(id)).flatMap(({ nodes }) => nodes))
  // In the order of addition, in which Kafka Streams starts processors too: the order of equal punctuations depends on it.
  const nodes = [...topology.nodes.values()].filter(({ name }) => names.has(name))
  const operators = new Map<string, Operator>()
  const watchers = new Map<string, Operator>()
  const { failures } = environment
  const outletOf = (children: readonly string[]): Outlet =>
    retries === undefined ? new Outlet(children.map(watched), failures) : new RetryingOutlet(children.map(watched), failures, retries)
  /** One for each node: what waits to be tried again is known by its operator. */
  const watched = (name: string): Operator => {
    if (cursor === undefined) return operatorOf(name)
    const watcher = watchers.get(name) ?? new WatchedOperator(operatorOf(name), cursor)
    watchers.set(name, watcher)
    return watcher
  }
  // What may have to be given to one operator once more needs that operator.
  const chains = retries === undefined ? codedChains(topology) : new Map<string, CodedChain>()
  const insideChains = new Set<TopologyNode>([...chains.values()].flatMap(({ nodes: [, ...behind] }) => behind))
  const operatorOf = (name: string): Operator => {
    const known = operators.get(name)
    if (known !== undefined) return known
    const made = create(topology.nodes.get(name) as TopologyNode)
    operators.set(name, made)
    return made
  }
  const create = (node: TopologyNode): Operator => {
    if (node.kind === 'sink') return createSink(node, environment)
    const chain = chains.get(node.name)
    if (chain !== undefined) {
      const names = chain.nodes.map(({ name }) => name)
      const enter = cursor === undefined ? unwatched : stepsWatchedBy(cursor, names)
      return new ChainOperator({ ...chain, outlet: outletOf(chain.nodes.at(-1)?.children ?? []), failures, enter })
    }
    if (node.kind === 'processor') {
      const late = lateChildOf(node)
      const outlet = outletOf(node.children.filter((child) => child !== late))
      return createOperator(node, outlet, environment, late === undefined ? undefined : outletOf([late]))
    }
    throw new Error(`${node.name} is a source and cannot be a child`)
  }
  const sources = nodes.filter((node) => node.kind === 'source').map((node) => ({ node, outlet: outletOf(node.children) }))
  const inOrder = nodes.filter((node) => node.kind !== 'source' && !insideChains.has(node)).map(({ name }) => operatorOf(name))
  for (const operator of inOrder) operator.open?.()
  return { sources, operators: inOrder }
}

type CodedChain = Pick<ChainParts, 'nodes' | 'code'>

/** By their first nodes, the chains that the compiler has written a function for, if they are here what they were there. */
function codedChains({ chainCodes = {}, ...topology }: Topology): ReadonlyMap<string, CodedChain> {
  const coded = new Map<string, CodedChain>()
  for (const chain of Object.keys(chainCodes).length === 0 ? [] : chainsOf(topology)) {
    const nodes = chain.map(({ node }) => topology.nodes.get(node) as ProcessorNode)
    const [{ name }] = nodes as [ProcessorNode]
    const code = chainCodes[name]
    if (code?.shape === shapeOf(chain)) coded.set(name, { nodes, code })
  }
  return coded
}

/** The child that gets the late records of a windowed aggregation, and none of its results. */
function lateChildOf({ operator }: ProcessorNode): string | undefined {
  return 'aside' in operator ? operator.aside?.late : undefined
}

/** The nodes from the source that reads a topic to `node`, by the shortest way; only `node` if there is none, as for what no input record set off. */
export function pathTo(topology: Topology, node: string, readsTopic: (source: SourceNode) => boolean): readonly string[] {
  const cameFrom = new Map<string, string | undefined>()
  const next: TopologyNode[] = []
  for (const source of topology.nodes.values()) {
    if (source.kind !== 'source' || !readsTopic(source)) continue
    cameFrom.set(source.name, undefined)
    next.push(source)
  }
  for (let current = next.shift(); current !== undefined && !cameFrom.has(node); current = next.shift()) {
    for (const child of current.kind === 'sink' ? [] : current.children) {
      if (cameFrom.has(child)) continue
      cameFrom.set(child, current.name)
      next.push(topology.nodes.get(child) as TopologyNode)
    }
  }
  const path = [node]
  for (let before = cameFrom.get(node); before !== undefined; before = cameFrom.get(before)) path.unshift(before)
  return path
}

/** Whether a source reads a topic, by its name on the broker. */
export function readsTopic(source: SourceNode, topic: string | undefined, applicationId: string): boolean {
  const { input } = source
  if (topic === undefined) return false
  if (isLocal(input)) return positionTopic(applicationId, source) === topic
  if (input.kind === 'pattern') return matchesTopic(input.pattern, topic)
  return inputTopics(input).some((ref) => topicName(applicationId, ref) === topic)
}
