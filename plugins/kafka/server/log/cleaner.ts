// Looks at all logs from time to time: what is older or more than a topic's settings allow is removed, what is to be compacted is compacted. One log at a time; a log with a
// fault is reported and passed over until the next time.

import type { Clock, Logger, Timer } from '../../../../framework/index.ts'
import { compact } from './compaction.ts'
import type { PartitionLog } from './partition-log.ts'

export interface CleanerParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly intervalMs: number
  logs(): Iterable<PartitionLog>
}

export class Cleaner {
  readonly #parts: CleanerParts
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(parts: CleanerParts) {
    this.#parts = parts
    this.#schedule()
  }

  /** Resolves when no work is under way. Who calls closes the logs before, which ends a compaction early. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#running
  }

  #schedule(): void {
    if (this.#stopped) return
    this.#timer = this.#parts.clock.after(this.#parts.intervalMs, () => {
      this.#running = this.#pass().then(() => this.#schedule())
    })
  }

  async #pass(): Promise<void> {
    for (const log of [...this.#parts.logs()]) {
      if (this.#stopped) return
      try {
        await this.#clean(log)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        this.#parts.logger.log('error', `Could not clean ${log.name}: ${message}`, { error })
      }
    }
  }

  async #clean(log: PartitionLog): Promise<void> {
    const { clock, logger } = this.#parts
    const removed = log.applyRetention(clock.now())
    if (removed > 0) logger.log('info', `Removed ${removed} segments of ${log.name}, by its retention settings.`)
    if (!log.settings.compact) return
    const compacted = await compact(log, clock)
    if (compacted === undefined) return
    logger.log('info', `Compacted ${log.name} from ${compacted.bytesBefore} to ${compacted.bytesAfter} bytes.`)
  }
}
