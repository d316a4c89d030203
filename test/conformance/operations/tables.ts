// Operators of tables, and those that streams and tables share.

import { KTable } from '../../../framework/index.ts'
import type { VectorNode } from '../vector-node.ts'
import { serdeOf } from '../vector-serdes.ts'
import { keySelector, predicate, valueMapper } from '../vocabulary.ts'
import { type CaseBuilder, given, type Made, materialized, named, type Stream, serdes, type Table } from './case-builder.ts'

export function filter(build: CaseBuilder, node: VectorNode, op: 'filter' | 'filterNot'): Made {
  const { object, key, value } = build.from(node)
  const test = predicate(given(node, 'predicate'))
  const keeps = (v: unknown, k: unknown) => test(k, v)
  if (object instanceof KTable) return { key, value, object: object[op](keeps, { ...named(node), ...materialized(node) }) }
  return { key, value, object: (object as Stream)[op](keeps, named(node)) }
}

export function mapValues(build: CaseBuilder, node: VectorNode): Made {
  const { object, key, value } = build.from(node)
  const mapper = valueMapper(given(node, 'mapper'), value)
  const map = (v: unknown, k: unknown) => mapper.call(k, v)
  if (object instanceof KTable) {
    const options = { ...named(node), ...materialized(node), value: serdeOf(mapper.type) as never }
    return { key, value: mapper.type, object: object.mapValues(map, options) as Table }
  }
  return { key, value: mapper.type, object: (object as Stream).mapValues(map, named(node)) }
}

export function transformValues(build: CaseBuilder, node: VectorNode): Made {
  const { object, key, value } = build.from(node)
  const mapper = valueMapper(given(node, 'mapper'), value)
  const options = { ...named(node), ...materialized(node), value: serdeOf(mapper.type) as never }
  return { key, value: mapper.type, object: (object as Table).transformValues((v, k) => mapper.call(k, v), options) }
}

export function toStream(build: CaseBuilder, node: VectorNode): Made {
  const { object, key, value } = build.from(node)
  const table = object as Table
  if (node.keySelector === undefined) return { key, value, object: table.toStream(named(node)) }
  const selector = keySelector(node.keySelector, key)
  return { key: selector.type, value, object: table.toStream((v, k) => selector.call(k, v), named(node)) }
}

export function toTable(build: CaseBuilder, node: VectorNode): Made {
  const { key, value } = build.from(node)
  const options = { ...named(node), ...materialized(node), ...serdes({ key, value }) }
  return { key, value, object: build.streamOf(node).toTable(options) as Table }
}

export function suppress(build: CaseBuilder, node: VectorNode): Made {
  const { object, key, value } = build.from(node)
  const { maxRecords, maxBytes, onFull, logging } = node.buffer ?? {}
  const until = node.until === 'windowCloses' ? 'windowCloses' : (node.waitMs ?? 0)
  const bounded = maxRecords !== undefined || maxBytes !== undefined
  const suppressed = (object as Table).suppress({
    ...named(node),
    until,
    ...(maxRecords === undefined ? {} : { recordsMax: maxRecords }),
    ...(maxBytes === undefined ? {} : { bytesMax: maxBytes }),
    // The JVM's final results are always of a buffer that shuts down when it is full.
    ...(bounded && until !== 'windowCloses' ? { whenFull: onFull === 'shutDown' ? 'shutDown' : 'emitEarly' } : {}),
    ...(bounded && logging !== undefined ? { logging } : {}),
  })
  return { key, value, object: suppressed }
}
