// Joins.

import { type GlobalKTable, type JoinWindow, within } from '../../../framework/index.ts'
import type { VectorNode, VectorWindow } from '../vector-node.ts'
import { serdeOf } from '../vector-serdes.ts'
import { foreignKey, joiner, keySelector } from '../vocabulary.ts'
import { type CaseBuilder, given, type Made, materialized, named, type Stream, serdes, type Table } from './case-builder.ts'

export function tableTableJoin(build: CaseBuilder, node: VectorNode): Made {
  const { object, key, value } = build.from(node)
  const other = build.other(node)
  const f = joiner(given(node, 'joiner'), value, other.value)
  const options = { ...named(node), ...materialized(node), value: serdeOf(f.type) as never }
  const join = (left: unknown, right: unknown, k: unknown) => f.call(k, left, right)
  const table = object as Table
  const call = [other.object as Table, join, options] as const
  const joined = node.type === 'left' ? table.leftJoin(...call) : node.type === 'outer' ? table.outerJoin(...call) : table.join(...call)
  return { key, value: f.type, object: joined }
}

export function foreignKeyJoin(build: CaseBuilder, node: VectorNode): Made {
  const { object, key, value } = build.from(node)
  const other = build.other(node)
  const f = joiner(given(node, 'joiner'), value, other.value)
  const extract = foreignKey(given(node, 'foreignKey'))
  const options = {
    ...named(node),
    store: {},
    ...materialized(node),
    key: serdeOf(key) as never,
    thisValue: serdeOf(value) as never,
    otherKey: serdeOf(other.key) as never,
    otherValue: serdeOf(other.value) as never,
    value: serdeOf(f.type) as never,
  }
  const table = object as Table
  const keyOf = (v: unknown, k: unknown) => extract(k, v)
  const join = (left: unknown, right: unknown) => f.call(null, left, right)
  const call = [other.object as Table, keyOf, join, options] as const
  return { key, value: f.type, object: node.type === 'left' ? table.leftJoin(...call) : table.join(...call) }
}

export function streamGlobalTableJoin(build: CaseBuilder, node: VectorNode): Made {
  const { key, value } = build.from(node)
  const other = build.other(node)
  const selector = keySelector(given(node, 'keySelector'), key)
  const f = joiner(given(node, 'joiner'), value, other.value)
  const select = (v: unknown, k: unknown) => selector.call(k, v)
  const join = (left: unknown, right: unknown, k: unknown) => f.call(k, left, right)
  const call = [other.object as GlobalKTable<unknown, unknown>, select, join, named(node)] as const
  const stream = build.streamOf(node)
  return { key, value: f.type, object: node.type === 'left' ? stream.leftJoin(...call) : stream.join(...call) }
}

export function streamStreamJoin(build: CaseBuilder, node: VectorNode): Made {
  const { key, value } = build.from(node)
  const other = build.other(node)
  const f = joiner(given(node, 'joiner'), value, other.value)
  const stream = build.streamOf(node)
  const options = { ...named(node), ...serdes({ key, value }), otherValue: serdeOf(other.value) as never, ...materialized(node) }
  const join = (left: unknown, right: unknown, k: unknown) => f.call(k, left, right)
  const window = joinWindowOf(given(node, 'window'))
  const call = [other.object as Stream, join, window, options] as const
  const object = node.type === 'outer' ? stream.outerJoin(...call) : node.type === 'left' ? stream.leftJoin(...call) : stream.join(...call)
  return { key, value: f.type, object }
}

export function streamTableJoin(build: CaseBuilder, node: VectorNode): Made {
  const { key, value } = build.from(node)
  const table = build.other(node)
  const f = joiner(given(node, 'joiner'), value, table.value)
  const stream = build.streamOf(node)
  const join = (left: unknown, right: unknown, k: unknown) => f.call(k, left, right)
  const grace = node.graceMs === undefined ? {} : { grace: node.graceMs }
  const call = [table.object as Table, join, { ...named(node), ...serdes({ key, value }), ...grace }] as const
  const object = node.type === 'left' ? stream.leftJoin(...call) : stream.join(...call)
  return { key, value: f.type, object }
}

function joinWindowOf({ differenceMs, beforeMs, afterMs, graceMs = 0 }: VectorWindow): JoinWindow {
  const difference = differenceMs ?? Math.max(Math.abs(beforeMs ?? 0), Math.abs(afterMs ?? 0))
  return within(difference, {
    grace: graceMs,
    ...(beforeMs === undefined ? {} : { before: beforeMs }),
    ...(afterMs === undefined ? {} : { after: afterMs }),
  })
}
