// Listens, and holds the connections that are open.

import { createServer, type Server, type Socket } from 'node:net'
import { MillraceError } from '../../../framework/index.ts'
import { type ConnectionParts, serveConnection } from './connection.ts'

export class Connections {
  readonly #parts: ConnectionParts
  readonly #server: Server
  readonly #open = new Map<Socket, Promise<void>>()

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    this.#server = createServer((socket) => this.#accept(socket))
  }

  /** Resolves with the port, or rejects with `broker-cannot-listen`. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(new MillraceError('broker-cannot-listen', { host, port, problem: error.message }, error)),
      )
      this.#server.listen({ host, port }, () => {
        const address = this.#server.address()
        resolve(typeof address === 'object' && address !== null ? address.port : port)
      })
    })
  }

  /** Ends all of them; what they were waiting for is not answered. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const socket of this.#open.keys()) socket.destroy()
    await closed
    await Promise.all(this.#open.values())
  }

  #accept(socket: Socket): void {
    const { limits, logger } = this.#parts
    if (this.#open.size >= limits.connections) {
      logger.log('warn', `Refused a connection: ${limits.connections} are open, which is the limit.`)
      socket.destroy()
      return
    }
    const served = serveConnection(socket, this.#parts).then(() => {
      this.#open.delete(socket)
    })
    this.#open.set(socket, served)
  }
}
