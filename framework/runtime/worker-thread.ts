// A stream thread as a worker thread of Node: the bundle of the app, loaded once more, with a number. It has no signals and no standard output of its own: what it
// writes goes through the main thread's. Whoever waits for an answer of it sleeps on a counter in shared memory, which it moves on with each answer.

import { MessageChannel, type MessagePort, parentPort, receiveMessageOnPort, Worker, workerData } from 'node:worker_threads'
import type { Clock } from '../ports/clock.ts'
import type { Refusal, StoreCall, StoreCalls, StoreReply } from './store-calls.ts'
import type { FromThread, ThreadLink, ToThread } from './thread-messages.ts'

/** For an answer of a thread; one that is at a slow callback gives none before it is done. */
const callMs = 5_000

/** What a worker is given. */
export interface ThreadPlace {
  readonly streamThread: number
  /** Shared by all threads of the process. */
  readonly processId: string
}

/** Where calls come to a worker, and how its answers wake who waits for them. */
interface CallPlace {
  readonly calls: MessagePort
  readonly answered: Int32Array
}

interface Call {
  readonly id: number
  readonly call: StoreCall
}

interface Reply {
  readonly id: number
  readonly reply: StoreReply
}

/** Of the worker that this code runs in; undefined in the main thread, and in workers that are none of ours. */
export function ownPlace(): (ThreadPlace & CallPlace & { readonly port: NonNullable<typeof parentPort> }) | undefined {
  const place = workerData as Partial<ThreadPlace & CallPlace> | null | undefined
  if (parentPort === null || place?.streamThread === undefined || place.processId === undefined) return undefined
  const { streamThread, processId, calls, answered } = place
  return { streamThread, processId, calls: calls!, answered: answered!, port: parentPort }
}

/** In the worker: answers what it is called with, until it ends. */
export function answerCalls({ calls, answered }: CallPlace, stores: Pick<StoreCalls, 'answer'>): void {
  calls.on('message', ({ id, call }: Call) => {
    try {
      calls.postMessage({ id, reply: stores.answer(call) } satisfies Reply)
    } catch (error) {
      // Functions, say, cannot be copied.
      calls.postMessage({ id, reply: refusal(`what is in the store cannot be copied to another thread: ${String(error)}`) } satisfies Reply)
    }
    Atomics.add(answered, 0, 1)
    Atomics.notify(answered, 0)
  })
  calls.unref()
}

/** `entry`: the app's own file. */
export function openWorker(entry: string, place: ThreadPlace, argv: readonly string[], clock: Pick<Clock, 'monotonicMs'>): ThreadLink {
  const { port1: calls, port2 } = new MessageChannel()
  const answered = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const worker = new Worker(new URL(entry), {
    workerData: { ...place, calls: port2, answered } satisfies ThreadPlace & CallPlace,
    transferList: [port2],
    argv: [...argv],
    name: `stream-${place.streamThread}`,
  })
  let lastId = 0
  // How many answers it had given when one was waited for in vain. Until there is another it is not waited for again: who reads once more would be held up once more.
  let silentAt: number | undefined
  const silent = (): Refusal => refusal(`stream thread ${place.streamThread} does not answer`, 'store-unavailable')
  return {
    send: (message: ToThread) => worker.postMessage(message),
    call: (call) => {
      if (silentAt === Atomics.load(answered, 0)) return silent
      const id = ++lastId
      calls.postMessage({ id, call } satisfies Call)
      return () => {
        const given = Atomics.load(answered, 0)
        const reply = answerTo(id, calls, answered, silentAt === given ? 0 : callMs, clock)
        silentAt = reply === undefined ? given : undefined
        return reply ?? silent()
      }
    },
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
      worker.on('exit', (code) => {
        calls.close()
        take(last ?? { kind: 'failed', message: `the thread has ended by itself, with code ${code}`, exitCode: 1 })
      })
    },
  }
}

/** Waits; undefined: nothing has come in time. Answers to earlier calls, for which nobody has waited, are passed over. */
function answerTo(
  id: number,
  calls: MessagePort,
  answered: Int32Array,
  waitMs: number,
  clock: Pick<Clock, 'monotonicMs'>,
): StoreReply | undefined {
  const deadlineMs = clock.monotonicMs() + waitMs
  for (;;) {
    const before = Atomics.load(answered, 0)
    for (let next = receiveMessageOnPort(calls); next !== undefined; next = receiveMessageOnPort(calls)) {
      const { id: of, reply } = next.message as Reply
      if (of === id) return reply
    }
    const leftMs = deadlineMs - clock.monotonicMs()
    if (leftMs <= 0) return undefined
    Atomics.wait(answered, 0, before, leftMs)
  }
}

function refusal(problem: string, code?: 'store-unavailable'): Refusal {
  return { kind: 'refused', isRunning: false, code, details: { store: 'asked for', problem }, message: problem }
}
