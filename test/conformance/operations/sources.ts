// Sources and stores.

import type { TimestampOf } from '../../../framework/index.ts'
import { OperationMissing } from '../vector.ts'
import type { VectorNode, VectorStore } from '../vector-node.ts'
import { vocabularyProcessor } from '../vocabulary-processors.ts'
import { type CaseBuilder, given, type Made, materialized, named, serdes } from './case-builder.ts'

export function stream(build: CaseBuilder, node: VectorNode): Made {
  const topics = node.topics ?? []
  const types = build.typesOf(topics[0])
  const options = { ...named(node), ...serdes(types), ...timestamps(node) }
  return { ...types, object: build.builder.stream<unknown, unknown>(inputOf(node), options) }
}

/** With a pattern the topics only say of which types its topics are. */
export function inputOf({ topics = [], pattern }: VectorNode): readonly string[] | RegExp {
  return pattern === undefined ? topics : new RegExp(pattern)
}

export function table(build: CaseBuilder, node: VectorNode): Made {
  const topic = String(node.topic)
  const types = build.typesOf(topic)
  return { ...types, object: build.builder.table<unknown, unknown>(topic, { ...named(node), ...serdes(types), ...materialized(node) }) }
}

export function globalTable(build: CaseBuilder, node: VectorNode): Made {
  const topic = String(node.topic)
  const types = build.typesOf(topic)
  return {
    ...types,
    object: build.builder.globalTable<unknown, unknown>(topic, { ...named(node), ...serdes(types), ...materialized(node) }),
  }
}

export function addGlobalStore(build: CaseBuilder, node: VectorNode): undefined {
  const { name = '', kind } = given(node, 'store')
  const topic = String(node.topic)
  const processor = given(node, 'processor')
  const options = {
    ...serdes(build.typesOf(topic)),
    persistent: kind !== 'memory',
    ...(node.name === undefined ? {} : { processorName: node.name }),
  }
  build.builder.addGlobalStore<unknown, unknown>(name, topic, () => vocabularyProcessor(processor, name), options)
}

export function addStore(build: CaseBuilder, { store = {} }: VectorNode): undefined {
  const { name, key, value, kind, logging, caching } = store
  const options = {
    ...serdes({ key: key ?? 'string', value: value ?? 'string' }),
    persistent: kind !== 'memory',
    ...(logging === undefined ? {} : { logging }),
    ...(caching === undefined ? {} : { caching }),
  }
  build.builder.addStore(String(name), { ...options, ...storeShape(store) })
}

function timestamps({ timestampExtractor }: VectorNode): { timestamp?: TimestampOf<unknown, unknown> } {
  if (timestampExtractor === undefined) return {}
  if (timestampExtractor.fn !== 'valueAsTimestamp') throw new Error(`the vocabulary has no timestamp extractor ${timestampExtractor.fn}`)
  return { timestamp: ({ value }, partitionTimeMs) => (value === null || value === undefined ? partitionTimeMs : Number(value)) }
}

function storeShape({ type, historyRetentionMs = 0, retentionMs = 0, windowSizeMs = 0, retainDuplicates = false }: VectorStore) {
  switch (type) {
    case 'keyValue':
    case 'timestampedKeyValue':
      return { type } as const
    case 'window':
      return { type, retention: retentionMs, windowSize: windowSizeMs, retainDuplicates } as const
    case 'versioned':
      return { type, historyRetention: historyRetentionMs } as const
    case 'session':
      return { type, retention: retentionMs } as const
    default:
      throw new OperationMissing(`a store of type ${type}`)
  }
}
