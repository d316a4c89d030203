// The app in a stream thread, as it tells the thread that looks after it: its states, how it is from time to time, and how it ended.

import type { Clock, Timer } from '../ports/clock.ts'
import type { Health, WorkInView } from '../ports/health.ts'
import type { Metrics, MetricsReporter } from '../ports/metrics.ts'
import { App, type AppOptions } from './app.ts'
import { StoreCalls } from './store-calls.ts'
import { ThreadAnswers } from './thread-answers.ts'
import type { FromThread, ToThread } from './thread-messages.ts'

const reportEveryMs = 1_000
export const beatMs = 100

export interface ThreadApp {
  /** Does what it is told, and answers what it is asked. */
  take(message: ToThread): void
  /** Answers who waits for it. */
  readonly calls: StoreCalls
  /** What it has said last. Never rejects. */
  readonly ended: Promise<void>
}

/** `failure`: what is said of it, and the exit code that the app ends with. */
export function startThreadApp(
  options: Omit<AppOptions, 'onState' | 'reporters'>,
  tell: (message: FromThread) => void,
  failure: (error: unknown) => { readonly message: string; readonly exitCode: number },
): ThreadApp {
  const app = new App({
    ...options,
    onState: (state) => tell({ kind: 'state', state }),
    reporters: [new Reports(options.clock, tell)],
  })
  const ended = app.run().then(
    (totals) => tell({ kind: 'ended', totals }),
    (error: unknown) => tell({ kind: 'failed', ...failure(error) }),
  )
  const answers = new ThreadAnswers(app, tell)
  const take = (message: ToThread): void => {
    if (message.kind === 'stop') app.stop()
    else answers.take(message)
  }
  return { take, calls: new StoreCalls(app), ended }
}

class Reports implements MetricsReporter {
  private readonly clock: Clock
  private readonly tell: (message: FromThread) => void
  private timer: Timer | undefined
  private beatTimer: Timer | undefined

  constructor(clock: Clock, tell: (message: FromThread) => void) {
    this.clock = clock
    this.tell = tell
  }

  async start(metrics: Metrics, { health }: { readonly health: Health }): Promise<void> {
    if (health.work !== undefined) this.showLoop(health.work)
    this.report(metrics, health)
  }

  async close(): Promise<void> {
    this.timer?.cancel()
    this.beatTimer?.cancel()
  }

  /** For the thread that answers probes: it sees this one also while it says nothing. */
  private showLoop(work: WorkInView): void {
    const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    this.tell({ kind: 'watched', beats: beats.buffer as SharedArrayBuffer, work: work.shared })
    work.onName((number, name) => this.tell({ kind: 'name', number, name }))
    const beat = (): void => {
      Atomics.add(beats, 0, 1)
      this.beatTimer = this.clock.after(beatMs, beat)
    }
    beat()
  }

  private report(metrics: Metrics, health: Health): void {
    this.tell({ kind: 'report', metrics: metrics.read(), health: health.read() })
    this.timer = this.clock.after(reportEveryMs, () => this.report(metrics, health))
  }
}
