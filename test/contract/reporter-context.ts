// What a metrics reporter is started with, in tests: an app that runs and is well.

import type { ReporterContext } from '../../framework/index.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'

/** With what the test wants otherwise. */
export function reporterContext(others: Partial<ReporterContext> = {}): ReporterContext {
  return {
    applicationId: 'contract',
    logger: silentLogger,
    clock: new VirtualClock(),
    health: {
      read: () => ({ state: 'running', forMs: 0, group: undefined, tasks: 0, restore: undefined, turnAgeMs: 0, stuckTasks: [] }),
      work: undefined,
    },
    state: {
      ask: () => ({ status: 404, type: 'application/json', body: [].values() }),
    },
    settings: { healthPort: undefined, healthHost: '127.0.0.1', healthStuckMs: 30_000, loopDelayWarnMs: 1_000, stateQueryToken: undefined },
    scrape: async () => undefined,
    ...others,
  }
}
