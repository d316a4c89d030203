// A state engine on a disk that outlives its process. A batch is written after a while, all of it or nothing, as LevelDB's are; a process that dies meanwhile leaves it
// to the seed how much of what was on its way is there.

import { MillraceError } from '../../framework/errors.ts'
import type { KeyRange, Mutation, StateBatch, StateEngine, StateFolder } from '../../framework/ports/store.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import type { Random } from '../kit/random.ts'
import type { Process, Scheduler } from './scheduler.ts'

const memoryEngine = memory().stores!.memory!

export interface Disk {
  readonly folders: Map<string, StateFolder>
}

export interface DiskUser {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly process: Process & { diesAt(step: string): boolean }
  /** Milliseconds of the slowest write. */
  slowestMs: number
}

/** What one process has open of a disk. */
export class SimulatedEngine implements StateEngine {
  readonly name = 'simulated'
  // Nothing of it lies in the real file system.
  readonly supports = { durable: false }
  private readonly disk: Disk
  private readonly user: DiskUser
  private readonly opened: SimulatedFolder[] = []
  /** Those that are open: a folder is that of one thread at a time. */
  private readonly locked = new Set<string>()

  constructor(disk: Disk, user: DiskUser) {
    this.disk = disk
    this.user = user
  }

  async open(name: string): Promise<StateFolder> {
    if (this.locked.has(name)) throw new MillraceError('state-locked', { folder: name })
    this.locked.add(name)
    const folder = this.disk.folders.get(name) ?? (await memoryEngine.open(name))
    this.disk.folders.set(name, folder)
    const opened = new SimulatedFolder(folder, this.user, () => this.locked.delete(name))
    this.opened.push(opened)
    return opened
  }

  async setAside(name: string): Promise<string> {
    this.disk.folders.delete(name)
    return name
  }

  heal(): void {
    this.user.slowestMs = 5
  }

  /** Its process is dead: of what was on its way to the disk the first batches are there, or none. */
  crash(): void {
    for (const folder of this.opened) folder.crash()
  }
}

class SimulatedFolder implements StateFolder {
  private readonly folder: StateFolder
  private readonly user: DiskUser
  private readonly onClose: () => void
  private readonly waiting: StateBatch[] = []
  /** When all is written that was, or will never be. */
  private settled: Promise<void> = Promise.resolve()

  constructor(folder: StateFolder, user: DiskUser, onClose: () => void) {
    this.folder = folder
    this.user = user
    this.onClose = onClose
  }

  store(name: string) {
    return this.folder.store(name)
  }

  positions() {
    return this.folder.positions()
  }

  write({ mutations, positions }: StateBatch): Promise<void> {
    const copied: Mutation[] = []
    for (const { store, key, value } of mutations) copied.push({ store, key, value: value === null ? null : Buffer.from(value) })
    const written = this.settled.then(async () => {
      const batch = { mutations: copied, positions: new Map(await positions) }
      this.waiting.push(batch)
      await this.writeLater(batch)
    })
    this.settled = written.catch(() => {})
    return written
  }

  clear(store: string, range?: KeyRange): Promise<void> {
    return this.folder.clear(store, range)
  }

  /** The folder stays on the disk. */
  async close(): Promise<void> {
    await this.settled
    this.onClose()
  }

  crash(): void {
    const count = this.user.random.below(this.waiting.length + 1)
    for (const batch of this.waiting.splice(0).slice(0, count)) void this.folder.write(batch)
  }

  private async writeLater(batch: StateBatch): Promise<void> {
    const { scheduler, random, process, slowestMs } = this.user
    if (process.diesAt('before the disk write')) return await new Promise(() => {})
    await scheduler.pause(random.next() ** 4 * slowestMs, process)
    this.waiting.shift()
    await this.folder.write(batch)
    process.diesAt('after the disk write')
  }
}
