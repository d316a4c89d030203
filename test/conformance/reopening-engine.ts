// A state engine whose folders can be closed and opened again under a task that lives on: what the task reads afterwards comes from the files alone. A restart
// of the task would do so too, but it also forgets what Kafka Streams forgets at a restart (restart-changes.ts).

import type { ByteStore, StateBatch, StateEngine, StateFolder } from '../../framework/ports/store.ts'

export class ReopeningEngine implements StateEngine {
  readonly name: string
  readonly supports: StateEngine['supports']
  private readonly engine: StateEngine
  private readonly folders = new Set<ReopenedFolder>()

  constructor(engine: StateEngine) {
    this.name = engine.name
    this.supports = engine.supports
    this.engine = engine
  }

  async open(path: string): Promise<StateFolder> {
    const folder = new ReopenedFolder(
      await this.engine.open(path),
      () => this.engine.open(path),
      () => this.folders.delete(folder),
    )
    this.folders.add(folder)
    return folder
  }

  setAside(path: string): Promise<string> {
    return this.engine.setAside(path)
  }

  /** Closes what is open and opens it again. Nobody may be reading. */
  async reopen(): Promise<void> {
    for (const folder of this.folders) await folder.reopen()
  }

  /** Closes what somebody left open: a task that failed. */
  async close(): Promise<void> {
    for (const folder of this.folders) await folder.close()
  }
}

class ReopenedFolder implements StateFolder {
  private folder: StateFolder
  private readonly open: () => Promise<StateFolder>
  private readonly onClose: () => void

  constructor(folder: StateFolder, open: () => Promise<StateFolder>, onClose: () => void) {
    this.folder = folder
    this.open = open
    this.onClose = onClose
  }

  store(name: string): ByteStore {
    return {
      get: (key) => this.folder.store(name).get(key),
      range: (options) => this.folder.store(name).range(options),
    }
  }

  positions(): ReturnType<StateFolder['positions']> {
    return this.folder.positions()
  }

  write(batch: StateBatch): Promise<void> {
    return this.folder.write(batch)
  }

  clear(...what: Parameters<StateFolder['clear']>): Promise<void> {
    return this.folder.clear(...what)
  }

  async close(): Promise<void> {
    this.onClose()
    await this.folder.close()
  }

  async reopen(): Promise<void> {
    await this.folder.close()
    this.folder = await this.open()
  }
}
