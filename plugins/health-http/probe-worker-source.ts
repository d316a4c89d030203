// What runs in the thread that answers probes, as text: the only form in which it travels inside a bundle of one file. It is plain CommonJS. The thread asks
// the app's thread for each answer, and gives one itself where none comes: then that thread is stuck, and what it is at stands in shared memory.

/** Of the app's thread: answers, names for numbers, the end. */
export type ToProbe =
  | {
      readonly kind: 'answer'
      readonly id: number
      readonly status: number
      readonly type: string
      readonly body: string
      readonly more?: boolean
    }
  | { readonly kind: 'piece'; readonly id: number; readonly body: string; readonly more: boolean }
  | { readonly kind: 'name'; readonly number: number; readonly name: string }
  | { readonly kind: 'close' }

/** Of the probes' thread. */
export type FromProbe =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'cannot listen'; readonly code: string; readonly message: string }
  | ({ readonly kind: 'question'; readonly id: number; readonly path: string } & AskedState)
  /** The last piece has been sent, and its reader takes another one. */
  | { readonly kind: 'next'; readonly id: number }
  /** Its reader has gone. */
  | { readonly kind: 'drop'; readonly id: number }
  | ({ readonly kind: 'blocked' } & Blocked)

/** What a question for state is answered by. */
export interface AskedState {
  readonly url: string
  readonly host: string
  readonly authorization: string
  readonly accept: string
  /** Another instance asks, for somebody. */
  readonly forwarded: boolean
}

export interface Blocked {
  readonly blockedMs: number
  /** The operator at work, if it was one. */
  readonly operator: string | null
  /** `<topic>-<partition>@<offset>` of the input record. */
  readonly record: string | null
}

export const probeWorkerSource = `
'use strict'
const { createServer } = require('node:http')
const { writeSync } = require('node:fs')
const { parentPort, workerData } = require('node:worker_threads')
const { host, port, beats, work, stuckMs, loopDelayWarnMs, beatMs, paths } = workerData
const cells = work === undefined ? undefined : new Float64Array(work)
const names = new Map()
const open = new Map()
const answerMs = { '/livez': 500, '/readyz': 500, '/metrics': 5000, '/state': 5000 }
const streams = new Map()
// Who takes nothing for so long holds state no longer.
const takeMs = 60000
let lastBeat = Atomics.load(beats, 0)
let lastBeatMs = performance.now()
let culprit
let told = false
let nextId = 0

function blockedMs() {
  const beat = Atomics.load(beats, 0)
  if (beat !== lastBeat) {
    lastBeat = beat
    lastBeatMs = performance.now()
  }
  return Math.max(0, performance.now() - lastBeatMs - beatMs)
}

// Read while it is stuck: afterwards it is at something else.
function seen() {
  if (cells === undefined) return { operator: null, record: null }
  const [input, offset, operator] = cells
  return { operator: names.get(operator) ?? null, record: names.has(input) ? names.get(input) + '@' + offset : null }
}

setInterval(() => {
  const before = lastBeat
  const longestMs = performance.now() - lastBeatMs - beatMs
  const ms = blockedMs()
  if (lastBeat !== before) {
    if (culprit !== undefined) parentPort.postMessage({ kind: 'blocked', blockedMs: longestMs, ...culprit })
    culprit = undefined
    told = false
    return
  }
  if (ms >= loopDelayWarnMs && culprit === undefined) culprit = seen()
  if (ms < stuckMs || told) return
  told = true
  // The app's thread cannot write it.
  const at = seen()
  const by = at.operator === null ? 'not by an operator' : 'by ' + at.operator + (at.record === null ? '' : ' on ' + at.record)
  writeSync(2, new Date().toISOString() + ' error The event loop has been blocked for ' + Math.round(ms / 1000) + ' s, ' + by + '.\\n')
}, beatMs)

function reply(response, status, type, body) {
  if (response.writableEnded) return
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' })
  response.end(body)
}

// Piece by piece, each asked for when the one before has been taken.
function begin(response, { id, status, type, body }) {
  const gone = () => parentPort.postMessage({ kind: 'drop', id })
  if (response.destroyed || response.req.method === 'HEAD') {
    gone()
    reply(response, status, type, '')
    return
  }
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' })
  let timer
  const take = (text, more) => {
    if (!more) {
      streams.delete(id)
      response.end(text)
      return
    }
    const next = () => {
      clearTimeout(timer)
      parentPort.postMessage({ kind: 'next', id })
    }
    if (response.write(text)) return next()
    timer = setTimeout(() => response.destroy(), takeMs)
    response.once('drain', next)
  }
  response.once('close', () => {
    clearTimeout(timer)
    if (streams.delete(id)) gone()
  })
  streams.set(id, take)
  take(body, true)
}

function json(response, status, body) {
  reply(response, status, 'application/json', JSON.stringify(body) + '\\n')
}

function withoutAnswer(path, response) {
  const ms = Math.round(blockedMs())
  const isStuck = ms >= stuckMs
  const body = { blockedMs: ms, ...seen() }
  if (path === '/livez') json(response, isStuck ? 503 : 200, { status: isStuck ? 'loop-stuck' : 'alive', ...body })
  else json(response, 503, { status: isStuck ? 'loop-stuck' : 'loop-busy', ...body })
}

const server = createServer((request, response) => {
  const url = request.url ?? ''
  const path = url.replace(/[?].*/, '').replace(/^\\/state\\/.*/, '/state')
  if (!paths.includes(path)) return json(response, 404, { status: 'not-found', paths })
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(response, 405, { status: 'method-not-allowed' })
  const id = nextId++
  const timer = setTimeout(() => {
    open.delete(id)
    withoutAnswer(path, response)
  }, answerMs[path])
  open.set(id, { response, timer })
  const { host = '', authorization = '', accept = '' } = request.headers
  parentPort.postMessage({ kind: 'question', id, path, url, host, authorization, accept, forwarded: request.headers['x-millrace-forwarded'] !== undefined })
})

parentPort.on('message', (message) => {
  if (message.kind === 'name') names.set(message.number, message.name)
  if (message.kind === 'answer') {
    const asked = open.get(message.id)
    if (asked === undefined) {
      if (message.more) parentPort.postMessage({ kind: 'drop', id: message.id })
      return
    }
    open.delete(message.id)
    clearTimeout(asked.timer)
    if (message.more) begin(asked.response, message)
    else reply(asked.response, message.status, message.type, message.body)
  }
  if (message.kind === 'piece') streams.get(message.id)?.(message.body, message.more)
  if (message.kind === 'close') {
    server.closeAllConnections()
    server.close(() => process.exit())
  }
})
server.requestTimeout = 10000
server.on('error', (error) => parentPort.postMessage({ kind: 'cannot listen', code: error.code ?? '', message: error.message }))
server.listen(port, host, () => parentPort.postMessage({ kind: 'listening', port: server.address().port }))
`
