// What processors count themselves, by their names for it: plain fields, read when a reporter asks, as all metrics are (Kafka Streams: ProcessorContext#metrics).

import type { Counter, ProcessorMetricsContext } from '../graph/processor.ts'
import type { Metric, MetricTags } from '../ports/metrics.ts'

interface Measured {
  readonly node: string
  readonly name: string
  readonly kind: Metric['kind']
  readonly description: string
  read(): number
}

const group = 'stream-processor-node-metrics'
/** How many a task may have, all processors together: names made of keys would be without end. */
const metricsMax = 1_000

/** Of one task. */
export class ProcessorMetrics {
  private readonly measured = new Map<string, Measured>()
  private readonly counters = new Map<string, { count: number }>()

  /** As the processor of a node sees them. The same name gives the same counter, and a new gauge in the place of the old one. */
  of(node: string): ProcessorMetricsContext {
    return {
      counter: (name, description = '') => this.counter(node, name, description),
      gauge: (name, read, description = '') => this.add({ node, name, kind: 'gauge', description, read }),
    }
  }

  read(tags: MetricTags): readonly Metric[] {
    return [...this.measured.values()].map(({ node, name, kind, description, read }) => {
      return { group, name, kind, description, tags: { ...tags, 'processor-node-id': node }, value: read() }
    })
  }

  private counter(node: string, name: string, description: string): Counter {
    const key = keyOf(node, name)
    const counted = this.counters.get(key) ?? { count: 0 }
    this.counters.set(key, counted)
    this.add({ node, name, kind: 'counter', description, read: () => counted.count })
    return {
      add(count = 1) {
        counted.count += count
      },
    }
  }

  private add(measured: Measured): void {
    const { node, name } = measured
    if (!/^[a-z][a-z0-9-]{0,99}$/.test(name))
      throw new Error(`${node} names a metric ${JSON.stringify(name)}: up to 100 of a-z, 0-9 and hyphen, a letter first`)
    const key = keyOf(node, name)
    if (!this.measured.has(key) && this.measured.size >= metricsMax)
      throw new Error(`${node} makes the metric ${name}, and its task has ${metricsMax} already: let no name depend on a record`)
    this.measured.set(key, measured)
  }
}

function keyOf(node: string, name: string): string {
  return `${node} ${name}`
}
