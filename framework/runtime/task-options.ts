// What a task is made with.

import type { Topology } from '../graph/topology.ts'
import type { FailurePolicy } from '../operators/failures.ts'
import type { EmitIntervals } from '../operators/operator-environment.ts'
import type { RetryPolicy } from '../operators/retries.ts'
import type { CommittedOffset, TopicWriter } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { SinkWriter } from '../ports/connector.ts'
import type { Logger } from '../ports/logger.ts'
import type { TopicPartition } from '../ports/record.ts'
import type { RecordContext, TaskState } from '../state/contract.ts'
import type { WindowedTaskStores } from '../state/windowed-contract.ts'
import type { WorkCursor } from './work-cursor.ts'

export interface TaskOptions {
  /** `<sub-topology>_<partition>`. */
  readonly id: string
  readonly applicationId: string
  readonly topology: Topology
  /** One in production; all of them in the test driver. */
  readonly subTopologies: readonly number[]
  /** The topic partitions it reads, by their names on the broker. Elements of the program and sources that are no topics are not among them. */
  readonly inputs: readonly TopicPartition[]
  /** Whether this task runs its elements and its sources that are no topics: the task of partition 0 does. */
  readonly runsLocalInputs: boolean
  /** What sinks that are no topics write with, by the names of their nodes. Default: there are none. */
  readonly sinkWriters?: ReadonlyMap<string, SinkWriter<unknown, unknown>>
  /** Opened and restored. */
  readonly state: TaskState
  /** The stores of global tables, kept by another task; missing if the topology has none, or if this is that task. */
  readonly globalStores?: WindowedTaskStores
  /** The one that the state was opened with: its stores of the Processor API write their changes with what is in it. */
  readonly recordContext: RecordContext
  /** The writer of a topic by its name on the broker, opened before (`writtenTopics` lists them). */
  readonly writer: (topic: string) => TopicWriter
  /** Hands over the writer of a topic that a record has chosen, now or when it is open. Default: it is among the opened ones. */
  readonly withWriter?: (topic: string, use: (writer: TopicWriter) => void) => void
  /** Called where the next record of an input cannot be read yet: has to call `goOn` when `ready` has resolved. Other inputs go on meanwhile. */
  readonly awaitReady: (ready: Promise<void>, goOn: () => void) => void
  /** What the group has committed for its inputs, with the stream times in the metadata. */
  readonly committed: readonly CommittedOffset[]
  readonly settings: TaskSettings
  readonly clock: Clock
  readonly logger: Logger
  /** Is told what the task is at. Default: nobody watches. */
  readonly cursor?: WorkCursor | undefined
  /** Takes the lines of print(). */
  readonly print: (line: string) => void
}

/** What the topology says itself of records that fail wins over it. */
export interface TaskSettings extends FailurePolicy {
  /** All settings of the app, as processors see them. Default: none. */
  readonly appConfigs?: Readonly<Record<string, unknown>>
  /** The folder in which those of the applications lie. Default: the working directory. */
  readonly stateDir?: string
  /** Under `retry`. Default: 5 times, after 100 ms to 10 s. */
  readonly retries?: RetryPolicy
  /** `always`: keys and values are read, and so checked, when a record is taken; by default where they are first read. */
  readonly validate?: 'read' | 'always'
  /** A topic for records that are left out by `continue` and `dead-letter`, opened before as those that are written. Default: none. */
  readonly deadLetterTopic?: string
  /** Default: none, every record may set off what is due. */
  readonly emitIntervals?: EmitIntervals
}
