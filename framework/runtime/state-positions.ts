// How far the state of each task on disk has come, in a small file beside it (Kafka Streams: its checkpoint file), so that a member can tell its group without opening it. A
// hint for who assigns tasks, and nothing more: the positions that count are in the state itself, and a crash leaves the file behind them.

import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../ports/clock.ts'
import type { TaskState } from '../state/contract.ts'
import { taskFolder } from '../state/state-folder.ts'
import { tasksWithState } from './state-directory.ts'

const file = 'offsets.json'
const writeEveryMs = 10_000

export interface StatePositionsOptions {
  readonly stateDir: string
  readonly applicationId: string
  readonly clock: Clock
  /** Whether states lie on disk at all. */
  readonly durable: boolean
}

export class StatePositions {
  private readonly options: StatePositionsOptions
  private readonly writtenMs = new Map<string, number>()

  constructor(options: StatePositionsOptions) {
    this.options = options
  }

  /** Tasks that have left state on this machine, in this process or an earlier one. */
  tasks(): readonly string[] {
    const { durable, stateDir, applicationId } = this.options
    return durable ? tasksWithState(stateDir, applicationId) : []
  }

  /** By task, as far as it is known: the sum of the offsets that its state on disk has reached in its internal changelogs. */
  offsetSums(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      this.tasks().flatMap((task) => {
        const sum = this.sumOf(task)
        return sum === undefined ? [] : [[task, sum]]
      }),
    )
  }

  /** After a commit, from time to time. */
  async writeIfDue(task: string, state: TaskState): Promise<void> {
    if (!this.options.durable) return
    const nowMs = this.options.clock.monotonicMs()
    if (nowMs - (this.writtenMs.get(task) ?? Number.NEGATIVE_INFINITY) >= writeEveryMs) await this.write(task, state)
  }

  /** Never rejects: without it there is only less to go by. */
  async write(task: string, state: TaskState): Promise<void> {
    if (!this.options.durable) return
    const positions = Object.fromEntries(state.writtenPositions())
    if (Object.keys(positions).length === 0) return
    this.writtenMs.set(task, this.options.clock.monotonicMs())
    const path = join(this.folderOf(task), file)
    try {
      // Renamed, so that nobody reads half of it.
      await writeFile(`${path}.new`, `${JSON.stringify(positions)}\n`, { mode: 0o600 })
      await rename(`${path}.new`, path)
    } catch {
      // The disk is full, or the folder was set aside: whoever writes the state tells.
    }
  }

  private sumOf(task: string): number | undefined {
    try {
      const positions: unknown = JSON.parse(readFileSync(join(this.folderOf(task), file), 'utf8'))
      const offsets = Object.values(positions as Record<string, unknown>)
      return offsets.every((offset) => typeof offset === 'number') ? offsets.reduce((sum, offset) => sum + offset, 0) : undefined
    } catch {
      return undefined
    }
  }

  private folderOf(taskId: string): string {
    const { stateDir, applicationId } = this.options
    return taskFolder({ stateDir, applicationId, taskId })
  }
}
