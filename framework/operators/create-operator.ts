// From the data of a node to its running operator: the one switch over the kinds.

import type { ProcessorNode, SinkNode } from '../graph/topology.ts'
import type { Operator, Outlet } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'
import { Sink } from './sink.ts'
import { Branch, Filter, FlatMapPairs, FlatMapValues, MapPairs, MapValues, Pass, Peek, Print, SelectKey } from './stream-operators.ts'

export function createOperator(node: ProcessorNode, outlet: Outlet, environment: OperatorEnvironment): Operator {
  const { name, operator } = node
  switch (operator.kind) {
    case 'pass':
      return new Pass(name, outlet)
    case 'filter':
      return new Filter(name, outlet, operator.predicate, operator.negate)
    case 'map':
      return new MapPairs(name, outlet, operator.mapper)
    case 'mapValues':
      return new MapValues(name, outlet, operator.mapper)
    case 'selectKey':
      return new SelectKey(name, outlet, operator.selector)
    case 'flatMap':
      return new FlatMapPairs(name, outlet, operator.mapper)
    case 'flatMapValues':
      return new FlatMapValues(name, outlet, operator.mapper)
    case 'peek':
      return new Peek(name, outlet, operator.action)
    case 'print':
      return new Print(name, outlet, operator.label, environment.print)
    case 'branch':
      return new Branch(name, outlet, operator.branches)
    default:
      throw new Error(`no operator of kind ${operator.kind}`)
  }
}

export function createSink(node: SinkNode, environment: OperatorEnvironment): Operator {
  return new Sink(node, environment)
}
