// The format of the conformance vectors: what Kafka Streams does with a topology and some input, as data (README of the vectors).

import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import type { VectorNode } from './vector-node.ts'

export interface VectorFile {
  readonly format: 1
  readonly kafkaStreams: string
  readonly cases: readonly VectorCase[]
}

export interface VectorCase {
  readonly name: string
  readonly area: string
  readonly about?: string
  /** Kafka Streams' settings. */
  readonly config: Readonly<Record<string, string>>
  readonly topics: Readonly<Record<string, KeyAndValue>>
  /** In the order in which they are called on the DSL. */
  readonly nodes: readonly VectorNode[]
  /** `*` for topics that a topic extractor chooses. */
  readonly outputTopics?: Readonly<Record<string, KeyAndValue>>
  readonly steps: readonly VectorStep[]
  readonly expect: Expectation
}

/** A case before Kafka Streams has said what comes of it. */
export type Scenario = Omit<VectorCase, 'expect' | 'outputTopics'>

export interface KeyAndValue {
  readonly key: VectorType
  readonly value: VectorType
}

export type VectorType =
  | 'string'
  | 'long'
  | { readonly timeWindowed: VectorType; readonly sizeMs: number }
  | { readonly sessionWindowed: VectorType }

export type VectorStep =
  | {
      readonly topic: string
      readonly key: unknown
      readonly value: unknown
      readonly ts: number
      readonly headers?: readonly (readonly [string, string])[]
    }
  | { readonly advanceWallClockMs: number }

/** What came of a case: in the vector by Kafka Streams, in `run-case.ts` by us. */
export interface Expectation {
  readonly describe?: string
  readonly outputs?: readonly OutputRow[]
  readonly stores?: Readonly<Record<string, readonly StoreRow[]>>
  /** By topic: changelogs and repartition topics. */
  readonly internal?: Readonly<Record<string, readonly InternalRow[]>>
  readonly error?: ExpectedError
}

export interface OutputRow {
  readonly step: number
  readonly topic: string
  readonly key?: unknown
  readonly value?: unknown
  /** Of a topic that the topology does not write itself: a dead letter queue. */
  readonly keyHex?: string | null
  readonly valueHex?: string | null
  readonly ts: number | null
  readonly headers?: readonly (readonly [string, string])[]
}

export type StoreRow = Readonly<Record<string, unknown>>

export interface InternalRow {
  readonly step: number
  readonly keyHex: string | null
  readonly valueHex: string | null
  readonly ts: number | null
  readonly headersHex?: readonly (readonly [string, string])[]
}

export interface ExpectedError {
  readonly phase: 'build' | 'start' | 'run'
  readonly step?: number
  /** The class of the exception in Java. */
  readonly kind?: string
}

/** Thrown by the adapter for an operation that Millrace does not have yet. */
export class OperationMissing extends Error {
  override readonly name = 'OperationMissing'
}

export async function readVectors(path: string): Promise<readonly VectorCase[]> {
  const file = JSON.parse(await readText(path)) as VectorFile
  if (file.format !== 1) throw new Error(`${path} has format ${file.format}; this program reads format 1`)
  return file.cases
}

export async function readText(path: string): Promise<string> {
  const bytes = await readFile(path)
  return path.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString()
}
