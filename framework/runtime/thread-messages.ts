// What a stream thread and the thread that looks after it tell each other. All of it can be cloned from thread to thread.

import type { HealthReport } from '../ports/health.ts'
import type { Metric } from '../ports/metrics.ts'
import type { AppTotals } from './app.ts'
import type { AppState } from './app-state.ts'

export type ToThread = { readonly kind: 'stop' }

export type FromThread =
  | { readonly kind: 'state'; readonly state: AppState }
  /** How it is, every second while it runs: one that says nothing any more is stuck. */
  | { readonly kind: 'report'; readonly metrics: readonly Metric[]; readonly health: HealthReport }
  | { readonly kind: 'ended'; readonly totals: AppTotals }
  /** It has told why on standard error. */
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode: number }

/** A thread as the one that looks after it has it. */
export interface ThreadLink {
  send(message: ToThread): void
  /** Called with all that it says, and at last, once, with `ended` or `failed`, whatever becomes of it. */
  listen(take: (message: FromThread) => void): void
}
