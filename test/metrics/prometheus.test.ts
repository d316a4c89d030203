import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { MetricsReporter } from '../../framework/index.ts'
import { type PrometheusOptions, prometheus, prometheusText } from '../../plugins/metrics-prometheus/index.ts'
import { metricsReporterContract, type ToldMetric } from '../contract/metrics-reporter.ts'
import { reporterContext } from '../contract/reporter-context.ts'

const context = reporterContext({ applicationId: 'app' })

function reporterOf(options: PrometheusOptions = { port: 0 }): { readonly reporter: MetricsReporter; readonly url: () => string } {
  const made = prometheus(options).metrics!.prometheus!()
  let url = 'http://127.0.0.1:1/never-started'
  const reporter: MetricsReporter = {
    start: (metrics, given) =>
      made.start(metrics, {
        ...given,
        logger: {
          log: (_level, message) => {
            url = /http:\S+metrics/.exec(message)![0]
          },
        },
      }),
    close: () => made.close(),
  }
  onTestFinished(() => reporter.close())
  return { reporter, url: () => url }
}

function parsed(text: string): readonly ToldMetric[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? []
      const tagValues = [...labels.matchAll(/\w+="((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
        text.replaceAll(/\\(.)/g, (_whole, letter: string) => (letter === 'n' ? '\n' : letter)),
      )
      return { name, tagValues, value: Number(value) }
    })
}

metricsReporterContract('prometheus', () => {
  const { reporter, url } = reporterOf()
  return { reporter, told: async () => parsed(await (await fetch(url())).text()) }
})

const metrics = {
  read: () =>
    [
      { group: 'stream-metrics', name: 'state', kind: 'gauge', description: 'the state', tags: { state: 'running' }, value: 1 },
      {
        group: 'stream-task-metrics',
        name: 'process-total',
        kind: 'counter',
        description: 'records',
        tags: { 'task-id': '0_0' },
        value: 7,
      },
    ] as const,
}

describe('prometheus()', () => {
  it('gives the text without a server too', async () => {
    expect(await prometheusText(metrics, 'app')).toBe(
      [
        '# HELP millrace_state the state',
        '# TYPE millrace_state gauge',
        'millrace_state{state="running",application_id="app"} 1',
        '',
        '# HELP millrace_task_process_total records',
        '# TYPE millrace_task_process_total counter',
        'millrace_task_process_total{task_id="0_0",application_id="app"} 7',
        '',
      ].join('\n'),
    )
  })

  it('answers with the type that Prometheus wants, and nothing but /metrics', async () => {
    const { reporter, url } = reporterOf()
    await reporter.start(metrics, context)
    expect((await fetch(url())).headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect((await fetch(`${url()}?name=x`)).status).toBe(200)
    expect((await fetch(url().replace('/metrics', '/'))).status).toBe(404)
    expect((await fetch(url(), { method: 'POST' })).status).toBe(405)
  })

  it('tells of the process if asked to', async () => {
    const { reporter, url } = reporterOf({ port: 0, processMetrics: true })
    await reporter.start(metrics, context)
    const text = await (await fetch(url())).text()
    expect(text).toContain('millrace_task_process_total')
    expect(text).toContain('process_resident_memory_bytes')
  })

  it('says that a port is in use', async () => {
    const taken = createServer()
    await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening))
    onTestFinished(() => void taken.close())
    const { port } = taken.address() as { readonly port: number }
    const { reporter } = reporterOf({ port })
    await expect(reporter.start(metrics, context)).rejects.toThrow(
      `Metrics cannot be given at 127.0.0.1:${port}: the port is in use. Stop what listens there`,
    )
  })

  it('fails the request, not the app, where the metrics cannot be read', async () => {
    const { reporter, url } = reporterOf()
    const broken = {
      read: () => {
        throw new Error('broken')
      },
    }
    await reporter.start(broken, context)
    const answered = await fetch(url())
    expect(answered.status).toBe(500)
    expect(await answered.text()).toContain('broken')
  })
})
