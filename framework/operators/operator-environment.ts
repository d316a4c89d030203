// What operators are given when they are made: all of it belongs to one task.

import type { StoreSpec } from '../graph/operator-spec.ts'
import type { TopicRef } from '../graph/topology.ts'
import type { TopicWriter } from '../ports/broker.ts'
import type { SinkWriter } from '../ports/connector.ts'
import type { Timestamp } from '../ports/record.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import type { RecordContext } from '../state/contract.ts'
import type { WindowedTaskStores } from '../state/windowed-contract.ts'
import type { DroppedRecords } from './dropped-records.ts'
import type { Failures } from './failures.ts'
import type { ProcessorMetrics } from './processor-metrics.ts'
import type { StreamTimes } from './stream-times.ts'

export interface OperatorEnvironment {
  readonly applicationId: string
  readonly taskId: string
  /** The settings of the app, for users' processors. */
  readonly appConfigs: Readonly<Record<string, unknown>>
  readonly stateDir: string
  readonly metrics: ProcessorMetrics
  readonly stores: WindowedTaskStores
  readonly storeSpecs: ReadonlyMap<string, StoreSpec>
  /** Those of all stores that every processor may read. */
  readonly globalStores: ReadonlySet<string>
  readonly dropped: DroppedRecords
  readonly failures: Failures
  readonly streamTimes: StreamTimes
  /** Where keys are serialized before they are looked up or sent; what it holds is good until the next use. */
  readonly scratch: ByteBuffer
  writer(topic: TopicRef): TopicWriter
  /** The writer of a user's topic that a record has chosen: handed over at once, or when it is open, in the order of the calls. */
  withWriter(topic: string, use: (writer: TopicWriter) => void): void
  /** What a sink that is no topic writes with, opened before, by the name of its node. */
  sinkWriter(node: string): SinkWriter<unknown, unknown>
  /** Writes one line where the app prints. */
  print(line: string): void
  /** Of the record (or punctuation) that a user's processor is working on; its stores write their changes with it. */
  readonly recordContext: RecordContext
  readonly work: TaskWork
  readonly shared: SharedParts
  readonly calls: AsyncCalls
  /** Wall-clock time that must pass between two looks for results that are due. */
  readonly emitIntervals: EmitIntervals
}

/** Wall-clock time that must pass between two looks for results that are due; a look can be dear. Kafka Streams has 1000 for both. */
export interface EmitIntervals {
  /** For windows that have closed (`emit: 'final'`). */
  readonly closedWindowsMs: number
  /** For records of left and outer stream-stream joins that nobody can meet any more. */
  readonly unmatchedMs: number
}

/** How an operator waits for something outside: its task goes on meanwhile, and asks it for results between two records. */
export interface AsyncCalls {
  /** `call` never rejects. The task is woken when it has resolved. */
  start(call: Promise<void>): void
  after(delayMs: number, run: () => void): { cancel(): void }
  /** Of a clock that only goes forward. */
  monotonicMs(): number
}

/** An operator with calls on their way. */
export interface AsyncOperator {
  /** How many records it holds. */
  readonly pending: number
  /** Whether no further record should come before some of those are done. */
  readonly isFull: boolean
  /** Sends what is done, as far as the order allows; gives how many. */
  deliver(): number
  /** Keeps what is on its way in its store. */
  beforeCommit(): void
}

/** What several operators of a task have together, by name. */
export class SharedParts {
  private readonly parts = new Map<string, unknown>()

  /** The part of this name; who asks first makes it. */
  of<T>(name: string, make: () => T): T {
    if (!this.parts.has(name)) this.parts.set(name, make())
    return this.parts.get(name) as T
  }
}

export function storeSpec(environment: OperatorEnvironment, store: string): StoreSpec {
  const spec = environment.storeSpecs.get(store)
  if (spec === undefined) throw new Error(`there is no store ${store}`)
  return spec
}

/** What a user's processor can see and ask of the task it runs in. */
export interface TaskWork {
  readonly streamTime: Timestamp
  readonly wallClock: Timestamp
  requestCommit(): void
  schedule(
    node: string,
    options: { readonly everyMs: number; readonly by: 'streamTime' | 'wallClock'; readonly startMs?: number },
    punctuate: (time: Timestamp) => void,
  ): { cancel(): void }
}
