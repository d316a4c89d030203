// Counters and gauges, named as Kafka Streams names its metrics where it has them. A reporter plugin reads them.

export interface Counter {
  add(count: number): void
}

export interface Gauge {
  set(value: number): void
}

export type MetricTags = Readonly<Record<string, string>>

export interface Metrics {
  /** The same name and tags give the same counter. */
  counter(name: string, tags?: MetricTags): Counter
  gauge(name: string, tags?: MetricTags): Gauge
}
