// A proxy between clients and one broker that looks into the frames: clients only ever see its own address, and a test says what becomes of each answer.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { readResponse, readResponseHeader, responseFrame } from '../../plugins/kafka/wire/api.ts'
import { apis } from '../../plugins/kafka/wire/apis.ts'
import { errorCode } from '../../plugins/kafka/wire/error-codes.ts'

/** The broker has done it, and the client never hears of it. `lose`: because the connection breaks; `swallow`: it stays open, in silence. */
export type Fate = 'pass' | 'lose' | 'swallow'

export class FaultyProxy {
  readonly #target: { host: string; port: number }
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Asked for each answer, by the key of its API. */
  fateOf: (apiKey: number) => Fate = () => 'pass'
  /** Asked for each topic of each answer about metadata: whether its news has not reached the broker yet. */
  isUnheardOf: (topic: string) => boolean = () => false
  answers = 0

  constructor(address: string) {
    const [host = '', port] = address.split(':')
    this.#target = { host, port: Number(port) }
    this.#server = createServer((client) => this.#accept(client))
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this.address
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** Breaks all connections that are open now. */
  breakAll(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.breakAll()
    this.#server.close()
    await once(this.#server, 'close')
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  #accept(client: Socket): void {
    const broker = connect(this.#target.port, this.#target.host)
    const requests = new Map<number, { readonly apiKey: number; readonly version: number }>()
    for (const socket of [client, broker]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        broker.destroy()
      })
    }
    client.on(
      'data',
      inFrames((frame) => {
        requests.set(frame.readInt32BE(8), { apiKey: frame.readInt16BE(4), version: frame.readInt16BE(6) })
        broker.write(frame)
      }),
    )
    broker.on(
      'data',
      inFrames((frame) => {
        const request = requests.get(frame.readInt32BE(4))
        requests.delete(frame.readInt32BE(4))
        this.answers++
        const fate = request === undefined ? 'pass' : this.fateOf(request.apiKey)
        if (fate === 'lose') client.destroy()
        if (fate !== 'pass') return
        client.write(request?.apiKey === apis.metadata.key ? this.#metadata(frame, request.version) : frame)
      }),
    )
  }

  #metadata(frame: Buffer, version: number): Buffer {
    const { correlationId, rest } = readResponseHeader(frame.subarray(4))
    const body = readResponse(apis.metadata, version, rest)
    const brokers = body.brokers.map((broker) => ({ ...broker, host: '127.0.0.1', port: this.#port }))
    const unheardOf = { errorCode: errorCode.UNKNOWN_TOPIC_OR_PARTITION, partitions: [] }
    const topics = body.topics.map((topic) => (this.isUnheardOf(topic.name ?? '') ? { ...topic, ...unheardOf } : topic))
    return responseFrame(apis.metadata, version, correlationId, { ...body, brokers, topics })
  }
}

/** Frames with their four bytes of size, whatever pieces they arrive in. */
function inFrames(take: (frame: Buffer) => void): (piece: Buffer) => void {
  let pending = Buffer.alloc(0)
  return (piece) => {
    pending = Buffer.concat([pending, piece])
    while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
      const sizeBytes = 4 + pending.readInt32BE(0)
      take(pending.subarray(0, sizeBytes))
      pending = pending.subarray(sizeBytes)
    }
  }
}
