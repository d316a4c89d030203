// What runs in the worker of ranges, as text: the only form in which it travels inside a bundle of one file. It is plain CommonJS.

export type PageRequest =
  | {
      readonly kind: 'page'
      readonly folder: string
      readonly from: Uint8Array
      readonly to: Uint8Array
      readonly reverse: boolean
      readonly entriesMax: number
      readonly bytesMax: number
    }
  | { readonly kind: 'forget'; readonly folder: string }

export interface PageReply {
  readonly bytes: Uint8Array
  /** Whether the range ends with this page. */
  readonly end: boolean
  readonly error?: { readonly message: string; readonly code: string | undefined }
}

export const rangeWorkerSource = `
'use strict'
const { workerData } = require('node:worker_threads')
const { port, answered, classicLevel } = workerData
const { ClassicLevel } = require(classicLevel)
const databases = new Map()

async function databaseOf(folder) {
  let database = databases.get(folder)
  if (database === undefined) {
    database = new ClassicLevel(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
    databases.set(folder, database)
    await database.open({ multithreading: true, createIfMissing: false })
  }
  return database
}

async function readPage({ folder, from, to, reverse, entriesMax, bytesMax }) {
  const database = await databaseOf(folder)
  const bounds = { gte: Buffer.from(from), lt: Buffer.from(to), reverse, limit: entriesMax, highWaterMarkBytes: bytesMax }
  const iterator = database.iterator(bounds)
  try {
    const entries = await iterator.nextv(entriesMax)
    let size = 0
    for (const [key, value] of entries) size += 8 + key.length + value.length
    const bytes = Buffer.allocUnsafeSlow(size)
    let at = 0
    for (const [key, value] of entries) {
      at = bytes.writeUInt32LE(key.length, at)
      at = bytes.writeUInt32LE(value.length, at)
      at += key.copy(bytes, at)
      at += value.copy(bytes, at)
    }
    // A page may also end because it is full.
    return { bytes, end: entries.length < entriesMax && size < bytesMax / 2 }
  } finally {
    await iterator.close()
  }
}

async function forget({ folder }) {
  const database = databases.get(folder)
  databases.delete(folder)
  if (database !== undefined) await database.close()
  return { bytes: new Uint8Array(0), end: true }
}

port.on('message', async (request) => {
  let reply
  try {
    reply = await (request.kind === 'page' ? readPage(request) : forget(request))
  } catch (error) {
    const cause = error.cause ?? error
    reply = { bytes: new Uint8Array(0), end: true, error: { message: String(cause.message), code: cause.code } }
  }
  port.postMessage(reply)
  Atomics.store(answered, 0, request.number)
  Atomics.notify(answered, 0)
})
`
