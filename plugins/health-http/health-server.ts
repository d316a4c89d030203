// health() as a generated entry point names it: where the setting healthPort says so, a thread answers probes over HTTP. It is a thread of its own so that it can
// answer, and say what is to blame, when the app's thread does not.

import { Worker } from 'node:worker_threads'
import {
  definePlugin,
  type HealthReport,
  type Metrics,
  type MetricsReporter,
  MillraceError,
  type Plugin,
  type ReporterContext,
} from '../../framework/index.ts'
import { forwarded } from './forwarded-question.ts'
import { type AskedState, type FromProbe, probeWorkerSource, type ToProbe } from './probe-worker-source.ts'
import { whyRefused } from './state-access.ts'
import { type Verdict, verdictOfLife, verdictOfReadiness } from './verdicts.ts'

/** How often the app's thread says that its event loop turns, and looks how its tasks get on. */
const beatMs = 100
const beatsPerLook = 10
const paths = ['/livez', '/readyz', '/metrics', '/state']
/** Answers for state that are on their way at once; each holds an iterator. */
const streamsMax = 16
const busy = { status: 503, code: 'busy', message: `${streamsMax} answers are on their way already. Ask again later.` }

export function health(): Plugin {
  return definePlugin({ name: 'health-http', metrics: { health: () => new HealthServer() } })
}

class HealthServer implements MetricsReporter {
  private worker: Worker | undefined
  private timer: NodeJS.Timeout | undefined
  private context: ReporterContext | undefined
  /** Of answers for state whose readers have not had all. */
  private readonly streams = new Map<number, Iterator<string> | AsyncIterator<string>>()

  async start(_metrics: Metrics, context: ReporterContext): Promise<void> {
    const { settings, logger } = context
    const { healthPort: port, healthHost: host } = settings
    if (port === undefined) return
    this.context = context
    const beats = new Int32Array(new SharedArrayBuffer(4))
    const { healthStuckMs: stuckMs, loopDelayWarnMs } = settings
    const { health } = context
    const { work } = health
    const worker = new Worker(probeWorkerSource, {
      eval: true,
      execArgv: [],
      name: 'health',
      workerData: { host, port, beats: beats.buffer, work: work?.shared, stuckMs, loopDelayWarnMs, beatMs, paths },
    })
    this.worker = worker
    work?.onName((number, name) => this.tell({ kind: 'name', number, name }))
    let loops = 0
    health.onLoop?.(({ work: seen, ...watched }) => {
      const loop = loops++
      this.tell({ kind: 'loop', loop, ...watched, work: seen.shared })
      seen.onName((number, name) => this.tell({ kind: 'name', loop, number, name }))
      return () => this.tell({ kind: 'loop gone', loop })
    })
    const listening = new Promise<number>((resolve, reject) => {
      worker.on('message', (message: FromProbe) => {
        if (message.kind === 'listening') resolve(message.port)
        else if (message.kind === 'cannot listen') reject(cannotListen(message, host, port))
        else this.take(message)
      })
      worker.once('error', reject)
    })
    this.timer = setInterval(() => this.beat(beats), beatMs)
    this.timer.unref()
    const listensAt = await listening
    // Nobody should be kept from ending by it.
    worker.unref()
    worker.on('error', (error) => logger.log('error', `Probes are not answered any more: ${error.message}`))
    logger.log('info', `Probes are answered at http://${host}:${listensAt}/livez, /readyz and /metrics, questions for state at /state.`, {
      port: listensAt,
    })
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    const { worker } = this
    this.worker = undefined
    if (worker === undefined) return
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    worker.ref()
    worker.postMessage({ kind: 'close' } satisfies ToProbe)
    await ended
  }

  private beat(beats: Int32Array): void {
    const count = Atomics.add(beats, 0, 1)
    // So that tasks that get on are seen to get on, though nobody asks.
    if (count % beatsPerLook === 0) this.context?.health.read()
  }

