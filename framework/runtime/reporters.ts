// The metrics reporters of an app: started before it connects, so that its start can be watched, and closed when it has ended.

import type { Logger } from '../ports/logger.ts'
import type { Metrics, MetricsReporter, ReporterContext } from '../ports/metrics.ts'

export class Reporters {
  private readonly reporters: readonly MetricsReporter[]
  private readonly context: ReporterContext

  constructor(reporters: readonly MetricsReporter[], context: Omit<ReporterContext, 'scrape'>) {
    this.reporters = reporters
    const { applicationId, logger, clock, health, state, settings } = context
    this.context = { applicationId, logger, clock, health, state, settings, scrape: async () => await this.scraped()?.scrape?.() }
  }

  private scraped(): MetricsReporter | undefined {
    return this.reporters.find((reporter) => reporter.scrape !== undefined)
  }

  /** Rejects with what the first one that cannot start says. */
  async start(metrics: Metrics): Promise<void> {
    for (const reporter of this.reporters) await reporter.start(metrics, this.context)
  }

  /** Closes all; what fails is said, and keeps nobody from ending. */
  async close(): Promise<void> {
    const { logger }: { readonly logger: Logger } = this.context
    for (const reporter of this.reporters)
      await reporter.close().catch((error: unknown) => logger.log('warn', `A metrics reporter was not closed: ${String(error)}`))
  }
}
