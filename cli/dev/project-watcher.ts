// Says which files of the project have changed: its sources, its configuration, what lies in dev/. Built on chokidar, because fs.watch gives on each system other
// events for the ways in which editors save.

import { extname, relative, sep } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'

const foldersNotWatched: ReadonlySet<string> = new Set(['node_modules', 'dist', 'coverage'])
const extensions: ReadonlySet<string> = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '.jsonl'])
/**
 * Editors save several files at once, and one in several steps. It is more than the 50 ms for which chokidar keeps back further changes of a file, for good: what
 * they have written has to be there before it is read.
 */
const quietMs = 60
const quietMsMax = 500

export interface Changes {
  /** Absolute paths of files that were written, made or deleted. */
  readonly files: readonly string[]
  /** When the first of them was seen, by performance.now(). */
  readonly atMs: number
}

export class ProjectWatcher {
  readonly #watcher: FSWatcher
  readonly #outside = new Set<string>()
  readonly #changed = new Set<string>()
  #atMs = 0
  #quiet: NodeJS.Timeout | undefined
  #wake: (() => void) | undefined
  #failure: unknown

  private constructor(folder: string) {
    const ignored = (path: string, stats?: { isFile(): boolean }): boolean => {
      const parts = relative(folder, path).split(sep)
      // Files beside the project are named one by one.
      if (parts[0] === '..') return false
      if (parts.some((part) => foldersNotWatched.has(part) || part.startsWith('.'))) return true
      return stats?.isFile() === true && !extensions.has(extname(path))
    }
    this.#watcher = watch(folder, { ignored, ignoreInitial: true })
    this.#watcher.on('all', (event, path) => {
      if (event === 'add' || event === 'change' || event === 'unlink') this.#note(path)
    })
    this.#watcher.on('error', (error) => {
      this.#failure = error
      this.#wake?.()
    })
  }

  /** Resolves when no later change is missed. */
  static async start(folder: string): Promise<ProjectWatcher> {
    const watcher = new ProjectWatcher(folder)
    await new Promise<void>((resolve) => {
      watcher.#watcher.once('ready', resolve)
      watcher.#wake = resolve
    })
    return watcher
  }

  /** Files that lie beside the project, as in a repository of several. */
  addOutside(files: readonly string[]): void {
    const added = files.filter((file) => !this.#outside.has(file))
    for (const file of added) this.#outside.add(file)
    if (added.length > 0) this.#watcher.add(added)
  }

  /** What has changed since the last call, as soon as there is something and nothing more comes. */
  async next(): Promise<Changes> {
    while (this.#changed.size === 0 || this.#quiet !== undefined) {
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const files = [...this.#changed]
    this.#changed.clear()
    return { files, atMs: this.#atMs }
  }

  async close(): Promise<void> {
    clearTimeout(this.#quiet)
    await this.#watcher.close()
  }

  #note(path: string): void {
    const nowMs = performance.now()
    if (this.#changed.size === 0) this.#atMs = nowMs
    this.#changed.add(path)
    if (nowMs - this.#atMs > quietMsMax && this.#quiet !== undefined) return
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(() => {
      this.#quiet = undefined
      this.#wake?.()
    }, quietMs)
  }
}
