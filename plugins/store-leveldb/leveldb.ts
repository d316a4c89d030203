// State on disk: one LevelDB (classic-level) for each task, with all of its stores in it.

import { existsSync, writeFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClassicLevel } from 'classic-level'
import { definePlugin, MillraceError, type Plugin, type StateEngine, type StateFolder } from '../../framework/index.ts'
import { LeveldbFolder } from './leveldb-folder.ts'
import { classicLevel } from './native-module.ts'
import { RangeWorker } from './range-worker.ts'

export interface LeveldbOptions {
  /** LevelDB's cache of blocks read, for each task. Default 8 MiB. */
  readonly blockCacheBytes?: number
  /** What LevelDB holds in memory before it writes a table, for each task; it may hold two. Default 4 MiB. */
  readonly writeBufferBytes?: number
}

export function leveldb(options: LeveldbOptions = {}): Plugin {
  return definePlugin({ name: 'store-leveldb', stores: { leveldb: new LeveldbEngine(options) } })
}

/** Left in a folder where a read found damage: opening would not see it. */
const damageFile = 'damaged.txt'

class LeveldbEngine implements StateEngine {
  readonly name = 'leveldb'
  readonly supports = { durable: true }
  private readonly options: LeveldbOptions
  private readonly ranges = new RangeWorker()
  // Sharing a database with the worker of ranges takes LevelDB's lock for the whole process, so that this process must tell itself.
  private readonly openFolders = new Set<string>()

  constructor(options: LeveldbOptions) {
    this.options = options
  }

  async open(folder: string): Promise<StateFolder> {
    if (this.openFolders.has(folder)) throw new MillraceError('state-locked', { folder })
    this.openFolders.add(folder)
    try {
      if (existsSync(join(folder, damageFile))) throw new MillraceError('state-corrupt', { folder, problem: 'a read found it' })
      const database = await this.openDatabase(folder)
      const onDamage = (problem: string) => writeFileSync(join(folder, damageFile), `${problem}\n`)
      return await LeveldbFolder.of(database, folder, this.ranges, onDamage, () => this.openFolders.delete(folder))
    } catch (error) {
      this.openFolders.delete(folder)
      throw error
    }
  }

  async setAside(folder: string): Promise<string> {
    const aside = `${folder}.damaged`
    // One is kept, to look into; an older one makes way.
    await rm(aside, { recursive: true, force: true })
    await rename(folder, aside)
    return aside
  }

  private async openDatabase(folder: string): Promise<ClassicLevel<Buffer, Buffer>> {
    const database = new (classicLevel.load().ClassicLevel)<Buffer, Buffer>(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
    try {
      await database.open({
        multithreading: true,
        cacheSize: this.options.blockCacheBytes ?? 8 * 1024 * 1024,
        writeBufferSize: this.options.writeBufferBytes ?? 4 * 1024 * 1024,
      })
    } catch (error) {
      throw openError(folder, error)
    }
    return database
  }
}

function openError(folder: string, error: unknown): MillraceError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (cause as { readonly code?: unknown }).code
  const problem = cause instanceof Error ? cause.message : String(cause)
  if (code === 'LEVEL_LOCKED') return new MillraceError('state-locked', { folder }, error)
  // A file that the manifest names and that is gone is reported as an input or output error.
  if (code === 'LEVEL_CORRUPTION' || /no such file/i.test(problem)) return new MillraceError('state-corrupt', { folder, problem }, error)
  return new MillraceError('state-not-writable', { folder, problem }, error)
}
