// An exporter whose failures are told to the app's log, once until it works again: the SDK keeps them to itself.

import type { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import type { AggregationTemporality, InstrumentType, PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { Logger } from '../../framework/index.ts'

type Done = Parameters<PushMetricExporter['export']>[1]

export class ReportedExporter implements PushMetricExporter {
  private readonly exporter: OTLPMetricExporter
  private readonly logger: Logger
  private fails = false

  constructor(exporter: OTLPMetricExporter, logger: Logger) {
    this.exporter = exporter
    this.logger = logger
  }

  export(metrics: ResourceMetrics, done: Done): void {
    this.exporter.export(metrics, (result) => {
      this.tell(result.error)
      done(result)
    })
  }

  async forceFlush(): Promise<void> {
    await this.exporter.forceFlush()
  }

  selectAggregationTemporality(kind: InstrumentType): AggregationTemporality {
    return this.exporter.selectAggregationTemporality(kind)
  }

  async shutdown(): Promise<void> {
    await this.exporter.shutdown()
  }

  private tell(error: Error | undefined): void {
    if (error !== undefined && !this.fails)
      this.logger.log('warn', `Metrics were not exported, and are tried again at each interval: ${error.message}`)
    if (error === undefined && this.fails) this.logger.log('info', 'Metrics are exported again.')
    this.fails = error !== undefined
  }
}
