// Looks at all logs from time to time: what is older or more than a topic's settings allow is removed, what is to be compacted is compacted. One log at a time; a log with a
// fault is reported and passed over until the next time.

import type { Clock, Logger, Timer } from '../../../../framework/index.ts'
import { compact } from './compaction.ts'
import type { PartitionLog } from './partition-log.ts'

export interface CleanerParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly compactionIntervalMs: number
  readonly retentionIntervalMs: number
  logs(): Iterable<PartitionLog>
}

type Work = (log: PartitionLog) => Promise<void>

export class Cleaner {
  readonly #parts: CleanerParts
  /** The next round of each kind of work. */
  readonly #timers = new Map<Work, Timer>()
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(parts: CleanerParts) {
    this.#parts = parts
    this.#schedule(parts.retentionIntervalMs, (log) => this.#applyRetention(log))
    this.#schedule(parts.compactionIntervalMs, (log) => this.#compact(log))
  }

  /** Resolves when no work is under way. Who calls closes the logs before, which ends a compaction early. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers.values()) timer.cancel()
    await this.#running
  }

  /** Again and again, with the interval between the end of one round and the beginning of the next; never two rounds at once. */
  #schedule(intervalMs: number, work: Work): void {
    if (this.#stopped) return
    const timer = this.#parts.clock.after(intervalMs, () => {
      this.#running = this.#running.then(() => this.#round(work)).then(() => this.#schedule(intervalMs, work))
    })
    this.#timers.set(work, timer)
  }

  async #round(work: Work): Promise<void> {
    for (const log of [...this.#parts.logs()]) {
      if (this.#stopped) return
      try {
        await work(log)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        this.#parts.logger.log('error', `Could not clean ${log.name}: ${message}`, { error })
      }
    }
  }

  async #applyRetention(log: PartitionLog): Promise<void> {
    const removed = log.applyRetention(this.#parts.clock.now())
    if (removed > 0) this.#parts.logger.log('info', `Removed ${removed} segments of ${log.name}, by its retention settings.`)
  }

  async #compact(log: PartitionLog): Promise<void> {
    if (!log.settings.compact) return
    const compacted = await compact(log, this.#parts.clock)
    if (compacted === undefined) return
    this.#parts.logger.log('info', `Compacted ${log.name} from ${compacted.bytesBefore} to ${compacted.bytesAfter} bytes.`)
  }
}
