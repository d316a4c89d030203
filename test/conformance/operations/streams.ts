// Operators of streams that keep no state.

import type { VectorNode } from '../vector-node.ts'
import { flatMapper, flatValueMapper, keySelector, predicate, topicExtractor, valueMapper } from '../vocabulary.ts'
import { type CaseBuilder, given, type Made, named, type Stream, serdes } from './case-builder.ts'

export function map(build: CaseBuilder, node: VectorNode): Made {
  const { key, value } = build.from(node)
  const keys = keySelector(given(node, 'key'), key)
  const values = valueMapper(given(node, 'value'), value)
  const object = build.streamOf(node).map((v, k) => [keys.call(k, v), values.call(k, v)], named(node))
  return { key: keys.type, value: values.type, object }
}

export function selectKey(build: CaseBuilder, node: VectorNode): Made {
  const { key, value } = build.from(node)
  const selector = keySelector(given(node, 'keySelector'), key)
  return { key: selector.type, value, object: build.streamOf(node).selectKey((v, k) => selector.call(k, v), named(node)) }
}

export function flatMap(build: CaseBuilder, node: VectorNode): Made {
  const { key, value } = build.from(node)
  const mapper = flatMapper(given(node, 'mapper'), key)
  return { key: mapper.type, value, object: build.streamOf(node).flatMap((v, k) => mapper.call(k, v), named(node)) }
}

export function flatMapValues(build: CaseBuilder, node: VectorNode): Made {
  const { key, value } = build.from(node)
  const mapper = flatValueMapper(given(node, 'mapper'), value)
  return { key, value: mapper.type, object: build.streamOf(node).flatMapValues((v) => mapper.call(v), named(node)) }
}

export function split(build: CaseBuilder, node: VectorNode): undefined {
  const { key, value } = build.from(node)
  const branches = node.branches ?? []
  const branched = build.streamOf(node).split(named(node))
  for (const branch of branches) {
    const test = predicate(branch.predicate ?? { fn: 'never' })
    branched.branch((v, k) => test(k, v), named(branch))
  }
  const streams: readonly Stream[] = node.default === undefined ? branched.noDefaultBranch() : branched.defaultBranch(named(node.default))
  const ids = [...branches, ...(node.default === undefined ? [] : [node.default])].map(({ id }) => id)
  for (const [i, object] of streams.entries()) build.made.set(ids[i]!, { key, value, object })
}

export function repartition(build: CaseBuilder, node: VectorNode): Made {
  const { key, value } = build.from(node)
  const { partitions } = node
  const options = { ...named(node), ...serdes({ key, value }), ...(partitions === undefined ? {} : { partitions }) }
  return { key, value, object: build.streamOf(node).repartition(options) }
}

export function to(build: CaseBuilder, node: VectorNode): undefined {
  const { key, value } = build.from(node)
  if (node.topicExtractor !== undefined) {
    const { fn } = node.topicExtractor
    const extract = topicExtractor(node.topicExtractor)
    // describe() shows the function's name.
    const chooser = { [fn]: (v: unknown, k: unknown) => extract(k, v) }[fn]!
    build.streamOf(node).to(chooser, { ...named(node), ...serdes({ key, value }) })
    return
  }
  const topic = String(node.topic)
  if (!build.topics.has(topic)) build.topics.set(topic, { key, value })
  build.streamOf(node).to(topic, { ...named(node), ...serdes({ key, value }) })
}