  private take(message: Exclude<FromProbe, { kind: 'listening' | 'cannot listen' }>): void {
    if (message.kind === 'question') {
      if (message.path === '/state') void this.answerState(message.id, message)
      else void this.answer(message.id, message.path)
      return
    }
    if (message.kind === 'next' || message.kind === 'drop') {
      if (message.kind === 'next') void this.sendNext(message.id)
      else this.drop(message.id)
      return
    }
    const { blockedMs, thread, operator, record } = message
    const by = operator === null ? 'not by an operator' : `by ${operator}${record === null ? '' : ` on ${record}`}`
    const loop = thread === null ? 'The event loop' : `The event loop of ${thread}`
    this.context?.logger.log('warn', `${loop} was blocked for ${(blockedMs / 1_000).toFixed(1)} s, ${by}.`, {
      blockedMs: Math.round(blockedMs),
      ...(thread === null ? {} : { thread }),
      operator,
      record,
    })
  }

  private async answer(id: number, path: string): Promise<void> {
    const { health, settings, scrape } = this.context!
    if (path === '/metrics') {
      const text = await scrape().catch((error: unknown) => ({
        type: 'text/plain',
        body: `The metrics cannot be read: ${String(error)}\n`,
      }))
      const none = 'No plugin gives metrics as text: name prometheus() in the configuration.\n'
      this.tell({ kind: 'answer', id, status: text === undefined ? 404 : 200, ...(text ?? { type: 'text/plain', body: none }) })
      return
    }
    const report = health.read()
    const verdict = path === '/livez' ? verdictOfLife(report, settings.healthStuckMs) : verdictOfReadiness(report)
    this.tell({ kind: 'answer', id, status: verdict.ok ? 200 : 503, type: 'application/json', body: bodyOf(verdict, report) })
  }

  private async answerState(id: number, asked: AskedState): Promise<void> {
    const { url, host, authorization, accept } = asked
    const { settings, state } = this.context!
    const lines = /[?&]format=ndjson(&|$)/.test(url) || accept.includes('application/x-ndjson')
    const refusal =
      whyRefused(settings.healthHost, settings.stateQueryToken, { authorization, host }) ??
      (this.streams.size < streamsMax ? undefined : busy)
    if (refusal !== undefined) {
      const { status, code, message } = refusal
      this.tell({ kind: 'answer', id, status, type: 'application/json', body: `${JSON.stringify({ error: { code, message } })}\n` })
      return
    }
    // It counts among those that are on their way before there is anything to send.
    this.streams.set(id, [].values())
    const { status, type, body, elsewhere } = await state.ask({ url, lines })
    if (elsewhere !== undefined && !asked.forwarded) {
      await this.forward(id, elsewhere, asked)
      return
    }
    const first = await body.next()
    const isWanted = this.streams.delete(id)
    // One JSON text is there at once; lines may go on.
    const more = isWanted && lines && status === 200 && first.done !== true
    if (more) this.streams.set(id, body)
    else void body.return?.()
    this.tell({ kind: 'answer', id, status, type, body: first.done === true ? '' : first.value, more })
  }

  /** Has another instance answer, and passes on what it says, as fast as it is taken. */
  private async forward(id: number, server: string, asked: AskedState): Promise<void> {
    // It counts among those that are on their way before there is anything to send.
    this.streams.set(id, [].values())
    const { done, value, status, type, body } = await forwarded(server, asked)
    const isWanted = this.streams.delete(id)
    const more = isWanted && !done
    if (more) this.streams.set(id, body)
    else if (!done) void body.return?.()
    this.tell({ kind: 'answer', id, status, type, body: value ?? '', more })
  }

  private async sendNext(id: number): Promise<void> {
    const body = this.streams.get(id)
    if (body === undefined) return
    const next = await body.next()
    if (next.done === true) this.streams.delete(id)
    this.tell({ kind: 'piece', id, body: next.done === true ? '' : next.value, more: next.done !== true })
  }

  private drop(id: number): void {
    void this.streams.get(id)?.return?.()
    this.streams.delete(id)
  }

  private tell(message: ToProbe): void {
    this.worker?.postMessage(message)
  }
}

function bodyOf({ status }: Verdict, report: HealthReport): string {
  return `${JSON.stringify({ status, ...report })}\n`
}

function cannotListen({ code, message }: { readonly code: string; readonly message: string }, host: string, port: number): MillraceError {
  const problem = code === 'EADDRINUSE' ? 'the port is in use' : message
  return new MillraceError('health-cannot-listen', { host, port, problem })
}
