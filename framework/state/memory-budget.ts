// What state in memory may take, all tasks of an app together. Unlike a cache it cannot be made smaller: what it holds is needed, so over the limit the app ends, with
// what to do, before the process is killed for its memory. It is looked at when a batch has been written; between two of them state grows by
// `uncommittedBytesMax` at most.

import { MillraceError } from '../errors.ts'
import type { ByteStore, StateBatch, StateEngine, StateFolder } from '../ports/store.ts'

export class MemoryBudget {
  /** The setting that limits it, and what it limits, for the error. */
  readonly setting: string
  readonly what: string
  readonly bytesMax: number
  bytes = 0

  constructor(setting: string, what: string, bytesMax: number) {
    this.setting = setting
    this.what = what
    this.bytesMax = bytesMax
  }

  /** Throws `state-memory-full`. */
  check(task: string): void {
    if (this.bytes <= this.bytesMax) return
    const { setting, what, bytes, bytesMax } = this
    throw new MillraceError('state-memory-full', { task, setting, what, bytes, bytesMax })
  }
}

/** Of what the engine does not keep on disk. */
export function withinBudget(folder: StateFolder, engine: StateEngine, task: string, budget: MemoryBudget): StateFolder {
  return engine.supports.durable || folder.memoryBytes === undefined ? folder : new BudgetedFolder(folder, task, budget)
}

class BudgetedFolder implements StateFolder {
  private readonly folder: StateFolder
  private readonly task: string
  private readonly budget: MemoryBudget
  private counted = 0

  constructor(folder: StateFolder, task: string, budget: MemoryBudget) {
    this.folder = folder
    this.task = task
    this.budget = budget
  }

  store(name: string): ByteStore {
    return this.folder.store(name)
  }

  positions(): ReturnType<StateFolder['positions']> {
    return this.folder.positions()
  }

  get memoryBytes(): number {
    return this.folder.memoryBytes ?? 0
  }

  async write(batch: StateBatch): Promise<void> {
    await this.folder.write(batch)
    this.count()
    this.budget.check(this.task)
  }

  async clear(...range: Parameters<StateFolder['clear']>): Promise<void> {
    await this.folder.clear(...range)
    this.count()
  }

  async close(): Promise<void> {
    await this.folder.close()
    this.budget.bytes -= this.counted
    this.counted = 0
  }

  private count(): void {
    const now = this.memoryBytes
    this.budget.bytes += now - this.counted
    this.counted = now
  }
}
