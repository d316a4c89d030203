// One client: its requests are taken one at a time and answered in their order, as Kafka promises. The next one is read when the answer to the last has left, so
// that a client that reads slowly holds back itself only.

import type { Socket } from 'node:net'
import { isMillraceError, type Logger } from '../../../framework/index.ts'
import { readRequestHeader, supportsVersion } from '../wire/api.ts'
import { apiVersionsOutdated } from './api/api-versions.ts'
import type { BrokerLimits } from './broker-settings.ts'
import { BadFrame, framesOf } from './frames.ts'
import type { Caller, Route } from './route.ts'

const apiVersionsKey = 18

export interface ConnectionParts {
  readonly routes: ReadonlyMap<number, Route>
  readonly limits: BrokerLimits
  readonly logger: Logger
}

/** Serves a connection to its end. Never rejects: what is wrong with it is logged, and closes it. */
export async function serveConnection(socket: Socket, parts: ConnectionParts): Promise<void> {
  const peer = `${socket.remoteAddress}:${socket.remotePort}`
  const gone = new Set<() => void>()
  socket.once('close', () => {
    for (const run of gone) run()
  })
  // Errors of the socket end the loop below; without a listener they would end the process.
  socket.on('error', () => {})
  socket.setNoDelay(true)
  socket.setTimeout(parts.limits.connectionIdleMs, () => socket.destroy())
  try {
    for await (const frame of framesOf(socket, parts.limits.requestBytes)) {
      const response = await answerTo(frame, socket, gone, parts)
      if (response !== undefined && !socket.destroyed && !socket.write(response)) await drained(socket)
      // Nothing more is done for who has gone, though requests of it may still lie here.
      if (socket.destroyed) break
    }
  } catch (error) {
    if (!isHangUp(error)) logProblem(parts.logger, peer, error)
  } finally {
    socket.destroy()
  }
}

/** Resolves when what was written has left, or never will. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}

async function answerTo(frame: Buffer, socket: Socket, gone: Set<() => void>, { routes }: ConnectionParts): Promise<Buffer | undefined> {
  const header = readRequestHeader(frame)
  const route = routes.get(header.apiKey)
  if (route === undefined) throw new BadFrame(`It asked for API ${header.apiKey}, which this broker does not have.`)
  if (!supportsVersion(route.api, header.apiVersion)) {
    if (header.apiKey === apiVersionsKey) return apiVersionsOutdated(header.correlationId, routes)
    const { name, versionMin, versionMax } = route.api
    throw new BadFrame(`It asked for version ${header.apiVersion} of ${name}, and this broker has ${versionMin} to ${versionMax}.`)
  }
  const caller: Caller = {
    clientId: header.clientId ?? '',
    clientHost: `/${plainAddress(socket.remoteAddress)}`,
    reachedAt: { host: plainAddress(socket.localAddress), port: socket.localPort ?? 0 },
    apiVersion: header.apiVersion,
    onGone(run) {
      gone.add(run)
      return () => gone.delete(run)
    },
  }
  return route.answer(header, caller)
}

function logProblem(logger: Logger, peer: string, error: unknown): void {
  const problem = clientsFault(error)
  if (problem !== undefined) {
    logger.log('warn', `Closed the connection from ${peer}: ${problem}`, { peer })
    return
  }
  const reason = error instanceof Error ? error.message : String(error)
  logger.log('error', `Closed the connection from ${peer} after a fault of the broker: ${reason}`, { peer, error })
}

/** What the client did wrong; undefined if the fault is not its own. */
function clientsFault(error: unknown): string | undefined {
  if (error instanceof BadFrame) return error.message
  return isMillraceError(error, 'protocol-malformed') ? `It sent a request that cannot be read: ${error.details.problem}.` : undefined
}

/** Clients come and go; that is nothing to log. */
function isHangUp(error: unknown): boolean {
  const codes: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']
  return error instanceof Error && 'code' in error && codes.includes(error.code)
}

/** An IPv4 address as a socket of both families shows it, without the prefix. */
function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/, '')
}
