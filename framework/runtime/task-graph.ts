// The running operators of a task: one for each node of its sub-topologies, each with its way on to its children.

import type { SourceNode, Topology, TopologyNode } from '../graph/topology.ts'
import { createOperator, createSink } from '../operators/create-operator.ts'
import { type Operator, Outlet } from '../operators/operator.ts'
import type { OperatorEnvironment } from '../operators/operator-environment.ts'

export interface TaskGraph {
  /** Each source with the way to its children. */
  readonly sources: readonly { readonly node: SourceNode; readonly outlet: Outlet }[]
  readonly operators: readonly Operator[]
}

export function buildTaskGraph(topology: Topology, subTopologies: readonly number[], environment: OperatorEnvironment): TaskGraph {
  const names = new Set(topology.subTopologies.filter(({ id }) => subTopologies.includes(id)).flatMap(({ nodes }) => nodes))
  // In the order of addition, in which Kafka Streams starts processors too: the order of equal punctuations depends on it.
  const nodes = [...topology.nodes.values()].filter(({ name }) => names.has(name))
  const operators = new Map<string, Operator>()
  const outletOf = (children: readonly string[]): Outlet => new Outlet(children.map(operatorOf), environment.failures)
  const operatorOf = (name: string): Operator => {
    const known = operators.get(name)
    if (known !== undefined) return known
    const made = create(topology.nodes.get(name) as TopologyNode)
    operators.set(name, made)
    return made
  }
  const create = (node: TopologyNode): Operator => {
    if (node.kind === 'sink') return createSink(node, environment)
    if (node.kind === 'processor') return createOperator(node, outletOf(node.children), environment)
    throw new Error(`${node.name} is a source and cannot be a child`)
  }
  const sources = nodes.filter((node) => node.kind === 'source').map((node) => ({ node, outlet: outletOf(node.children) }))
  const inOrder = nodes.filter((node) => node.kind !== 'source').map(({ name }) => operatorOf(name))
  for (const operator of inOrder) operator.open?.()
  return { sources, operators: inOrder }
}
