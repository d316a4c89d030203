// What a real disk is at work on, so that virtual time can wait for it: a slow disk must not look like minutes in which nothing happened.

import type { StateBatch, StateEngine, StateFolder } from '../../framework/ports/store.ts'

export class DiskWork {
  private pending = 0

  /** Whether a call of a watched engine has not come back, or Node reads, writes or closes a file. */
  get busy(): boolean {
    return this.pending > 0 || process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq') || resource === 'CloseReq')
  }

  watch(engine: StateEngine): StateEngine {
    return {
      name: engine.name,
      supports: engine.supports,
      open: async (folder) => this.watchFolder(await this.during(engine.open(folder))),
      setAside: (folder) => this.during(engine.setAside(folder)),
    }
  }

  private watchFolder(folder: StateFolder): StateFolder {
    return {
      store: (name) => folder.store(name),
      positions: () => folder.positions(),
      write: (batch: StateBatch) => this.writing(batch, folder.write(batch)),
      clear: (store, range) => this.during(folder.clear(store, range)),
      close: () => this.during(folder.close()),
    }
  }

  /** What waits for its positions is no work of the disk. */
  private writing({ positions }: StateBatch, written: Promise<void>): Promise<void> {
    return Promise.resolve(positions).then(
      () => this.during(written),
      () => written,
    )
  }

  private async during<T>(work: Promise<T>): Promise<T> {
    this.pending++
    try {
      return await work
    } finally {
      this.pending--
    }
  }
}
