// Metrics in the text format of Prometheus. Names: `millrace_`, what the group is of, the name; with underscores: `process-total` of `stream-task-metrics` is
// `millrace_task_process_total`. Tags are labels: `task-id` is `task_id`.

import { Counter, Gauge, Registry } from 'prom-client'
import type { Metric, Metrics } from '../../framework/index.ts'

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
    const name = nameOf(metric)
    const series = named.get(name)
    if (series === undefined) named.set(name, [metric])
    else series.push(metric)
  }
  return named
}

function add(registry: Registry, name: string, series: readonly Metric[]): void {
  const [{ kind, description, tags }] = series as [Metric]
  const options = { name, help: description, labelNames: Object.keys(tags).map(underscored), registers: [registry] }
  if (kind === 'counter') {
    const counter = new Counter(options)
    for (const metric of series) counter.inc(labelsOf(metric), metric.value)
  } else {
    const gauge = new Gauge(options)
    for (const metric of series) gauge.set(labelsOf(metric), metric.value)
  }
}

/** `stream-thread-metrics`: thread; `consumer-fetch-manager-metrics`: consumer_fetch_manager; `stream-metrics`: nothing. */
function nameOf({ group, name }: Metric): string {
  const of = group.replace(/^stream-/, '').replace(/-?metrics$/, '')
  return underscored(['millrace', ...(of === '' ? [] : [of]), name].join('-'))
}

function labelsOf({ tags }: Metric): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [underscored(name), value]))
}

function underscored(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9]/g, '_')
}
