// The join of two tables by a foreign key: rows of the left table subscribe, over a topic, to rows of the right one, wherever those are, and are answered
// over a second topic. Kafka Streams: KTableImpl.doJoinOnForeignKey (KIP-213).

import { givesVersioned, type LogicalGraph, LogicalNode, type NodeTraits, type NodeWork } from '../graph/logical-graph.ts'
import type { Callback, Joiner, OperatorSpec, StoreSpec } from '../graph/operator-spec.ts'
import { type SourceTable, sendOldValues, storesOf, viewOf } from '../graph/table-state.ts'
import type { PartitionerSpec } from '../graph/topology.ts'
import { bytes } from '../serdes/serdes.ts'
import { type SubscriptionResponse, subscription, subscriptionResponse } from '../serdes/subscription.ts'
import { type AnySerde, requireSerde, type TableFlow } from './flow.ts'
import { changelogOf, isVersioned, nameStore, rowStore } from './materialize.ts'
import type { ForeignKeyJoinOptions } from './options.ts'

type Options = ForeignKeyJoinOptions<unknown, unknown, unknown, unknown, unknown>
type ForeignKey = Callback<unknown>

export function joinByForeignKey(
  left: TableFlow,
  right: TableFlow,
  foreignKey: ForeignKey,
  joiner: Joiner,
  isLeft: boolean,
  options: Options,
): TableFlow {
  const { graph } = left
  sendOldValues(right.state, true)
  sendOldValues(left.state, true)
  const names = foreignKeyNames(graph, options.name)
  const serdes = serdesOf(left, right, names.result, options)
  const { leftKey, leftValue, rightKey, rightValue } = serdes
  const subscriptions = subscription(leftKey) as AnySerde
  const answers = subscriptionResponse(rightValue) as AnySerde

  const subscribe = () =>
    ({
      kind: 'foreignKeySubscribe',
      versioned: givesVersioned(left.node),
      left: isLeft,
      foreignKey,
      foreignKeySerde: rightKey,
      valueSerde: leftValue,
    }) as const
  const subscriber = attach(graph, [left.node], names.subscriber, processor(subscribe))
  const out = {
    kind: 'internalSink',
    topic: names.subscriptionTopic,
    key: rightKey,
    value: subscriptions,
    partitioner: byKey(options.otherPartitioner),
  } as const
  const subscriptionSink = attach(graph, [subscriber], names.subscriptionSink, out)
  const back = { kind: 'internalSource', topic: names.subscriptionTopic, key: rightKey, value: subscriptions } as const
  const subscriptionSource = attach(graph, [subscriptionSink], names.subscriptionSource, back)
  graph.coPartitioned.push(new Set([...right.sources, subscriptionSource.name]))

  const store: StoreSpec = {
    name: names.store,
    kind: 'subscriptions',
    // Combined keys, which only the operators can take apart.
    key: bytes() as AnySerde,
    value: subscriptions,
    persistent: true,
    caching: false,
    changelog: changelogOf(names.store, true, { 'cleanup.policy': 'compact' }),
  }
  attach(graph, [graph.root], names.store, { kind: 'store', store })
  const both = { store: store.name, foreignKeySerde: rightKey, primaryKeySerde: leftKey }
  const receive = { kind: 'foreignKeyReceive', ...both } as const
  const receiver = attach(graph, [subscriptionSource], names.receiver, processor(receive, [store.name]))
  const rightView = viewOf(right.state)
  const answer = { kind: 'foreignKeyLookup', foreign: rightView } as const
  const answerer = attach(graph, [receiver], names.answerer, processor(answer, storesOf(rightView)))
  const publish = () => ({ kind: 'foreignKeyNotify', versioned: givesVersioned(right.node), ...both }) as const
  const publisher = attach(graph, [right.node], names.publisher, processor(publish, [store.name]))

  const answersOut = {
    kind: 'internalSink',
    topic: names.answerTopic,
    key: leftKey,
    value: answers,
    partitioner: byKey(options.partitioner) ?? partitionOfAnswer,
  } as const
  const answerSink = attach(graph, [answerer, publisher], names.answerSink, answersOut)
  const answersBack = { kind: 'internalSource', topic: names.answerTopic, key: leftKey, value: answers } as const
  const answerSource = attach(graph, [answerSink], names.answerSource, answersBack)
  const sources = new Set([...left.sources, answerSource.name])
  graph.coPartitioned.push(sources)
  const leftView = viewOf(left.state)
  const resolve = { kind: 'foreignKeyResolve', left: isLeft, joiner, primary: leftView, valueSerde: leftValue } as const
  const resolver = attach(graph, [answerSource], names.resolver, processor(resolve, storesOf(leftView)))
  return resultTable(left, resolver, names.result, sources, leftKey, options)
}

