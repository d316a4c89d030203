// One input of a task: records that have come and are not yet processed, in order. The head is the next record; it stays until `advance`.

import type { Flow, Outlet } from '../operators/operator.ts'

export interface InputQueue {
  readonly topic: string
  readonly partition: number
  /** Whether a user's topic; repartition topics do not count as the app's input. */
  readonly external: boolean
  /** The source's children. */
  readonly outlet: Outlet
  /** Whether there is a record. */
  readonly ready: boolean
  /** Of the head. */
  readonly headTimestamp: number
  /** Highest timestamp taken so far; -1 before the first. */
  partitionTimeMs: number
  /** Where reading goes on after what is done: the offset to commit. -1: nothing known yet. */
  readonly position: number
  /** Bytes that have come and are not all processed. */
  readonly bufferedBytes: number
  /** The head as a record, read where it lies. */
  head(): Flow
  /** Done with the head. */
  advance(): void
}
