// What a stream thread and the thread that looks after it tell each other. All of it can be cloned from thread to thread.

import type { HealthReport } from '../ports/health.ts'
import type { Metric } from '../ports/metrics.ts'
import type { AppTotals } from './app.ts'
import type { AppState } from './app-state.ts'
import type { StoreCall, StoreReply } from './store-calls.ts'

export type ToThread =
  | { readonly kind: 'stop' }
  /** For state, as over HTTP: the rows are always lines. */
  | { readonly kind: 'ask'; readonly id: number; readonly url: string }
  /** Another piece of the answer, or none any more. */
  | { readonly kind: 'next' | 'drop'; readonly id: number }

export type FromThread =
  | { readonly kind: 'state'; readonly state: AppState }
  /** How it is, every second while it runs: one that says nothing any more is stuck. */
  | { readonly kind: 'report'; readonly metrics: readonly Metric[]; readonly health: HealthReport }
  | AnswerOfThread
  /** Where its beats and its work can be seen, if somebody watches; and what the numbers there stand for. */
  | { readonly kind: 'watched'; readonly beats: SharedArrayBuffer; readonly work: SharedArrayBuffer }
  | { readonly kind: 'name'; readonly number: number; readonly name: string }
  | { readonly kind: 'piece'; readonly id: number; readonly text: string; readonly more: boolean }
  | { readonly kind: 'ended'; readonly totals: AppTotals }
  /** It has told why on standard error. */
  | { readonly kind: 'failed'; readonly message: string; readonly exitCode: number }

export interface AnswerOfThread {
  readonly kind: 'answer'
  readonly id: number
  /** False where it may have what was asked for, and cannot say it now. */
  readonly isRunning: boolean
  readonly status: number
  readonly elsewhere: string | undefined
  /** The first piece of the body. */
  readonly text: string
  readonly more: boolean
}

/** A thread that can be waited for. */
export interface CalledThread {
  /** Asks; what it gives waits for the answer, for some seconds at most, and never throws. */
  call(call: StoreCall): () => StoreReply
}

/** A thread as the one that looks after it has it. */
export interface ThreadLink extends CalledThread {
  send(message: ToThread): void
  /** Called with all that it says, and at last, once, with `ended` or `failed`, whatever becomes of it. */
  listen(take: (message: FromThread) => void): void
}
