// What all operations of a case need: the dsl's builder, what has been made so far, and the author's words turned into options.

import {
  type CogroupedKStream,
  type CountWindowedKStream,
  type GlobalKTable,
  type KGroupedStream,
  type KGroupedTable,
  KStream,
  type KTable,
  type SessionWindowedCogroupedKStream,
  type SessionWindowedKStream,
  type StoreOptions,
  type StreamsBuilder,
  type TimeWindowedCogroupedKStream,
  type TimeWindowedKStream,
  type WindowStoreOptions,
} from '../../../framework/index.ts'
import type { KeyAndValue, VectorCase, VectorType } from '../vector.ts'
import type { VectorNode, VectorStore } from '../vector-node.ts'
import { serdeOf } from '../vector-serdes.ts'

export type Stream = KStream<unknown, unknown>
export type Table = KTable<unknown, unknown, null>
export type Grouped = KGroupedStream<unknown, unknown>
export type TimeWindowed = TimeWindowedKStream<unknown, unknown>

export type AnyCogroup =
  | CogroupedKStream<unknown, unknown>
  | TimeWindowedCogroupedKStream<unknown, unknown>
  | SessionWindowedCogroupedKStream<unknown, unknown>

/** Something of the dsl, with the types of its keys and values. */
export interface Made {
  /** A name, of the Processor API. */
  readonly object:
    | string
    | AnyCogroup
    | GlobalKTable<unknown, unknown>
    | SessionWindowedKStream<unknown, unknown>
    | Stream
    | Table
    | Grouped
    | KGroupedTable<unknown, unknown>
    | TimeWindowed
    | CountWindowedKStream<unknown, unknown>
  readonly key: VectorType
  readonly value: VectorType
}

/** Makes what a node of a case says; nothing where nothing can be called on it. */
export type Operation = (build: CaseBuilder, node: VectorNode) => Made | undefined

export class CaseBuilder {
  readonly vector: VectorCase
  readonly builder: StreamsBuilder
  readonly made = new Map<string, Made>()
  readonly topics: Map<string, KeyAndValue>

  constructor(vector: VectorCase, builder: StreamsBuilder) {
    this.vector = vector
    this.builder = builder
    this.topics = new Map(Object.entries({ ...vector.outputTopics, ...vector.topics }))
  }

  typesOf(topic: string | undefined): KeyAndValue {
    const types = this.topics.get(String(topic))
    if (types === undefined) throw new Error(`the case has no types of the topic ${topic}`)
    return types
  }

  from(node: VectorNode): Made {
    return this.get(node.from)
  }

  other(node: VectorNode): Made {
    return this.get(node.with)
  }

  get(id: string | undefined): Made {
    const made = this.made.get(String(id))
    if (made === undefined) throw new Error(`the case has no node ${id}`)
    return made
  }

  streamOf(node: VectorNode): Stream {
    const { object } = this.from(node)
    if (object instanceof KStream) return object
    throw new Error(`${node.op} ${node.id} is not called on a stream`)
  }
}

export function given<F extends keyof VectorNode>(node: VectorNode, field: F): NonNullable<VectorNode[F]> {
  const value = node[field]
  if (value === undefined || value === null) throw new Error(`${node.op} ${node.id} has no ${field}`)
  return value
}

export function named({ name }: { readonly name?: string }): { name?: string } {
  return name === undefined ? {} : { name }
}

// The types of a case are known at run time only.
export function serdes({ key, value }: KeyAndValue): { key: never; value: never } {
  return { key: serdeOf(key) as never, value: serdeOf(value) as never }
}

export function materialized({ store }: VectorNode): { store?: WindowStoreOptions & StoreOptions } {
  return store === undefined ? {} : { store: storeOptions(store) }
}

function storeOptions(store: VectorStore): WindowStoreOptions & StoreOptions {
  const { name, kind, logging, caching, retentionMs, historyRetentionMs, lruMaxEntries } = store
  const options: StoreOptions = {
    ...named({ ...(name === undefined ? {} : { name }) }),
    ...(kind === undefined ? {} : { persistent: kind === 'persistent' }),
    ...(logging === undefined ? {} : { logging }),
    ...(caching === undefined ? {} : { caching }),
    ...(historyRetentionMs === undefined ? {} : { historyRetention: historyRetentionMs }),
    ...(lruMaxEntries === undefined ? {} : { entriesMax: lruMaxEntries }),
  }
  return retentionMs === undefined ? options : { ...options, retention: retentionMs }
}
