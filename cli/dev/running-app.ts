// One app at work, from its start to its end:
//
//   starting ──▶ running ──▶ over
//      └─────────────────────▶

import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { AppReport } from './app-messages.ts'

export type AppOutcome =
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  /** We wanted it to end. */
  | { readonly kind: 'stopped'; readonly inOrder: boolean }

/** An app that does not end in this time hangs in a callback; a commit is far quicker. */
const stopMsMax = 5_000

export interface AppOutput {
  /** Resolves when there is room for more. */
  appLine(app: string, stream: 'stdout' | 'stderr', line: string): Promise<void>
}

export class RunningApp {
  /** Resolves when it processes records for the first time, and when it is over without. */
  readonly started: Promise<void>
  /** With all its output written. */
  readonly over: Promise<AppOutcome>
  readonly #process: ChildProcess
  #stopping = false
  #killedByUs = false
  #outcome: AppOutcome | undefined

  constructor(name: string, process: ChildProcess, output: AppOutput) {
    this.#process = process
    const lines = [copyLines(name, 'stdout', process.stdout!, output), copyLines(name, 'stderr', process.stderr!, output)]
    const exited = new Promise<AppOutcome>((resolve) => {
      process.once('exit', (code, signal) => resolve(this.#outcomeOf(code, signal)))
      process.once('error', () => resolve({ kind: 'failed', code: 1 }))
    })
    this.over = exited.then(async (outcome) => {
      await Promise.all(lines)
      this.#outcome = outcome
      return outcome
    })
    this.started = new Promise((resolve) => {
      process.on('message', (report) => {
        if ((report as AppReport).state === 'running') resolve()
      })
      void this.over.then(() => resolve())
    })
  }

  /** Undefined while it is at work. */
  get outcome(): AppOutcome | undefined {
    return this.#outcome
  }

  /** Lets it finish its records and commit. */
  async stop(): Promise<AppOutcome> {
    if (this.#outcome !== undefined) return this.#outcome
    this.#stopping = true
    this.#process.kill('SIGTERM')
    const overdue = setTimeout(() => this.kill(), stopMsMax)
    try {
      return await this.over
    } finally {
      clearTimeout(overdue)
    }
  }

  kill(): void {
    this.#killedByUs = true
    this.#process.kill('SIGKILL')
  }

  #outcomeOf(code: number | null, signal: NodeJS.Signals | null): AppOutcome {
    if (this.#stopping) return { kind: 'stopped', inOrder: !this.#killedByUs }
    if (signal !== null) return { kind: 'killed', signal }
    return code === 0 ? { kind: 'ended' } : { kind: 'failed', code: code ?? 1 }
  }
}

async function copyLines(name: string, stream: 'stdout' | 'stderr', from: Readable, output: AppOutput): Promise<void> {
  for await (const line of createInterface({ input: from, crlfDelay: Number.POSITIVE_INFINITY })) await output.appLine(name, stream, line)
}
