// The producers of members that are gone. What one has left open holds up whoever takes its tasks over, up to its timeout and until the broker looks for such
// transactions, 20 s with the defaults of both; so those that stay end it at once. A member that the group has given up could not commit any more in any case. It is done before
// the next rebalance, so that a producer that comes back with the same id, which opens it after that, is not fenced by it.

import type { Settings } from '../config.ts'
import type { Admin } from '../ports/broker.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'

export interface DepartedProducersParts {
  readonly admin: Pick<Admin, 'fenceProducers'>
  readonly settings: Pick<Settings, 'transactionTimeoutMs'>
  readonly clock: Clock
  readonly logger: Logger
}

export class DepartedProducers {
  private readonly parts: DepartedProducersParts
  private known: readonly string[] = []

  constructor(parts: DepartedProducersParts) {
    this.parts = parts
  }

  /** `present`: those of all members now; undefined where the one that leads does not say. Never rejects: the broker ends the transactions later by itself. */
  async fence(present: readonly string[] = []): Promise<void> {
    const gone = present.length === 0 ? [] : this.known.filter((id) => !present.includes(id))
    this.known = present
    if (gone.length === 0) return
    const { admin, settings, clock, logger } = this.parts
    logger.log('info', `Ending the transactions of producers whose members are gone: ${gone.length}.`, { producers: gone })
    // By then the broker has given them up itself.
    let patience: Timer | undefined
    const isOver = new Promise<void>((resolve) => {
      patience = clock.after(settings.transactionTimeoutMs, resolve)
    })
    const fenced = admin.fenceProducers(gone).catch((error: unknown) => {
      logger.log('warn', `Transactions of members that are gone were not ended, and run into their timeout: ${String(error)}`)
    })
    await Promise.race([fenced, isOver])
    patience?.cancel()
  }
}
