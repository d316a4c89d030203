// prometheus() as a configuration names it: a small HTTP server that gives the metrics of the app when it is asked.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { collectDefaultMetrics, Registry } from 'prom-client'
import {
  definePlugin,
  type Metrics,
  type MetricsReporter,
  type MetricsText,
  MillraceError,
  type Plugin,
  type ReporterContext,
} from '../../framework/index.ts'
import { prometheusText } from './text.ts'

export interface PrometheusOptions {
  /** Default: 9464. 0 takes a free one, which the log names; `false` listens nowhere, for an app whose probes (`healthPort`) have /metrics too. */
  readonly port?: number | false
  /** Default: 127.0.0.1. In a container it is `0.0.0.0`, if nobody can reach it who should not. */
  readonly host?: string
  /** Whether to tell of the process too (memory, CPU, event loop), as prom-client does by default. Default: false. */
  readonly processMetrics?: boolean
}

/**
 * Serves the metrics of an app at `http://<host>:<port>/metrics`, in Prometheus' text format, from its start to its end. They are read when somebody asks.
 * The app ends with `metrics-cannot-listen` if the port is in use.
 *
 * @example
 * ```ts
 * import { defineConfig } from 'millrace'
 * import { prometheus } from 'millrace/plugins/metrics-prometheus'
 *
 * export default defineConfig({ plugins: [prometheus({ host: '0.0.0.0', port: 9464 })] })
 * ```
 */
export function prometheus(options: PrometheusOptions = {}): Plugin {
  return definePlugin({ name: 'metrics-prometheus', metrics: { prometheus: () => new PrometheusServer(options) } })
}

class PrometheusServer implements MetricsReporter {
  private readonly options: PrometheusOptions
  private server: Server | undefined
  private text: (() => Promise<string>) | undefined

  constructor(options: PrometheusOptions) {
    this.options = options
  }

  async start(metrics: Metrics, { applicationId, logger }: ReporterContext): Promise<void> {
    const { host = '127.0.0.1', port = 9464, processMetrics = false } = this.options
    const ofProcess = processMetrics ? new Registry() : undefined
    if (ofProcess !== undefined) collectDefaultMetrics({ register: ofProcess })
    const text = async (): Promise<string> => {
      const own = await prometheusText(metrics, applicationId)
      return ofProcess === undefined ? own : `${own}${await ofProcess.metrics()}`
    }
    this.text = text
    if (port === false) return
    const server = createServer((request, response) => void answer(request, response, text))
    await new Promise<void>((listening, fail) => {
      server.once('error', (error) => fail(cannotListen(error, host, port)))
      server.listen(port, host, listening)
    })
    this.server = server
    // Nobody should be kept from ending by it.
    server.unref()
    logger.log('info', `Metrics at http://${host}:${(server.address() as AddressInfo).port}/metrics.`, {
      port: (server.address() as AddressInfo).port,
    })
  }

  async scrape(): Promise<MetricsText> {
    if (this.text === undefined) throw new Error('the reporter is not started')
    return { type: Registry.PROMETHEUS_CONTENT_TYPE, body: await this.text() }
  }

  async close(): Promise<void> {
    const { server } = this
    if (server === undefined) return
    this.server = undefined
    server.closeAllConnections()
    await new Promise<void>((closed) => server.close(() => closed()))
  }
}

async function answer({ url = '', method = '' }: IncomingMessage, response: ServerResponse, text: () => Promise<string>): Promise<void> {
  if (url.replace(/\?.*/, '') !== '/metrics') {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Metrics are at /metrics.\n')
    return
  }
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD' }).end()
    return
  }
  try {
    const body = await text()
    response.writeHead(200, { 'Content-Type': Registry.PROMETHEUS_CONTENT_TYPE }).end(body)
  } catch (error) {
    response.writeHead(500, { 'Content-Type': 'text/plain' }).end(`The metrics cannot be read: ${String(error)}\n`)
  }
}

function cannotListen(error: Error & { readonly code?: string }, host: string, port: number): MillraceError {
  const problem = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message
  return new MillraceError('metrics-cannot-listen', { host, port, problem }, error)
}
