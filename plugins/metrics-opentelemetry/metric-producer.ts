// The metrics of an app as the SDK of OpenTelemetry takes them from who measures by other means (its bridge for that: MetricProducer). They are read when it asks, and what is
// not there any more is not told any more; instruments of the SDK would tell it for ever.

import { type HrTime, ValueType } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  type CollectionResult,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics'
import { type Clock, type Metric, type Metrics, metricLabels, metricName } from '../../framework/index.ts'

type Point = Extract<MetricData, { readonly dataPointType: DataPointType.SUM }>['dataPoints'][number]

export class AppMetricProducer implements MetricProducer {
  private readonly metrics: Metrics
  private readonly applicationId: string
  private readonly clock: Pick<Clock, 'now'>
  /** When each counter was first seen: one that comes again begins anew. */
  private began = new Map<string, HrTime>()
  private readonly startTime: HrTime

  constructor(metrics: Metrics, applicationId: string, clock: Pick<Clock, 'now'>) {
    this.metrics = metrics
    this.applicationId = applicationId
    this.clock = clock
    this.startTime = timeOf(clock.now())
  }

  async collect(): Promise<CollectionResult> {
    const endTime = timeOf(this.clock.now())
    const before = this.began
    this.began = new Map()
    const named = new Map<string, { readonly metric: Metric; readonly dataPoints: Point[] }>()
    for (const metric of this.metrics.read()) {
      if (!Number.isFinite(metric.value)) continue
      const name = metricName(metric)
      const attributes = { ...metricLabels(metric.tags), application_id: this.applicationId }
      const series = `${name}${JSON.stringify(attributes)}`
      // Of the first look nobody knows when it began; it was not before the reporter did.
      const startTime = before.get(series) ?? (before.size === 0 ? this.startTime : endTime)
      this.began.set(series, startTime)
      const known = named.get(name) ?? { metric, dataPoints: [] }
      known.dataPoints.push({ attributes, startTime, endTime, value: metric.value })
      named.set(name, known)
    }
    const metrics = [...named].map(([name, { metric, dataPoints }]) => dataOf(name, metric, dataPoints))
    // The resource is that of the SDK, which asks.
    return {
      resourceMetrics: { resource: resourceFromAttributes({}), scopeMetrics: [{ scope: { name: 'millrace' }, metrics }] },
      errors: [],
    }
  }
}

function dataOf(name: string, { kind, description }: Metric, dataPoints: Point[]): MetricData {
  const descriptor = { name, description, unit: '', valueType: ValueType.DOUBLE }
  const aggregationTemporality = AggregationTemporality.CUMULATIVE
  return kind === 'counter'
    ? { descriptor, aggregationTemporality, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { descriptor, aggregationTemporality, dataPointType: DataPointType.GAUGE, dataPoints }
}

function timeOf(ms: number): HrTime {
  return [Math.floor(ms / 1_000), (ms % 1_000) * 1_000_000]
}
