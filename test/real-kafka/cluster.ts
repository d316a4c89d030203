// A real Apache Kafka on free loopback ports: one process of one node (KRaft, broker and controller), its log in a temporary folder that `stop`
// removes. Up in about four seconds.

import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KafkaDistribution } from './distribution.ts'

const startTimeoutMs = 60_000
const stopTimeoutMs = 20_000

export interface RealKafka {
  /** `host:port`, for clients. */
  readonly address: string
  /** Of the further listeners, by name. */
  readonly addresses: Readonly<Record<string, string>>
  /** Java with Kafka's classes, for its tools. */
  readonly distribution: KafkaDistribution
  stop(): Promise<void>
}

export interface RealKafkaOptions {
  /** Further lines of server.properties. */
  readonly settings?: Readonly<Record<string, string | number>>
  readonly heap?: string
  /** Further listeners, by their names, which are their protocols: `SASL_SSL`. */
  readonly listeners?: readonly string[]
  /** Of `kafka-storage format`: `--add-scram` with a user. */
  readonly formatOptions?: readonly string[]
}

export async function startKafka({
  settings = {},
  heap = '512m',
  listeners = [],
  formatOptions = [],
}: RealKafkaOptions = {}): Promise<RealKafka> {
  const distribution = KafkaDistribution.fetch()
  const folder = mkdtempSync(join(tmpdir(), 'millrace-kafka-'))
  const [brokerPort, controllerPort, ...ports] = await freePorts(2 + listeners.length)
  const addresses = Object.fromEntries(listeners.map((name, index) => [name, `127.0.0.1:${ports[index]}`]))
  const address = `127.0.0.1:${brokerPort}`
  const properties = join(folder, 'server.properties')
  writeFileSync(properties, propertiesText({ ...nodeSettings(folder, brokerPort!, controllerPort!, addresses), ...settings }))
  try {
    const clusterId = randomBytes(16).toString('base64url')
    // One id in 64 begins with a dash: in one word with its option it is not taken for another.
    const format = ['format', `--cluster-id=${clusterId}`, '-c', properties, ...formatOptions]
    const formatted = await distribution.run('kafka.tools.StorageTool', format)
    if (formatted.code !== 0) throw new Error(`Kafka's storage could not be made: ${formatted.stderr}`)
    const child = distribution.start('kafka.Kafka', [properties], [`-Xmx${heap}`, '-Dorg.slf4j.simpleLogger.log.kafka.server=info'])
    // However this process ends, it leaves no server and no log behind.
    const kill = () => {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    }
    process.once('exit', kill)
    await serverStarted(child)
    const end = () => stop(child, folder).finally(() => process.off('exit', kill))
    return { address, addresses, distribution, stop: end }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

function nodeSettings(
  folder: string,
  brokerPort: number,
  controllerPort: number,
  addresses: Readonly<Record<string, string>>,
): Record<string, string | number> {
  const others = Object.entries(addresses).map(([name, address]) => `,${name}://${address}`)
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${brokerPort},CONTROLLER://127.0.0.1:${controllerPort}${others.join('')}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${brokerPort}${others.join('')}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': [
      'CONTROLLER:PLAINTEXT',
      ...['PLAINTEXT', ...Object.keys(addresses)].map((name) => `${name}:${name}`),
    ].join(','),
    'log.dirs': join(folder, 'log'),
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Looked for every ten seconds by default.
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 200,
    // Tests of lost members should not wait for the default least of six seconds.
    'group.min.session.timeout.ms': 500,
    'log.cleaner.backoff.ms': 200,
    'log.retention.check.interval.ms': 300_000,
  }
}

function propertiesText(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

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

function serverStarted(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string) => {
      child.kill('SIGKILL')
      reject(new Error(`Apache Kafka ${why}:\n${output.slice(-2000)}`))
    }
    const timer = setTimeout(() => fail(`did not start within ${startTimeoutMs / 1000} s`), startTimeoutMs)
    const onExit = () => fail('ended at its start')
    const onData = (text: string) => {
      output = (output + text).slice(-20_000)
      if (!output.includes('Kafka Server started')) return
      clearTimeout(timer)
      child.off('exit', onExit)
      // What it says later is read and dropped, so that its pipes never fill up.
      for (const stream of [child.stdout, child.stderr]) stream?.removeAllListeners('data').resume()
      resolve()
    }
    child.stdout?.setEncoding('utf8').on('data', onData)
    child.stderr?.setEncoding('utf8').on('data', onData)
    child.once('exit', onExit)
    child.once('error', reject)
  })
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
    await exited
    clearTimeout(timer)
  }
  rmSync(folder, { recursive: true, force: true })
}
