// One instance of the app under test: a process that is killed, frozen, resumed and started again, with its state folder, and its logs, one for each run.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

const stopTimeoutMs = 60_000
const answerTimeoutMs = 10_000

/** What starts the app, of either side: `command` with the variables of Millrace's settings. */
export interface AppProgram {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** Of one row of a store: its key and its count. */
export type Row = readonly [string, number]

export class Instance {
  readonly name: string
  readonly #program: AppProgram
  readonly #folder: string
  readonly #onEnd: (why: string) => void
  #child: ChildProcess | undefined
  #runs = 0
  #isWanted = false

  /** `onEnd` is told of an end that nobody asked for. */
  constructor(name: string, program: AppProgram, folder: string, onEnd: (why: string) => void) {
    this.name = name
    this.#program = program
    this.#folder = folder
    this.#onEnd = onEnd
  }

  get log(): string {
    return join(this.#folder, `${this.name}.run-${this.#runs}.log`)
  }

  start(): void {
    this.#runs++
    const { command, environment } = this.#program
    const [program = '', ...args] = command
    const log = openSync(this.log, 'a')
    const env = { ...process.env, NO_COLOR: '1', ...environment, MILLRACE_STATE_DIR: this.#stateDir }
    const child = spawn(program, args, { env, stdio: ['ignore', log, log] })
    closeSync(log)
    this.#child = child
    this.#isWanted = true
    child.once('exit', (code, signal) => {
      if (this.#child === child && this.#isWanted) this.#onEnd(`${this.name} ended by itself with ${code ?? signal}: ${this.log}`)
    })
  }

  /** As kill -9 does. Gives when it is gone. */
  async kill(): Promise<void> {
    this.#isWanted = false
    await this.#end('SIGKILL')
  }

  killNow(): void {
    this.#isWanted = false
    this.#child?.kill('SIGKILL')
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** In order, as SIGTERM asks for; gives how it ended. */
  async stop(): Promise<number | string | null> {
    this.#isWanted = false
    const overdue = setTimeout(() => this.#child?.kill('SIGKILL'), stopTimeoutMs)
    await this.#end('SIGTERM')
    clearTimeout(overdue)
    return this.#child?.exitCode ?? this.#child?.signalCode ?? null
  }

  deleteState(): Promise<void> {
    return rm(this.#stateDir, { recursive: true, force: true })
  }

  /** The rows that it has of a store; none while it has no part of it. */
  async rows(store: string): Promise<Row[]> {
    const [, port] = /at http:\/\/127\.0\.0\.1:(\d+)/.exec(readFileSync(this.log, 'utf8')) ?? []
    if (port === undefined) return []
    const answer = await fetch(`http://127.0.0.1:${port}/state/${store}?format=ndjson`, { signal: AbortSignal.timeout(answerTimeoutMs) })
    const text = await answer.text()
    if (!answer.ok) return []
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const { key, value, error } = JSON.parse(line) as { key: string; value: number; error?: unknown }
        if (error !== undefined) throw new Error(`${this.name} gave ${line}`)
        return [key, value]
      })
  }

  /** What the kernel knows of it, or nothing if it does not run. */
  usage(): { readonly rssBytes: number; readonly openFiles: number } | undefined {
    const pid = this.#child?.pid
    try {
      const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
      return kilobytes === undefined ? undefined : { rssBytes: Number(kilobytes) * 1024, openFiles: readdirSync(`/proc/${pid}/fd`).length }
    } catch {
      return undefined
    }
  }

  get #stateDir(): string {
    return join(this.#folder, `${this.name}.state`)
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    // One that is frozen takes no other signal than SIGKILL.
    child.kill('SIGCONT')
    await exited
  }
}
