// Metrics for Prometheus, on prom-client, which has to be installed beside Millrace.

export { type PrometheusOptions, prometheus } from './prometheus.ts'
export { prometheusText } from './text.ts'
