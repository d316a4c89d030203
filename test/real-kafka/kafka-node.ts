// One node of Apache Kafka (KRaft, broker and controller in one process), with its log in a folder. It can be killed and started again on what it left there.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KafkaDistribution } from './distribution.ts'

const startTimeoutMs = 90_000
const stopTimeoutMs = 20_000

export interface NodePlace {
  readonly id: number
  readonly folder: string
  readonly brokerPort: number
  readonly controllerPort: number
  /** `id@host:port` of all controllers of the cluster. */
  readonly voters: string
  /** Of the further listeners, by their names, which are their protocols. */
  readonly addresses: Readonly<Record<string, string>>
}

export class KafkaNode {
  readonly id: number
  /** `host:port`, for clients. */
  readonly address: string
  readonly #distribution: KafkaDistribution
  readonly #properties: string
  readonly #heap: string
  #child: ChildProcess | undefined

  constructor(distribution: KafkaDistribution, place: NodePlace, settings: Readonly<Record<string, string | number>>, heap: string) {
    this.id = place.id
    this.address = `127.0.0.1:${place.brokerPort}`
    this.#distribution = distribution
    this.#properties = join(place.folder, 'server.properties')
    this.#heap = heap
    writeFileSync(this.#properties, propertiesText({ ...nodeSettings(place), ...settings }))
  }

  /** Makes its storage. Once, before the first start. */
  async format(clusterId: string, options: readonly string[]): Promise<void> {
    // One id in 64 begins with a dash: in one word with its option it is not taken for another.
    const format = ['format', `--cluster-id=${clusterId}`, '-c', this.#properties, ...options]
    const formatted = await this.#distribution.run('kafka.tools.StorageTool', format)
    if (formatted.code !== 0) throw new Error(`Kafka's storage could not be made: ${formatted.stderr}`)
  }

  /** Until it serves. */
  async start(): Promise<void> {
    const options = [`-Xmx${this.#heap}`, '-Dorg.slf4j.simpleLogger.log.kafka.server=info']
    this.#child = this.#distribution.start('kafka.Kafka', [this.#properties], options)
    await serverStarted(this.#child)
  }

  /** As kill -9 does: at once, with nothing written that was not. Gives when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || hasEnded(child)) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Without waiting: for the end of this process. */
  killNow(): void {
    this.#child?.kill('SIGKILL')
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || hasEnded(child)) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
    await exited
    clearTimeout(timer)
  }
}

function nodeSettings({ id, folder, brokerPort, controllerPort, voters, addresses }: NodePlace): Record<string, string | number> {
  const others = Object.entries(addresses).map(([name, address]) => `,${name}://${address}`)
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
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

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function serverStarted(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string) => {
      child.kill('SIGKILL')
      reject(new Error(`Apache Kafka ${why}:\n${output.slice(-2000)}`))
    }
    const timer = setTimeout(() => fail(`did not start within ${startTimeoutMs / 1000} s`), startTimeoutMs)
    const onExit = () => {
      clearTimeout(timer)
      fail('ended at its start')
    }
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
