// Processes for apps, one of them always started ahead. Each is a process group of its own, so that Ctrl-C reaches `millrace dev` alone, which then stops the apps
// in order; and each ends by itself when `millrace dev` is gone.

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { AppOrder } from './app-messages.ts'

/** As it was built: a process of Node runs no TypeScript. */
const program = fileURLToPath(new URL('./app-program.js', import.meta.url))

export class AppProcesses {
  readonly #environment: NodeJS.ProcessEnv
  #spare: ChildProcess | undefined
  #closed = false

  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment
  }

  /** Starts the next one, if none waits. */
  prepare(): void {
    if (this.#spare !== undefined || this.#closed) return
    const spare = this.#spawn()
    this.#spare = spare
    spare.once('exit', () => {
      if (this.#spare === spare) this.#spare = undefined
    })
  }

  start(order: AppOrder): ChildProcess {
    const process = this.#spare ?? this.#spawn()
    this.#spare = undefined
    process.send(order, () => {
      // Who could not be told has ended, which is heard of by its exit.
    })
    return process
  }

  close(): void {
    this.#closed = true
    this.#spare?.kill('SIGKILL')
  }

  #spawn(): ChildProcess {
    const child = spawn(process.execPath, [program], {
      env: this.#environment,
      stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
      detached: true,
    })
    // A pipe to who has just ended: its exit says all.
    child.stdin?.on('error', () => {})
    return child
  }
}
