// A client of bare frames, for what no proper client would send.

import { connect, type Socket } from 'node:net'
import { type ApiRequest, type ApiResponse, readResponse, readResponseHeader, requestFrame } from '../../../plugins/kafka/wire/api.ts'

export class RawClient {
  readonly socket: Socket
  readonly #frames: Buffer[] = []
  #bytes: Buffer = Buffer.alloc(0)
  #wake: () => void = () => {}
  #correlationId = 0
  closed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readInt32BE(0)) {
        const end = 4 + this.#bytes.readInt32BE(0)
        this.#frames.push(this.#bytes.subarray(4, end))
        this.#bytes = this.#bytes.subarray(end)
      }
      this.#wake()
    })
    socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  static open(port: number): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: false })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new RawClient(socket)))
    })
  }

  /** Sends a request and gives its answer. */
  async ask<In, Out, ResponseIn, ResponseOut>(
    api: ApiRequest<In, Out> & ApiResponse<ResponseIn, ResponseOut>,
    version: number,
    body: In,
  ): Promise<ResponseOut> {
    const correlationId = ++this.#correlationId
    this.socket.write(requestFrame(api, version, correlationId, 'raw', body))
    const header = readResponseHeader(await this.frame())
    if (header.correlationId !== correlationId) throw new Error(`answer ${header.correlationId} to request ${correlationId}`)
    return readResponse(api, version, header.rest)
  }

  /** The next answer, without its size. Rejects when the connection ends. */
  async frame(): Promise<Buffer> {
    await this.#until(() => this.#frames.length > 0 || this.closed)
    const frame = this.#frames.shift()
    if (frame === undefined) throw new Error('The broker closed the connection.')
    return frame
  }

  async end(): Promise<void> {
    await this.#until(() => this.closed)
  }

  close(): void {
    this.socket.destroy()
  }

  #until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        if (condition()) resolve()
      }
      this.#wake()
    })
  }
}
