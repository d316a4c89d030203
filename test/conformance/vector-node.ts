// The operations of a vector's topology, with the fields that each can have (the table of nodes in the vectors' README).

import type { KeyAndValue, VectorType } from './vector.ts'

/** A function of the vocabulary. */
export interface NamedFunction {
  readonly fn: string
  readonly arg?: string | number | null
}

/** A processor of the vocabulary. */
export interface NamedProcessor {
  readonly fn: string
  readonly store?: string
  readonly intervalMs?: number
  readonly type?: 'streamTime' | 'wallClock'
  readonly startMs?: number
  readonly times?: number
  readonly onFirstRecord?: boolean
  readonly name?: string
  readonly value?: string
  readonly ms?: number
  readonly even?: string
  readonly odd?: string
}

export interface VectorStore {
  readonly name?: string
  readonly kind?: 'memory' | 'persistent'
  readonly logging?: boolean
  readonly caching?: boolean
  readonly retentionMs?: number
  readonly historyRetentionMs?: number
  readonly lruMaxEntries?: number
  readonly type?: string
  readonly key?: VectorType
  readonly value?: VectorType
  readonly windowSizeMs?: number
  readonly retainDuplicates?: boolean
}

export interface VectorWindow {
  readonly type?: string
  readonly sizeMs?: number
  readonly advanceMs?: number
  readonly differenceMs?: number
  readonly beforeMs?: number
  readonly afterMs?: number
  readonly gapMs?: number
  readonly graceMs?: number
  readonly startMs?: number
}

export interface VectorBranch {
  readonly id: string
  readonly name?: string
  readonly predicate?: NamedFunction
}

/** An operation; which of the fields are there depends on `op`. */
export interface VectorNode {
  readonly id: string
  readonly op: string
  readonly types?: KeyAndValue
  readonly from?: string
  readonly with?: string
  readonly name?: string
  readonly topics?: readonly string[]
  readonly pattern?: string
  readonly topic?: string
  readonly topicExtractor?: NamedFunction
  readonly timestampExtractor?: NamedFunction
  readonly store?: VectorStore
  readonly predicate?: NamedFunction
  readonly mapper?: NamedFunction
  readonly key?: NamedFunction
  readonly value?: NamedFunction
  readonly keySelector?: NamedFunction
  readonly branches?: readonly VectorBranch[]
  readonly default?: VectorBranch
  readonly partitions?: number
  readonly window?: VectorWindow
  readonly emit?: string
  readonly groups?: readonly { readonly from: string; readonly adder: NamedFunction }[]
  readonly initializer?: NamedFunction
  readonly adder?: NamedFunction
  readonly subtractor?: NamedFunction
  readonly merger?: NamedFunction
  readonly reducer?: NamedFunction
  readonly type?: string
  readonly joiner?: NamedFunction
  readonly foreignKey?: NamedFunction
  readonly graceMs?: number
  readonly processor?: NamedProcessor
  readonly stores?: readonly string[]
  readonly parents?: readonly string[]
  readonly processors?: readonly string[]
  readonly connectStores?: readonly string[]
  readonly until?: string
  readonly waitMs?: number
  readonly buffer?: { readonly maxRecords?: number; readonly maxBytes?: number; readonly onFull?: string; readonly logging?: boolean }
}
