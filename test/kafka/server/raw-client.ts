// A client of bare frames, for what no proper client would send.

import { connect, type Socket } from 'node:net'
import { type ApiRequest, type ApiResponse, readResponse, readResponseHeader, requestFrame } from '../../../plugins/kafka/wire/api.ts'

export class RawClient {
  readonly socket: Socket
  readonly #frames: Buffer[] = []
  #pieces: Buffer[] = []
  #pendingBytes = 0
  #neededBytes = 4
  #wake: () => void = () => {}
  #correlationId = 0
  closed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      this.#pieces.push(chunk)
      this.#pendingBytes += chunk.length
      if (this.#pendingBytes >= this.#neededBytes) this.#cutFrames()
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

  #cutFrames(): void {
    let bytes = Buffer.concat(this.#pieces)
    const needed = (): number => (bytes.length < 4 ? 4 : 4 + bytes.readInt32BE(0))
    while (bytes.length >= needed()) {
      const end = needed()
      this.#frames.push(bytes.subarray(4, end))
      bytes = bytes.subarray(end)
    }
    this.#pieces = [bytes]
    this.#pendingBytes = bytes.length
    this.#neededBytes = needed()
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
