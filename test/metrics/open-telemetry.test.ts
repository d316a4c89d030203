// openTelemetry() against a small receiver of OTLP over HTTP, which keeps what it is sent.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Metric, MetricsReporter } from '../../framework/index.ts'
import { type OpenTelemetryOptions, openTelemetry } from '../../plugins/metrics-opentelemetry/index.ts'
import { prometheusText } from '../../plugins/metrics-prometheus/index.ts'
import { metricsReporterContract, type ToldMetric } from '../contract/metrics-reporter.ts'
import { reporterContext } from '../contract/reporter-context.ts'
import { benchOf, counts } from '../runtime/counts.ts'

/** OTLP's JSON, as far as it is looked at. */
interface Export {
  readonly resourceMetrics: readonly [
    {
      readonly resource: { readonly attributes: readonly Attribute[] }
      readonly scopeMetrics: readonly { readonly scope: { readonly name: string }; readonly metrics: readonly Sent[] }[]
    },
  ]
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string }
}

interface Sent {
  readonly name: string
  readonly description: string
  readonly sum?: { readonly aggregationTemporality: number; readonly isMonotonic: boolean; readonly dataPoints: readonly Point[] }
  readonly gauge?: { readonly dataPoints: readonly Point[] }
}

interface Point {
  readonly attributes: readonly Attribute[]
  readonly startTimeUnixNano: string
  readonly timeUnixNano: string
  readonly asDouble: number
}

interface Receiver {
  readonly url: string
  readonly exports: Export[]
  readonly requests: { readonly path: string; readonly type: string; readonly header: string }[]
  status: number
}

