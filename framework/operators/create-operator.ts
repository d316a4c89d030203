// From the data of a node to its running operator: the one switch over the kinds.

import type { ProcessorNode, SinkNode } from '../graph/topology.ts'
import { Aggregate } from './aggregate.ts'
import { CountPaneAggregate } from './count-pane-aggregate.ts'
import { CountWindowAggregate } from './count-window-aggregate.ts'
import { ForeignKeyLookup, ForeignKeyNotify, ForeignKeyReceive, ForeignKeyResolve, ForeignKeySubscribe } from './foreign-key-join.ts'
import { GlobalWindowAggregate } from './global-window-aggregate.ts'
import { KeyedProcess } from './keyed-process.ts'
import { LookupJoin } from './lookup-join.ts'
import { MapAsync } from './map-async.ts'
import type { Operator, Outlet } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'
import { Process } from './process.ts'
import { SessionAggregate } from './session-aggregate.ts'
import { Sink } from './sink.ts'
import { SinkTo } from './sink-to.ts'
import { SlidingAggregate } from './sliding-aggregate.ts'
import { Branch, Filter, FlatMapPairs, FlatMapValues, MapPairs, MapValues, Pass, Peek, Print, SelectKey } from './stream-operators.ts'
import { JoinWindowKeeper, StreamSelfJoin, StreamStreamJoin } from './stream-stream-join.ts'
import { StreamGlobalTableJoin, StreamTableJoin } from './stream-table-join.ts'
import { Suppress } from './suppress.ts'
import { TableAggregate, TableGroupBy } from './table-aggregate.ts'
import { TableJoinMerge, TableTableJoin } from './table-join.ts'
import { TableFilter, TableMapValues, TableSource, ToStream } from './table-operators.ts'
import { WindowAggregate } from './window-aggregate.ts'

/** `late`: the way of late records, of windowed aggregations that send them on. */
export function createOperator(node: ProcessorNode, outlet: Outlet, environment: OperatorEnvironment, late?: Outlet): Operator {
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
      return new Print(name, outlet, operator, environment.print)
    case 'sinkTo':
      return new SinkTo(name, environment)
    case 'branch':
      return new Branch(name, outlet, operator.branches)
    case 'process':
      return new Process(name, outlet, { ...operator, stores: node.stores, fixedKey: false }, environment)
    case 'processValues':
      return new Process(name, outlet, { ...operator, stores: node.stores, fixedKey: true }, environment)
    case 'mapAsync':
      return new MapAsync(name, outlet, operator, environment)
    case 'lookupJoin':
      return new LookupJoin(name, outlet, operator, environment)
    case 'keyedProcess':
      return new KeyedProcess(name, outlet, operator, environment)
    case 'aggregate':
      return new Aggregate(name, outlet, operator, environment)
    case 'windowAggregate':
      return new WindowAggregate(name, { results: outlet, late }, operator, environment)
    case 'countWindowAggregate':
      return operator.panes === undefined
        ? new CountWindowAggregate(name, outlet, operator, environment)
        : new CountPaneAggregate(name, outlet, { ...operator, panes: operator.panes }, environment)
    case 'globalWindowAggregate':
      return new GlobalWindowAggregate(name, outlet, operator, environment)
    case 'tableSource':
      return new TableSource(name, outlet, operator, environment)
    case 'tableFilter':
      return new TableFilter(name, outlet, operator, environment)
    case 'tableMapValues':
      return new TableMapValues(name, outlet, { ...operator, seesNull: false }, environment)
    case 'tableTransformValues':
      return new TableMapValues(name, outlet, { ...operator, seesNull: true }, environment)
    case 'tableGroupBy':
      return new TableGroupBy(name, outlet, operator)
    case 'tableAggregate':
      return new TableAggregate(name, outlet, operator, environment)
    case 'tableTableJoin':
      return new TableTableJoin(name, outlet, operator, environment)
    case 'tableJoinMerge':
      return new TableJoinMerge(name, outlet, operator, environment)
    case 'toStream':
      return new ToStream(name, outlet)
    case 'streamTableJoin':
      return new StreamTableJoin(name, outlet, operator, environment)
    case 'streamGlobalTableJoin':
      return new StreamGlobalTableJoin(name, outlet, operator, environment)
    case 'foreignKeySubscribe':
      return new ForeignKeySubscribe(name, outlet, operator, environment)
    case 'foreignKeyReceive':
      return new ForeignKeyReceive(name, outlet, operator, environment)
    case 'foreignKeyLookup':
      return new ForeignKeyLookup(name, outlet, operator, environment)
    case 'foreignKeyNotify':
      return new ForeignKeyNotify(name, outlet, operator, environment)
    case 'foreignKeyResolve':
      return new ForeignKeyResolve(name, outlet, operator, environment)
    case 'slidingAggregate':
      return new SlidingAggregate(name, { results: outlet, late }, operator, environment)
    case 'sessionAggregate':
      return new SessionAggregate(name, { results: outlet, late }, operator, environment)
    case 'suppress':
      return new Suppress(name, outlet, operator, environment)
    case 'joinWindow':
      return new JoinWindowKeeper(name, outlet, operator, environment)
    case 'streamStreamJoin':
      return new StreamStreamJoin(name, outlet, operator, environment)
    case 'streamSelfJoin':
      return new StreamSelfJoin(name, outlet, operator, environment)
  }
}

export function createSink(node: SinkNode, environment: OperatorEnvironment): Operator {
  return new Sink(node, environment)
}
