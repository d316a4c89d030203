// Where a stream is written to a topic. Kafka Streams: KStreamImpl.to.

import { LogicalNode } from '../graph/logical-graph.ts'
import type { Callback } from '../graph/operator-spec.ts'
import { requireSerde, type StreamFlow } from './flow.ts'
import type { ToOptions } from './options.ts'

export function addSink(flow: StreamFlow, topic: string | Callback<string>, options: ToOptions<unknown, unknown>): void {
  const { graph, node } = flow
  const name = graph.names.orGenerated(options.name, 'KSTREAM-SINK-')
  const key = requireSerde(flow, name, 'key', options.key, flow.key)
  const value = requireSerde(flow, name, 'value', options.value, flow.value)
  graph.add(node, new LogicalNode(name, { kind: 'sink', key, value, ...sinkTarget(topic, options) }))
}

/** Where the records of a sink go. */
export function sinkTarget(topic: string | Callback<string>, { partitioner }: ToOptions<unknown, unknown>) {
  const target = typeof topic === 'string' ? { topic } : { topic: topic.name || 'a function', topicOf: topic }
  return { ...target, ...(partitioner === undefined ? {} : { partitioner }) }
}