async function receiver(): Promise<Receiver> {
  const exports: Export[] = []
  const requests: Receiver['requests'] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    request.on('end', () => {
      const { 'content-type': type = '', 'x-tenant': header = '' } = request.headers
      requests.push({ path: request.url!, type, header: String(header) })
      if (got.status === 200) exports.push(JSON.parse(text) as Export)
      response.writeHead(got.status, { 'Content-Type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const got: Receiver = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`, exports, requests, status: 200 }
  return got
}

async function eventually(condition: () => boolean, withinMs = 10_000): Promise<void> {
  const deadlineMs = Date.now() + withinMs
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error('it did not come to pass')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function reporterOf(options: OpenTelemetryOptions): MetricsReporter {
  const reporter = openTelemetry(options).metrics!.openTelemetry!()
  onTestFinished(() => reporter.close())
  return reporter
}

function sentBy({ resourceMetrics: [{ scopeMetrics }] }: Export): readonly Sent[] {
  return scopeMetrics.filter(({ scope }) => scope.name === 'millrace').flatMap(({ metrics }) => metrics)
}

function pointsOf({ sum, gauge }: Sent): readonly Point[] {
  return (sum ?? gauge)!.dataPoints
}

function plain(attributes: readonly Attribute[]): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? '']))
}

metricsReporterContract('openTelemetry', async () => {
  const { url, exports } = await receiver()
  const told = async (): Promise<readonly ToldMetric[]> => {
    // What is on its way may have been read before.
    const wanted = exports.length + 2
    await eventually(() => exports.length >= wanted, 2_000)
    return sentBy(exports.at(-1)!).flatMap((sent) =>
      pointsOf(sent).map(({ attributes, asDouble }) => ({ name: sent.name, tagValues: Object.values(plain(attributes)), value: asDouble })),
    )
  }
  return { reporter: reporterOf({ url, intervalMs: 30 }), told }
})

const counter: Metric = {
  group: 'stream-task-metrics',
  name: 'process-total',
  kind: 'counter',
  description: 'records processed',
  tags: { 'task-id': '0_0' },
  value: 7,
}
const gauge: Metric = {
  group: 'stream-metrics',
  name: 'state',
  kind: 'gauge',
  description: 'the state',
  tags: { state: 'running' },
  value: 1,
}

describe('openTelemetry()', () => {
  it('sends sums and gauges of the resource that is the app, to where it is told, and once more at the end', async () => {
    const { url, exports, requests } = await receiver()
    const reporter = reporterOf({ url, headers: { 'X-Tenant': 'ours' }, attributes: { 'deployment.environment.name': 'test' } })
    const unmeasured: Metric = { ...gauge, name: 'process-latency-avg', value: Number.NaN }
    await reporter.start({ read: () => [counter, gauge, unmeasured] }, reporterContext({ applicationId: 'app' }))
    await reporter.close()
    expect(requests).toEqual([{ path: '/v1/metrics', type: 'application/json', header: 'ours' }])
    const [sent] = exports
    expect(plain(sent!.resourceMetrics[0].resource.attributes)).toMatchObject({
      'service.name': 'app',
      'deployment.environment.name': 'test',
      'telemetry.sdk.name': 'opentelemetry',
    })
    expect(sentBy(sent!)).toMatchObject([
      { name: 'millrace_task_process_total', description: 'records processed', sum: { aggregationTemporality: 2, isMonotonic: true } },
      { name: 'millrace_state', description: 'the state' },
    ])
    expect(
      sentBy(sent!)
        .flatMap(pointsOf)
        .map(({ attributes, asDouble }) => [plain(attributes), asDouble]),
    ).toEqual([
      [{ task_id: '0_0', application_id: 'app' }, 7],
      [{ state: 'running', application_id: 'app' }, 1],
    ])
  })

  it('begins anew where a task comes back, so that its smaller counter is no error', async () => {
    const { url, exports } = await receiver()
    let read: readonly Metric[] = [counter, gauge]
    const context = reporterContext()
    const clock = { ...context.clock, now: () => Date.now() as never }
    await reporterOf({ url, intervalMs: 20 }).start({ read: () => read }, { ...context, clock: clock as never })
    const starts = async (): Promise<readonly string[]> => {
      const wanted = exports.length + 2
      await eventually(() => exports.length >= wanted)
      return sentBy(exports.at(-1)!)
        .flatMap(pointsOf)
        .map(({ startTimeUnixNano }) => startTimeUnixNano)
    }
    const [first, ofGauge] = await starts()
    expect(await starts()).toEqual([first, ofGauge])
    read = [gauge]
    expect(await starts()).toEqual([ofGauge])
    read = [{ ...counter, value: 1 }, gauge]
    const [again] = await starts()
    expect(BigInt(again!)).toBeGreaterThan(BigInt(first!))
    expect((await starts())[0]).toBe(again)
  })

  it('says once that nobody takes what it sends, and that somebody does again, and does not keep the app from ending', async () => {
    const got = await receiver()
    got.status = 400
    const logged: string[] = []
    const logger = { log: (_level: string, message: string) => logged.push(message) }
    const reporter = reporterOf({ url: got.url, intervalMs: 20 })
    await reporter.start({ read: () => [counter] }, reporterContext({ logger }))
    await eventually(() => got.requests.length >= 3)
    expect(logged).toEqual([expect.stringMatching(/^Metrics were not exported, and are tried again at each interval: /)])
    got.status = 200
    await eventually(() => logged.length === 2)
    expect(logged[1]).toBe('Metrics are exported again.')
    await reporter.close()
    const nobody = reporterOf({ url: 'http://127.0.0.1:1/v1/metrics', intervalMs: 500 })
    await nobody.start({ read: () => [counter] }, reporterContext({ logger }))
    await nobody.close()
    expect(logged).toHaveLength(3)
  })

  it('tells of an app what Prometheus is told, with the same names and labels', async () => {
    const { url, exports } = await receiver()
    const bench = await benchOf(2)
    await bench.produce('in', [
      ['a', 'x'],
      ['b', 'y'],
    ])
    const beside: MetricsReporter = {
      start: async (metrics) => {
        read = () => prometheusText(metrics, 'counts')
      },
      close: async () => {},
    }
    let read = (): Promise<string> => Promise.reject(new Error('not started'))
    const started = bench.start(counts, { config: { cacheBytesMax: 0 }, reporters: [beside, reporterOf({ url, intervalMs: 20 })] })
    await started.reaches('running')
    await bench.clock.advanceUntil(() => bench.values('out').length === 2)
    const wanted = exports.length + 2
    await eventually(() => exports.length >= wanted)
    const series = (await read())
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#') && !line.endsWith(' Nan') && !line.endsWith(' NaN'))
    const ofPrometheus = series.map((line) => {
      const [, name = '', labels = ''] = /^(\w+)\{(.*)\} \S+$/.exec(line) ?? []
      return `${name} ${[...labels.matchAll(/(\w+)="([^"]*)"/g)]
        .map(([, label, value]) => `${label}=${value}`)
        .sort()
        .join()}`
    })
    const ofOtlp = sentBy(exports.at(-1)!).flatMap((sent) =>
      pointsOf(sent).map(
        ({ attributes }) =>
          `${sent.name} ${Object.entries(plain(attributes))
            .map((entry) => entry.join('='))
            .sort()
            .join()}`,
      ),
    )
    expect(ofOtlp.length).toBeGreaterThan(40)
    expect([...ofOtlp].sort()).toEqual([...ofPrometheus].sort())
    await started.stop()
  })
})
