// Calls to the outside, so many at once, in the order in which they were asked for; each with a time limit, and made again after a delay if it fails. None of
// them rejects: what comes of one is a value or a failure.

import type { AsyncCall, AsyncCallSpec } from '../graph/operator-spec.ts'
import type { AsyncCalls } from './operator-environment.ts'

export type Outcome = { readonly kind: 'value'; readonly value: unknown } | { readonly kind: 'failure'; readonly error: unknown }

interface Waiting {
  readonly make: (call: AsyncCall) => Promise<unknown>
  readonly done: (outcome: Outcome) => void
}

export class CallQueue {
  private readonly spec: AsyncCallSpec
  private readonly calls: AsyncCalls
  /** Of the attempts that run. */
  private readonly aborts = new Set<AbortController>()
  private readonly waiting: Waiting[] = []
  private running = 0
  private closed = false

  constructor(spec: AsyncCallSpec, calls: AsyncCalls) {
    this.spec = spec
    this.calls = calls
  }

  /** `done` is called between two records, never before this returns. */
  add(make: Waiting['make'], done: Waiting['done']): void {
    this.waiting.push({ make, done })
    this.startMore()
  }

  /** To be called when some are done: a call begins while its task has its turn, and not in between. */
  startMore(): void {
    while (this.running < this.spec.concurrency) {
      const next = this.waiting.shift()
      if (next === undefined) return
      this.running++
      this.calls.start(this.run(next))
    }
  }

  /** Aborts what runs. What was asked for is asked for again wherever the task goes on. */
  close(): void {
    this.closed = true
    for (const abort of this.aborts) abort.abort(new Error('the task is closed'))
  }

  private async run({ make, done }: Waiting): Promise<void> {
    const outcome = await this.outcomeOf(make)
    this.running--
    done(outcome)
  }

  private async outcomeOf(make: Waiting['make']): Promise<Outcome> {
    const { attemptsMax, retryDelayMs } = this.spec
    for (let attempt = 1; ; attempt++) {
      try {
        return { kind: 'value', value: await this.attempt(make, attempt) }
      } catch (error) {
        if (attempt >= attemptsMax || this.closed) return { kind: 'failure', error }
        await new Promise<void>((resolve) => this.calls.after(retryDelayMs, resolve))
      }
    }
  }

  private async attempt(make: Waiting['make'], attempt: number): Promise<unknown> {
    const { timeoutMs } = this.spec
    const abort = new AbortController()
    const { signal } = abort
    this.aborts.add(abort)
    const timer = this.calls.after(timeoutMs, () => abort.abort(new Error(`no result within ${timeoutMs} ms`)))
    try {
      return await Promise.race([make({ attempt, signal }), rejection(signal)])
    } finally {
      timer.cancel()
      this.aborts.delete(abort)
    }
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
