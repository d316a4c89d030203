// Workers that make topologies. A worker spends most of its time on loading Millrace, so where topologies are made again and again the next one is started
// ahead and waits, loaded.

import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { EvaluationAnswer, EvaluationMessage, EvaluationTask } from './evaluation-program.ts'
import { libraryFolder } from './library.ts'

/** As it was built: a worker runs no TypeScript. */
const program = join(libraryFolder, 'build', 'framework', 'compiler', 'evaluation-program.js')

/** A graph is small. What needs more is a loop that ends the worker, not the compiler. */
const memoryLimitMiB = 512

export class EvaluationWorkers {
  private readonly ahead: boolean
  private next: Worker | null = null

  /** `ahead`: whether there will be more topologies to make after each. */
  constructor(ahead: boolean) {
    this.ahead = ahead
  }

  /** Makes one topology, in a worker of its own. */
  async evaluate(task: EvaluationTask, timeLimitMs: number): Promise<EvaluationAnswer | 'timeout'> {
    const worker = this.next ?? startWorker()
    this.next = null
    worker.ref()
    try {
      return await answerOf(worker, task, timeLimitMs)
    } finally {
      await worker.terminate()
      if (this.ahead) this.prepare()
    }
  }

  private prepare(): void {
    if (this.next !== null) return
    this.next = startWorker()
    // Whoever waits for nothing else may end.
    this.next.unref()
  }
}

function startWorker(): Worker {
  // An empty environment: a graph that depends on the machine that builds it would not be the graph that runs.
  const resourceLimits = { maxOldGenerationSizeMb: memoryLimitMiB }
  const worker = new Worker(program, { env: {}, stdout: true, stderr: true, execArgv: [], resourceLimits })
  // What the topology prints at build time is nobody's output.
  worker.stdout.resume()
  worker.stderr.resume()
  return worker
}

/** The time limit is for the topology alone: how long a busy machine takes to load Millrace says nothing about it. */
function answerOf(worker: Worker, task: EvaluationTask, timeLimitMs: number): Promise<EvaluationAnswer | 'timeout'> {
  return new Promise((resolve) => {
    worker.on('message', (message: EvaluationMessage) => {
      if (message.kind !== 'started') resolve(message)
      else AbortSignal.timeout(timeLimitMs).addEventListener('abort', () => resolve('timeout'))
    })
    // What a worker ends with has been copied, and may have come without its words.
    worker.once('error', ({ message = 'it ended without a word', stack = '' }: Partial<Error>) =>
      resolve({ kind: 'threw', message, stack }),
    )
    worker.once('exit', (code) => resolve({ kind: 'threw', message: `its code ended the process with code ${code}`, stack: '' }))
    worker.postMessage(task)
  })
}
