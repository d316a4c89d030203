// A stream thread as a worker thread of Node: the bundle of the app, loaded once more, with a number. It has no signals and no standard output of its own: what it
// writes goes through the main thread's.

import { parentPort, Worker, workerData } from 'node:worker_threads'
import type { FromThread, ThreadLink, ToThread } from './thread-messages.ts'

/** What a worker is given. */
export interface ThreadPlace {
  readonly streamThread: number
  /** Shared by all threads of the process. */
  readonly processId: string
}

/** Of the worker that this code runs in; undefined in the main thread, and in workers that are none of ours. */
export function ownPlace(): (ThreadPlace & { readonly port: NonNullable<typeof parentPort> }) | undefined {
  const place = workerData as Partial<ThreadPlace> | null | undefined
  if (parentPort === null || place?.streamThread === undefined || place.processId === undefined) return undefined
  return { streamThread: place.streamThread, processId: place.processId, port: parentPort }
}

/** `entry`: the app's own file. */
export function openWorker(entry: string, place: ThreadPlace, argv: readonly string[]): ThreadLink {
  const worker = new Worker(new URL(entry), { workerData: place, argv: [...argv], name: `stream-${place.streamThread}` })
  return {
    send: (message: ToThread) => worker.postMessage(message),
    listen: (take) => {
      let last: FromThread | undefined
      const isLast = ({ kind }: FromThread): boolean => kind === 'ended' || kind === 'failed'
      worker.on('message', (message: FromThread) => {
        if (isLast(message)) last = message
        else take(message)
      })
      // Out of memory, or an exception that nobody caught.
      worker.on('error', (error: Error) => {
        process.stderr.write(`millrace: stream thread ${place.streamThread}: ${error.stack ?? error.message}\n`)
        last = { kind: 'failed', message: error.message, exitCode: 1 }
      })
      // Only now its folders and sockets are closed.
      worker.on('exit', (code) =>
        take(last ?? { kind: 'failed', message: `the thread has ended by itself, with code ${code}`, exitCode: 1 }),
      )
    },
  }
}
