// The compiler as `millrace dev` has it: kept from one edit to the next, in a thread of its own.

import { Worker } from 'node:worker_threads'
import type { CompileAnswer, Compiled, CompileRequest, CompilerSettings } from './compiler-messages.ts'

/** As it was built: a worker runs no TypeScript. */
const program = new URL('./compiler-program.js', import.meta.url)

export class CompilerThread {
  readonly #worker: Worker

  constructor(settings: CompilerSettings) {
    this.#worker = new Worker(program, { workerData: settings, execArgv: [] })
  }

  /** One at a time. Rejects with what the compiler failed with, which would be a bug of it. */
  compile(request: CompileRequest): Promise<Compiled> {
    const worker = this.#worker
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        worker.off('message', onMessage).off('error', onError).off('exit', onExit)
        end()
      }
      const onMessage = (answer: CompileAnswer): void =>
        settle(() => (answer.kind === 'compiled' ? resolve(answer.compiled) : reject(new Error(`The compiler failed: ${answer.problem}`))))
      const onError = (error: Error): void => settle(() => reject(error))
      const onExit = (): void => settle(() => reject(new Error('The compiler was closed.')))
      worker.on('message', onMessage).on('error', onError).on('exit', onExit)
      worker.postMessage(request)
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}
