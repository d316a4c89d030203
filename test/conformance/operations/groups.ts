// Groups, windows, aggregations.

import {
  CogroupedKStream,
  hopping,
  KGroupedTable,
  KTable,
  SessionWindowedCogroupedKStream,
  SessionWindowedKStream,
  session,
  sliding,
  TimeWindowedCogroupedKStream,
  TimeWindowedKStream,
  tumbling,
  unlimited,
} from '../../../framework/index.ts'
import { OperationMissing } from '../vector.ts'
import type { VectorNode } from '../vector-node.ts'
import { serdeOf } from '../vector-serdes.ts'
import { aggregator, initializer, keySelector, merger, reducer, valueMapper } from '../vocabulary.ts'
import {
  type AnyCogroup,
  type CaseBuilder,
  type Grouped,
  given,
  type Made,
  materialized,
  named,
  type Stream,
  serdes,
  type Table,
  type TimeWindowed,
} from './case-builder.ts'

export function groupByKey(build: CaseBuilder, node: VectorNode): Made {
  const { key, value } = build.from(node)
  return { key, value, object: build.streamOf(node).groupByKey({ ...named(node), ...serdes({ key, value }) }) }
}

export function groupBy(build: CaseBuilder, node: VectorNode): Made {
  const { object, key, value } = build.from(node)
  if (object instanceof KTable) {
    const keys = keySelector(given(node, 'key'), key)
    const values = valueMapper(given(node, 'value'), value)
    const types = { key: keys.type, value: values.type }
    const selector = (v: unknown, k: unknown) => [keys.call(k, v), values.call(k, v)] as const
    return { ...types, object: object.groupBy(selector, { ...named(node), ...serdes(types) }) }
  }
  const selector = keySelector(given(node, 'keySelector'), key)
  const options = { ...named(node), ...serdes({ key: selector.type, value }) }
  return { key: selector.type, value, object: (object as Stream).groupBy((v, k) => selector.call(k, v), options) }
}

export function cogroup(build: CaseBuilder, node: VectorNode): Made {
  const [first, ...others] = given(node, 'groups').map(({ from, adder }) => {
    const add = aggregator(adder)
    return { ...build.get(from), adder: (aggregate: unknown, v: unknown, k: unknown) => add(k, v, aggregate) }
  })
  if (first === undefined) throw new Error(`the cogroup ${node.id} has no groups`)
  const begun = (first.object as Grouped).cogroup(first.adder)
  const object = others.reduce((cogrouped, other) => cogrouped.cogroup(other.object as Grouped, other.adder), begun)
  return { key: first.key, value: first.value, object }
}

function cogroupAggregation(build: CaseBuilder, node: VectorNode, object: AnyCogroup): Made {
  const { key } = build.from(node)
  const initial = initializer(given(node, 'initializer'))
  const options = { ...named(node), store: {}, ...materialized(node), value: serdeOf(initial.type) as never }
  const start = () => initial.call
  if (!(object instanceof SessionWindowedCogroupedKStream))
    return { key, value: initial.type, object: object.aggregate(start, options) as Table }
  const merge = merger(given(node, 'merger'))
  const table = object.aggregate(start, (left: unknown, right: unknown, k: unknown) => merge(k, left, right), options)
  return { key, value: initial.type, object: table as Table }
}

export function windowedBy(build: CaseBuilder, node: VectorNode): Made {
  const { object, key, value } = build.from(node)
  // Both kinds of groups are cut in the same way; only one of them knows of emit strategies.
  const group = object as Grouped
  const window = given(node, 'window')
  const { sizeMs = 0, advanceMs = 0, differenceMs = 0, gapMs = 0, graceMs: grace = 0, startMs: start = 0 } = window
  const options = { emit: node.emit === 'onWindowClose' ? 'final' : 'updates' } as const
  const timeKey = { timeWindowed: key, sizeMs: sizeMs === 0 ? differenceMs : sizeMs }
  switch (window.type) {
    case 'tumbling':
      return { key: timeKey, value, object: group.windowedBy(tumbling(sizeMs, { grace }), options) }
    case 'hopping':
      return { key: timeKey, value, object: group.windowedBy(hopping(sizeMs, { advance: advanceMs, grace }), options) }
    case 'sliding':
      return { key: timeKey, value, object: group.windowedBy(sliding(differenceMs, { grace }), options) }
    case 'session':
      return { key: { sessionWindowed: key }, value, object: group.windowedBy(session(gapMs, { grace }), options) }
    case 'unlimited':
      return { key: { timeWindowed: key, sizeMs: Infinity }, value, object: group.windowedBy(unlimited({ start }), options) }
    default:
      throw new OperationMissing(`${window.type} windows`)
  }
}

export function aggregation(build: CaseBuilder, node: VectorNode, op: 'count' | 'reduce' | 'aggregate'): Made {
  const { object, key, value } = build.from(node)
  // The store option is always there: the JVM always gets a Materialized with the serdes.
  const options = { ...named(node), store: {}, ...materialized(node) }
  if (isCogroup(object)) return cogroupAggregation(build, node, object)
  if (object instanceof KGroupedTable) return tableAggregation(build, node, op, object)
  const group = object as Grouped | TimeWindowed | SessionWindowedKStream<unknown, unknown>
  if (op === 'count') return { key, value: 'long', object: group.count(options) as Table }
  if (op === 'reduce') return { key, value, object: group.reduce(reducer(given(node, 'reducer')), options) as Table }
  const initial = initializer(given(node, 'initializer'))
  const add = aggregator(given(node, 'adder'))
  const adder = (aggregate: unknown, v: unknown, k: unknown) => add(k, v, aggregate)
  if (group instanceof SessionWindowedKStream) {
    const merge = merger(given(node, 'merger'))
    const mergeSessions = (left: unknown, right: unknown, k: unknown) => merge(k, left, right)
    const object = group.aggregate(() => initial.call, adder, mergeSessions, { ...options, value: serdeOf(initial.type) as never })
    return { key, value: initial.type, object: object as Table }
  }
  const folding = [() => initial.call, adder, { ...options, value: serdeOf(initial.type) as never }] as const
  const table = group instanceof TimeWindowedKStream ? group.aggregate(...folding) : group.aggregate(...folding)
  return { key, value: initial.type, object: table as Table }
}

function tableAggregation(
  build: CaseBuilder,
  node: VectorNode,
  op: 'count' | 'reduce' | 'aggregate',
  group: KGroupedTable<unknown, unknown>,
): Made {
  const { key, value } = build.from(node)
  const options = { ...named(node), store: {}, ...materialized(node) }
  if (op === 'count') return { key, value: 'long', object: group.count(options) as Table }
  if (op === 'reduce') {
    const object = group.reduce(reducer(given(node, 'reducer')), reducer(given(node, 'subtractor')), options)
    return { key, value, object: object as Table }
  }
  const initial = initializer(given(node, 'initializer'))
  const [add, subtract] = [aggregator(given(node, 'adder')), aggregator(given(node, 'subtractor'))]
  const object = group.aggregate(
    () => initial.call,
    (aggregate: unknown, v, k) => add(k, v, aggregate),
    (aggregate: unknown, v, k) => subtract(k, v, aggregate),
    { ...options, value: serdeOf(initial.type) as never },
  )
  return { key, value: initial.type, object: object as Table }
}

function isCogroup(object: unknown): object is AnyCogroup {
  const kinds = [CogroupedKStream, TimeWindowedCogroupedKStream, SessionWindowedCogroupedKStream]
  return kinds.some((kind) => object instanceof kind)
}
