// openTelemetry() as a configuration names it: the SDK reads the metrics of the app from time to time and sends them to a collector, as OTLP over HTTP.

import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { definePlugin, type Metrics, type MetricsReporter, type Plugin, type ReporterContext } from '../../framework/index.ts'
import { AppMetricProducer } from './metric-producer.ts'
import { ReportedExporter } from './reported-exporter.ts'

export interface OpenTelemetryOptions {
  /** Where metrics are sent. Default: as `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT` say, or `http://localhost:4318/v1/metrics`. */
  readonly url?: string
  /** Of each request. What is secret belongs into `OTEL_EXPORTER_OTLP_HEADERS`, because the configuration is part of the bundle. */
  readonly headers?: Readonly<Record<string, string>>
  /** Between two exports. Default: 60,000. */
  readonly intervalMs?: number
  /** For one export, with its retries; also for the last one, when the app ends. Default: 10,000, or the interval if that is shorter. */
  readonly timeoutMs?: number
  /** Of the resource, beside `service.name`, which is the application id, and what `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` say, which goes before. Default: none. */
  readonly attributes?: Readonly<Record<string, string>>
}

/**
 * Sends the metrics of an app to an OpenTelemetry collector, as OTLP over HTTP (JSON), from its start to its end, and once more when it ends. Names and attributes are those that
 * Prometheus sees: `millrace_task_process_total` with `task_id`. Sums are cumulative; what was not measured (NaN) is left out. A collector that does not answer is logged, and keeps
 * nothing up.
 *
 * @example
 * ```ts
 * import { defineConfig } from 'millrace'
 * import { openTelemetry } from 'millrace/plugins/metrics-opentelemetry'
 *
 * export default defineConfig({ plugins: [openTelemetry({ url: 'http://collector:4318/v1/metrics', intervalMs: 15_000 })] })
 * ```
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Plugin {
  return definePlugin({ name: 'metrics-opentelemetry', metrics: { openTelemetry: () => new OpenTelemetryReporter(options) } })
}

class OpenTelemetryReporter implements MetricsReporter {
  private readonly options: OpenTelemetryOptions
  private provider: MeterProvider | undefined

  constructor(options: OpenTelemetryOptions) {
    this.options = options
  }

  async start(metrics: Metrics, { applicationId, clock, logger }: ReporterContext): Promise<void> {
    const { url, headers, intervalMs = 60_000, timeoutMs = Math.min(10_000, intervalMs), attributes = {} } = this.options
    const given = { ...(url === undefined ? {} : { url }), ...(headers === undefined ? {} : { headers }) }
    const exporter = new ReportedExporter(new OTLPMetricExporter({ ...given, timeoutMillis: timeoutMs }), logger)
    const own = resourceFromAttributes({ 'service.name': applicationId, ...attributes })
    this.provider = new MeterProvider({
      resource: defaultResource()
        .merge(own)
        .merge(detectResources({ detectors: [envDetector] })),
      readers: [
        new PeriodicExportingMetricReader({
          exporter,
          exportIntervalMillis: intervalMs,
          exportTimeoutMillis: timeoutMs,
          metricProducers: [new AppMetricProducer(metrics, applicationId, clock)],
        }),
      ],
    })
  }

  async close(): Promise<void> {
    const { provider } = this
    this.provider = undefined
    await provider?.shutdown()
  }
}
