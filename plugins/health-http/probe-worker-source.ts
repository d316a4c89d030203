// What runs in the thread that answers probes, as text: the only form in which it travels inside a bundle of one file. It is plain CommonJS. The thread asks
// the app's thread for each answer, and gives one itself where none comes: then that thread is stuck, and what it is at stands in shared memory.

import type { WatchedLoop } from '../../framework/index.ts'

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
  /** `loop`: the number of a stream thread's; none: that of the app's thread. */
  | { readonly kind: 'name'; readonly loop?: number; readonly number: number; readonly name: string }
  | ({ readonly kind: 'loop'; readonly loop: number } & Omit<WatchedLoop, 'work'> & { readonly work: SharedArrayBuffer })
  | { readonly kind: 'loop gone'; readonly loop: number }
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
  /** The stream thread whose loop it is; null: the app's own. */
  readonly thread: string | null
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
const { host, port, stuckMs, loopDelayWarnMs, paths } = workerData
const open = new Map()
const answerMs = { '/livez': 500, '/readyz': 500, '/metrics': 5000, '/state': 5000 }
const streams = new Map()
// Who takes nothing for so long holds state no longer.
const takeMs = 60000
let nextId = 0

// An event loop: that of the app's thread, or of a stream thread.
function watched({ name, beats, work, beatMs }) {
  const counter = new Int32Array(beats)
  const cells = work === undefined ? undefined : new Float64Array(work)
  const names = new Map()
  let lastBeat = Atomics.load(counter, 0)
  let lastBeatMs = performance.now()
  let culprit
  let told = false

  function blockedMs() {
    const beat = Atomics.load(counter, 0)
    if (beat !== lastBeat) {
      lastBeat = beat
      lastBeatMs = performance.now()
    }
    return Math.max(0, performance.now() - lastBeatMs - beatMs)
  }

  // Read while it is stuck: afterwards it is at something else.
  function seen() {
    if (cells === undefined) return { thread: name, operator: null, record: null }
    const [input, offset, operator] = cells
    const record = names.has(input) ? names.get(input) + '@' + offset : null
    return { thread: name, operator: names.get(operator) ?? null, record }
  }

  function look() {
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
    const of = name === null ? '' : ' of ' + name
    writeSync(2, new Date().toISOString() + ' error The event loop' + of + ' has been blocked for ' + Math.round(ms / 1000) + ' s, ' + by + '.\\n')
  }

  return { blockedMs, seen, look, names }
}

const own = watched({ name: null, ...workerData })
const loops = new Map()

setInterval(() => {
  own.look()
  for (const loop of loops.values()) loop.look()
}, workerData.beatMs)

function bodyOf(loop) {
  const { thread, ...at } = loop.seen()
  return { blockedMs: Math.round(loop.blockedMs()), ...(thread === null ? {} : { thread }), ...at }
}

// The stream thread that has been stuck for longest.
function stuckThread() {
  const stuck = [...loops.values()].filter((loop) => loop.blockedMs() >= stuckMs)
  return stuck.sort((left, right) => right.blockedMs() - left.blockedMs())[0]
}

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

// A stream thread that is stuck may be what the app's thread waits for.
function withoutAnswer(path, response) {
  const thread = stuckThread()
  const isStuck = thread !== undefined || own.blockedMs() >= stuckMs
  const body = bodyOf(thread ?? own)
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
  open.set(id, { path, response, timer })
  const { host = '', authorization = '', accept = '' } = request.headers
  parentPort.postMessage({ kind: 'question', id, path, url, host, authorization, accept, forwarded: request.headers['x-millrace-forwarded'] !== undefined })
})

parentPort.on('message', (message) => {
  if (message.kind === 'name') (message.loop === undefined ? own : loops.get(message.loop))?.names.set(message.number, message.name)
  if (message.kind === 'loop') loops.set(message.loop, watched(message))
  if (message.kind === 'loop gone') loops.delete(message.loop)
  if (message.kind === 'answer') {
    const asked = open.get(message.id)
    if (asked === undefined) {
      if (message.more) parentPort.postMessage({ kind: 'drop', id: message.id })
      return
    }
    open.delete(message.id)
    clearTimeout(asked.timer)
    const stuck = asked.path === '/livez' || asked.path === '/readyz' ? stuckThread() : undefined
    if (stuck !== undefined) json(asked.response, 503, { status: 'loop-stuck', ...bodyOf(stuck) })
    else if (message.more) begin(asked.response, message)
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