/** Answers go where their question came from. */
function partitionOfAnswer(answer: unknown): number | undefined {
  return (answer as SubscriptionResponse<unknown>).primaryPartition
}

/** Of what travels between the tables only the key is known to the partitioner of the table that it goes to. */
function byKey(partitioner: Options['partitioner']): PartitionerSpec | null {
  return partitioner === undefined ? null : (_value, key, partitions, topic) => partitioner(key, partitions, topic)
}

function processor(operator: OperatorSpec | (() => OperatorSpec), connects: readonly string[] = []): NodeWork {
  return { kind: 'processor', operator: typeof operator === 'function' ? operator : () => operator, store: () => null, connects }
}

function attach(graph: LogicalGraph, parents: readonly LogicalNode[], name: string, work: NodeWork, traits: NodeTraits = {}): LogicalNode {
  const node = new LogicalNode(name, work, traits)
  for (const parent of parents) graph.add(parent, node)
  return node
}

function resultTable(
  left: TableFlow,
  resolver: LogicalNode,
  name: string,
  sources: ReadonlySet<string>,
  key: AnySerde,
  options: Options,
): TableFlow {
  const { graph } = left
  const named = nameStore(graph, options.store, options.name, 'KTABLE-FK-JOIN-OUTPUT-')
  const value = options.value as AnySerde | undefined
  const state: SourceTable = {
    kind: 'source',
    store: named.name,
    queryable: named.queryable,
    materialized: named.queryable,
    sendsOldValues: false,
  }
  const store = () => (state.materialized ? rowStore(named, key, requireSerde(left, name, 'value', value)) : null)
  const operator = () =>
    ({ kind: 'tableSource', store: state.materialized ? state.store : null, sendsOldValues: state.sendsOldValues }) as const
  const node = attach(
    graph,
    [resolver],
    name,
    { kind: 'processor', operator, store, connects: [] },
    { versioned: isVersioned(options.store) },
  )
  return { ...left, name, node, value: value ?? null, sources, state }
}

function serdesOf(left: TableFlow, right: TableFlow, name: string, options: Options) {
  return {
    leftKey: requireSerde(left, name, 'key', options.key, left.key),
    leftValue: requireSerde(left, name, 'value', options.thisValue, left.value),
    rightKey: requireSerde(left, name, 'key', options.otherKey, right.key),
    rightValue: requireSerde(left, name, 'value', options.otherValue, right.value),
  }
}

/** In the order in which Kafka Streams makes them. */
function foreignKeyNames({ names }: LogicalGraph, given: string | undefined) {
  const name = (suffix: string, prefix: string) => names.suffixedOrGenerated(given, suffix, `KTABLE-${prefix}`)
  const join = (suffix: string, prefix: string) => name(suffix, `FK-JOIN-${prefix}`)
  return {
    subscriptionTopic: `${join('-subscription-registration', 'SUBSCRIPTION-REGISTRATION-')}-topic`,
    subscriber: join('-subscription-registration-processor', 'SUBSCRIPTION-REGISTRATION-'),
    subscriptionSink: name('-subscription-registration-sink', 'SINK-'),
    subscriptionSource: name('-subscription-registration-source', 'SOURCE-'),
    store: join('-subscription-store', 'SUBSCRIPTION-STATE-STORE-'),
    receiver: join('-subscription-receive', 'SUBSCRIPTION-PROCESSOR-'),
    answerer: join('-subscription-join-foreign', 'SUBSCRIPTION-PROCESSOR-'),
    publisher: join('-foreign-join-subscription', 'SUBSCRIPTION-PROCESSOR-'),
    answerTopic: `${join('-subscription-response', 'SUBSCRIPTION-RESPONSE-')}-topic`,
    answerSink: name('-subscription-response-sink', 'SINK-'),
    answerSource: name('-subscription-response-source', 'SOURCE-'),
    resolver: join('-subscription-response-resolver', 'SUBSCRIPTION-RESPONSE-RESOLVER-PROCESSOR-'),
    result: join('-result', 'OUTPUT-'),
  }
}
