// A task that this instance owns, from the assignment on: first its state is restored, then the task itself runs.

import type { CommittedOffset, PartitionOffset } from '../ports/broker.ts'
import { isSamePartition, type TopicPartition } from '../ports/record.ts'
import type { RecordContext, TaskState } from '../state/contract.ts'
import type { Task } from './task.ts'
import type { TaskConnectors } from './task-connectors.ts'
import type { PlannedTask } from './topic-plan.ts'
import type { WindowedStat } from './windowed-stat.ts'

export interface RunningTask {
  readonly planned: PlannedTask
  readonly state: TaskState
  readonly recordContext: RecordContext
  /** Of the records in `state.restore`: how many were read as a standby, before the task came here. */
  readonly followedRecords: number
  /** What the group had committed when the task came here. */
  readonly committed: readonly CommittedOffset[]
  /** Where its inputs were read from when it came here. */
  readonly start: readonly PartitionOffset[]
  /** Undefined until the state is restored. */
  task: Task | undefined
  /** Its sources and sinks that are no topics; undefined as long as the task is. */
  connectors: TaskConnectors | undefined
  /** What was committed last; undefined before the first commit here. */
  lastCommitted: readonly CommittedOffset[] | undefined
  /** The write of the last commit's state, which goes on while the next records are processed. Never rejects. */
  writing: Promise<void>
  /** Why a write failed; the next commit throws it. */
  writeFailure: unknown
  /** Inputs that the fetcher was told to pause. */
  readonly paused: Set<TopicPartition>
  /** From the newest timestamp that it has taken to now, after each slice. */
  readonly endToEnd: WindowedStat
  /** Since when records wait for an input that has none; undefined if they do not. */
  idleSinceMs: number | undefined
}

/** Where an input stands: what is before it was processed, or left out on purpose. */
export function positionOf({ task, start }: RunningTask, input: TopicPartition): number {
  const position = task?.position(input.topic, input.partition) ?? -1
  if (position >= 0) return position
  return start.find((position) => isSamePartition(position, input))?.offset ?? 0
}
