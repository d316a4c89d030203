import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Broker } from '../../framework/index.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { SystemClock } from '../../framework/runtime/system-clock.ts'
import { KafkajsConnections } from '../../plugins/kafka/client/kafkajs-connections.ts'
import { defaultClientSettings } from '../../plugins/kafka/client/settings.ts'
import { kafka } from '../../plugins/kafka/index.ts'
import { startBroker } from '../../plugins/kafka/server/index.ts'
import { apis } from '../../plugins/kafka/wire/apis.ts'

const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

describe('what we reach into of kafkajs', () => {
  it('is pinned to one version', () => {
    const { dependencies } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(dependencies.kafkajs).toBe('2.2.4')
  })

  it('has the shape that we know, down to an answer', async () => {
    const server = await startBroker()
    closers.push(() => server.close())
    const connections = newConnections()
    const connection = await connections.open('127.0.0.1', server.port)
    closers.push(() => connection.close())
    const { brokers } = await connection.send(apis.metadata, { topics: [] })
    expect(brokers).toMatchObject([{ host: '127.0.0.1', port: server.port }])
    expect(connection.usable).toBe(true)
  })

  it('tells everybody who waits when a connection is closed', async () => {
    const server = await startBroker()
    closers.push(() => server.close())
    const connections = newConnections()
    const connection = await connections.open('127.0.0.1', server.port)
    const answers = [1, 2].map(() => connection.send(apis.metadata, { topics: [] }))
    connection.close()
    for (const { status } of await Promise.allSettled(answers)) expect(status).toBe('rejected')
    await expect(connection.send(apis.metadata, { topics: [] })).rejects.toThrow('no answer')
  })
})

describe('connecting', () => {
  it('where nobody listens names the addresses', async () => {
    const server = await listening(createServer())
    const address = addressOf(server)
    server.close()
    await expect(connectTo([address, address])).rejects.toMatchObject({
      code: 'broker-unreachable',
      details: { brokers: `${address}, ${address}` },
    })
  })

  it('to a web server says that this is not Kafka', async () => {
    const server = await listening(createHttpServer((_, response) => response.end('hello')))
    await expect(connectTo([addressOf(server)])).rejects.toMatchObject({
      code: 'broker-not-kafka',
      details: { address: addressOf(server) },
    })
  })

  it('to a server that hangs up says that this is not Kafka', async () => {
    const server = await listening(createServer((socket) => socket.once('data', () => socket.end())))
    await expect(connectTo([addressOf(server)])).rejects.toMatchObject({ code: 'broker-not-kafka' })
  })

  it('to a server that says nothing says that this is not Kafka', async () => {
    const server = await listening(createServer((socket) => socket.resume()))
    await expect(connectTo([addressOf(server)])).rejects.toMatchObject({ code: 'broker-not-kafka' })
  })

  it('takes the second address when nobody listens at the first', async () => {
    const gone = await listening(createServer())
    const address = addressOf(gone)
    gone.close()
    const server = await startBroker()
    closers.push(() => server.close())
    const broker = await connectTo([address, server.address])
    expect(await broker.admin.topicNames()).toEqual([])
  })

  it.each(['localhost', 'localhost:', 'localhost:kafka', '', 'http://localhost:9092', 'PLAINTEXT://localhost:9092'])(
    'to "%s" says that this is no address',
    async (address) => {
      await expect(connectTo([address])).rejects.toMatchObject({ code: 'broker-address-invalid' })
    },
  )
})

function newConnections(): KafkajsConnections {
  return new KafkajsConnections({
    clientId: 'shape',
    security: {},
    settings: defaultClientSettings,
    logger: silentLogger,
    clock: new SystemClock(),
  })
}

async function connectTo(brokers: readonly string[]): Promise<Broker> {
  const { brokers: factories } = kafka({ settings: { connectTimeoutMs: 300 } })
  const broker = factories!.kafka!({ brokers, clientId: 'test', logger: silentLogger, clock: new SystemClock() })
  closers.push(() => broker.close())
  await broker.connect()
  return broker
}

async function listening<S extends Server>(server: S): Promise<S> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => (server.listening ? server.close() : undefined))
  return server
}

function addressOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
