// A real Apache Kafka on free loopback ports: one node, or several that replicate; its logs in a temporary folder that `stop` removes. One node is up in about four
// seconds, three in about ten.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KafkaDistribution } from './distribution.ts'
import { KafkaNode } from './kafka-node.ts'

export interface RealKafka {
  /** `host:port` of the first node, for clients. */
  readonly address: string
  /** Of the further listeners of the first node, by name. */
  readonly addresses: Readonly<Record<string, string>>
  readonly nodes: readonly KafkaNode[]
  /** Where the nodes have their logs. */
  readonly folder: string
  /** Java with Kafka's classes, for its tools. */
  readonly distribution: KafkaDistribution
  stop(): Promise<void>
}

export interface RealKafkaOptions {
  /** Of more than one, each topic has three copies, of which two have to be there for a write. */
  readonly nodes?: number
  /** Further lines of server.properties. */
  readonly settings?: Readonly<Record<string, string | number>>
  readonly heap?: string
  /** Further listeners, by their names, which are their protocols: `SASL_SSL`. */
  readonly listeners?: readonly string[]
  /** Of `kafka-storage format`: `--add-scram` with a user. */
  readonly formatOptions?: readonly string[]
}

export async function startKafka({
  nodes: count = 1,
  settings = {},
  heap = '512m',
  listeners = [],
  formatOptions = [],
}: RealKafkaOptions = {}): Promise<RealKafka> {
  const distribution = KafkaDistribution.fetch()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'))
  const portsEach = 2 + listeners.length
  const ports = await freePorts(count * portsEach)
  const portsOf = (id: number): number[] => ports.slice((id - 1) * portsEach, id * portsEach)
  const ids = Array.from({ length: count }, (_, index) => index + 1)
  const voters = ids.map((id) => `${id}@127.0.0.1:${portsOf(id)[1]}`).join(',')
  const addressesOf = (id: number): Record<string, string> =>
    Object.fromEntries(listeners.map((name, index) => [name, `127.0.0.1:${portsOf(id)[2 + index]}`]))
  const nodes = ids.map((id) => {
    const [brokerPort, controllerPort] = portsOf(id)
    const own = join(folder, `node-${id}`)
    mkdirSync(own)
    const place = { id, folder: own, brokerPort: brokerPort!, controllerPort: controllerPort!, voters, addresses: addressesOf(id) }
    return new KafkaNode(distribution, place, { ...(count > 1 ? replicated : {}), ...settings }, heap)
  })
  // However this process ends, it leaves no server and no log behind.
  const kill = () => {
    for (const node of nodes) node.killNow()
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', kill)
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
    rmSync(folder, { recursive: true, force: true })
    process.off('exit', kill)
  }
  try {
    const clusterId = randomBytes(16).toString('base64url')
    for (const node of nodes) await node.format(clusterId, formatOptions)
    // A node is started when it is in a quorum, so they start together.
    await Promise.all(nodes.map((node) => node.start()))
    return { address: nodes[0]!.address, addresses: addressesOf(1), nodes, folder, distribution, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Nothing that was acknowledged is lost while one node of three is away. */
const replicated = {
  'default.replication.factor': 3,
  'min.insync.replicas': 2,
  'offsets.topic.replication.factor': 3,
  'transaction.state.log.replication.factor': 3,
  'transaction.state.log.min.isr': 2,
} as const

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
