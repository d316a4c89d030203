// Names of metrics outside of Kafka: those that Prometheus sees, and whoever else has no groups. `millrace_`, what the group is of, the name; with underscores.

import type { Metric, MetricTags } from './metrics.ts'

/**
 * The name of a metric without its group: `process-total` of `stream-task-metrics` is `millrace_task_process_total`; of `stream-metrics`, `state` is `millrace_state`. For
 * reporters to systems whose names have letters, digits and underscores.
 *
 * @example
 * ```ts
 * import { metricName } from 'millrace'
 *
 * console.log(metricName({ group: 'consumer-fetch-manager-metrics', name: 'records-lag' })) // millrace_consumer_fetch_manager_records_lag
 * ```
 */
export function metricName({ group, name }: Pick<Metric, 'group' | 'name'>): string {
  const of = group.replace(/^stream-/, '').replace(/-?metrics$/, '')
  return underscored(['millrace', ...(of === '' ? [] : [of]), name].join('-'))
}

/**
 * Tags with names of the same form: `task-id` is `task_id`. Values stay as they are.
 *
 * @example
 * ```ts
 * import { metricLabels } from 'millrace'
 *
 * console.log(metricLabels({ 'task-id': '0_1' })) // { task_id: '0_1' }
 * ```
 */
export function metricLabels(tags: MetricTags): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).map(([name, value]) => [underscored(name), value]))
}

function underscored(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9]/g, '_')
}
