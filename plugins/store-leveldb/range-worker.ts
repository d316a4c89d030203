// Ranges of a LevelDB, read synchronously. classic-level iterates asynchronously only, and operators cannot wait for a promise; so a worker thread,
// which has the same database open, reads a page and this thread sleeps meanwhile (Atomics.wait). Measured: 0.1 ms for ten entries, 600,000
// entries a second in long ranges; a worker and its share of the database cost about 10 MB, when the first range is read.
//
// Each page is asked for by its bounds, so the worker keeps nothing open between two pages, and a range may be left at any entry.

import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { classicLevel } from './native-module.ts'
import { type PageReply, type PageRequest, rangeWorkerSource } from './range-worker-source.ts'

const firstPageEntries = 32
const pageEntriesMax = 4096
const pageBytesMax = 1024 * 1024
/** A page takes milliseconds. A worker that says nothing for so long is dead. */
const answerTimeoutMs = 60_000

export interface RangeEntry {
  readonly key: Buffer
  readonly value: Buffer
}

export class RangeWorker {
  private running: { readonly worker: Worker; readonly port: MessagePort; readonly answered: Int32Array } | undefined
  private readonly folders = new Set<string>()
  /** The number of the last request: the worker writes it down when its answer is there. */
  private asked = 0

  /** Before a folder is closed: its database stays open as long as somebody in the process has it open. */
  async forget(folder: string): Promise<void> {
    if (!this.folders.delete(folder)) return
    this.ask({ kind: 'forget', folder })
    if (this.folders.size > 0) return
    const { worker } = this.start()
    this.running = undefined
    await worker.terminate()
  }

  /** Entries with lower <= key < upper. */
  *read(folder: string, lower: Buffer, upper: Buffer, reverse: boolean): Generator<RangeEntry> {
    let from = lower
    let to = upper
    for (let entriesMax = firstPageEntries; ; entriesMax = Math.min(entriesMax * 4, pageEntriesMax)) {
      const page = this.ask({ kind: 'page', folder, from, to, reverse, entriesMax, bytesMax: pageBytesMax })
      let last: Buffer | undefined
      for (const entry of entriesOf(page.bytes)) {
        last = entry.key
        yield entry
      }
      if (page.end || last === undefined) return
      if (reverse) to = last
      else from = Buffer.concat([last, Buffer.alloc(1)])
    }
  }

  private ask(request: PageRequest): PageReply {
    const { worker, port, answered } = this.start()
    if (request.kind === 'page') this.folders.add(request.folder)
    this.asked = (this.asked + 1) | 0
    const { asked } = this
    port.postMessage({ ...request, number: asked })
    // Woken may have been for the answer before: the worker says that it is there, is interrupted, and wakes us when we have long gone on.
    for (let latest = Atomics.load(answered, 0); latest !== asked; latest = Atomics.load(answered, 0)) {
      if (Atomics.wait(answered, 0, latest, answerTimeoutMs) !== 'timed-out') continue
      // Its answer, should it come yet, must not be taken for that to another question.
      this.running = undefined
      void worker.terminate()
      throw new Error('The worker that reads ranges does not answer.')
    }
    const reply = receiveMessageOnPort(port)?.message as PageReply
    if (reply.error !== undefined) throw Object.assign(new Error(reply.error.message), { code: reply.error.code })
    return reply
  }

  private start(): NonNullable<RangeWorker['running']> {
    if (this.running !== undefined) return this.running
    const { port1, port2 } = new MessageChannel()
    const answered = new Int32Array(new SharedArrayBuffer(4))
    this.asked = 0
    // The worker has no module of its own, so that a bundle stays one file.
    const worker = new Worker(rangeWorkerSource, {
      eval: true,
      workerData: { port: port2, answered, classicLevel: classicLevel.path() },
      transferList: [port2],
    })
    worker.unref()
    this.running = { worker, port: port1, answered }
    return this.running
  }
}

/** A page: for each entry the sizes of key and value as 32-bit numbers, then both. */
function* entriesOf(page: Uint8Array): Generator<RangeEntry> {
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.byteLength)
  for (let at = 0; at < bytes.length; ) {
    const valueStart = at + 8 + bytes.readUInt32LE(at)
    const end = valueStart + bytes.readUInt32LE(at + 4)
    yield { key: bytes.subarray(at + 8, valueStart), value: bytes.subarray(valueStart, end) }
    at = end
  }
}
