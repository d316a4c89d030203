// Metrics in the text format of Prometheus. Names: `millrace_`, what the group is of, the name; with underscores: `process-total` of `stream-task-metrics` is
// `millrace_task_process_total`. Tags are labels: `task-id` is `task_id`.

import { Counter, Gauge, Registry } from 'prom-client'
import { type Metric, type Metrics, metricLabels, metricName } from '../../framework/index.ts'

/**
 * The text of a scrape. `applicationId`, if given, is a label of every metric.
 *
 * @example
 * ```ts
 * import type { Metrics } from 'millrace'
 * import { prometheusText } from 'millrace/plugins/metrics-prometheus'
 *
 * const metrics: Metrics = {
 *   read: () => [
 *     { group: 'stream-task-metrics', name: 'process-total', kind: 'counter', description: 'records', tags: { 'task-id': '0_0' }, value: 7 },
 *   ],
 * }
 * console.log(await prometheusText(metrics))
 * ```
 */
export async function prometheusText(metrics: Metrics, applicationId?: string): Promise<string> {
  const registry = new Registry()
  if (applicationId !== undefined) registry.setDefaultLabels({ application_id: applicationId })
  for (const [name, series] of byName(metrics.read())) add(registry, name, series)
  return await registry.metrics()
}

function byName(metrics: readonly Metric[]): ReadonlyMap<string, readonly Metric[]> {
  const named = new Map<string, Metric[]>()
  for (const metric of metrics) {
    const name = metricName(metric)
    const series = named.get(name)
    if (series === undefined) named.set(name, [metric])
    else series.push(metric)
  }
  return named
}

function add(registry: Registry, name: string, series: readonly Metric[]): void {
  const [{ kind, description, tags }] = series as [Metric]
  const options = { name, help: description, labelNames: Object.keys(metricLabels(tags)), registers: [registry] }
  if (kind === 'counter') {
    const counter = new Counter(options)
    for (const metric of series) counter.inc(metricLabels(metric.tags), metric.value)
  } else {
    const gauge = new Gauge(options)
    for (const metric of series) gauge.set(metricLabels(metric.tags), metric.value)
  }
}
