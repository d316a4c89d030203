// Apps on a cluster in memory, by a clock that the test moves: what they do, how often and in which order is the same at each run.

import type { Config } from '../../framework/config.ts'
import type { TopologyDefinition } from '../../framework/dsl/topology-definition.ts'
import { manifestOf } from '../../framework/graph/manifest.ts'
import type { Admin, Broker, Producer } from '../../framework/ports/broker.ts'
import type { LogLevel } from '../../framework/ports/logger.ts'
import type { MetricsReporter } from '../../framework/ports/metrics.ts'
import { asTimestamp, type Headers, noHeaders } from '../../framework/ports/record.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { App, type AppTotals } from '../../framework/runtime/app.ts'
import type { AppState } from '../../framework/runtime/app-state.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { MemoryBroker, MemoryCluster, type MemoryNetwork } from '../../plugins/broker-memory/index.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'
import { DiskWork } from './disk-work.ts'

export interface StartOptions {
  readonly config?: Config
  /** Variables that set settings, as secrets are. */
  readonly environment?: Readonly<Record<string, string>>
  readonly untilEnd?: boolean
  /** Whether its manifest is recorded, and compared with the one that is. Default: false. */
  readonly recordsVersion?: boolean
  /** Of persistent stores; in memory by default. */
  readonly engine?: StateEngine
  readonly reporters?: readonly MetricsReporter[]
  readonly onState?: (state: AppState) => void
  /** What stands between the app and its broker. Default: nothing. */
  readonly around?: (broker: Broker) => Broker
  /** How its requests reach the cluster. Default: at once. */
  readonly network?: MemoryNetwork
}

/** A record written by a topology, its bytes as text. */
export interface SeenRecord {
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
  readonly partition: number
  readonly headers: Headers
}

const memoryEngine = memory().stores!.memory!

export class AppBench {
  readonly clock: VirtualClock
  readonly cluster: MemoryCluster
  readonly admin: Admin
  /** Started so far. */
  processes = 0
  private readonly producer: Producer

  /** For apps with state on disk: the time waits for it. */
  readonly disk = new DiskWork()

  constructor() {
    this.clock = new VirtualClock(1_000, this.disk)
    this.cluster = new MemoryCluster(this.clock)
    const broker = new MemoryBroker(this.cluster, 'test')
    this.admin = broker.admin
    this.producer = broker.producer({ clientId: 'test', lingerMs: 0, bufferBytesMax: 1e9, compression: 'none' })
  }

  async createTopics(topics: Readonly<Record<string, number>>): Promise<void> {
    await this.admin.createTopics(Object.entries(topics).map(([name, partitions]) => ({ name, partitions })))
  }

  /** Writes string records; the partition follows from the key. */
  async produce(
    topic: string,
    records: readonly (readonly [key: string | null, value: string | null, timestamp?: number])[],
    headers: Headers = noHeaders,
  ): Promise<void> {
    const writer = await this.producer.writer(topic)
    for (const [key, value, timestamp = 0] of records) {
      const keyBytes = Buffer.from(key ?? '')
      const [start, end] = key === null ? [-1, -1] : [0, keyBytes.length]
      writer.append(writer.partitionOf(keyBytes, start, end), asTimestamp(timestamp), keyBytes, start, end, value, string(), headers)
    }
    await this.producer.flush()
  }

  /** All records of a topic, partition by partition. */
  records(topic: string): readonly SeenRecord[] {
    return this.cluster.requireTopic(topic).logs.flatMap((log, partition) => {
      const reader = log.read(log.startOffset, Infinity, true)?.reader
      const seen: SeenRecord[] = []
      while (reader?.next() === true) {
        const { bytes, keyStart, keyEnd, valueStart, valueEnd, timestamp } = reader
        const key = keyStart < 0 ? null : bytes.toString('utf8', keyStart, keyEnd)
        const value = valueStart < 0 ? null : bytes.toString('utf8', valueStart, valueEnd)
        seen.push({ key, value, timestamp, partition, headers: reader.headers() })
      }
      return seen
    })
  }

  values(topic: string): readonly (string | null)[] {
    return this.records(topic).map(({ value }) => value)
  }

  start(definition: TopologyDefinition, options: StartOptions = {}): StartedApp {
    return new StartedApp(this, definition, options)
  }

  /** Runs to the end of the input, and gives what was counted. */
  async runToEnd(definition: TopologyDefinition, options: StartOptions = {}): Promise<AppTotals> {
    return await this.start(definition, { ...options, untilEnd: true }).ended()
  }
}

export class StartedApp {
  readonly app: App
  readonly states: AppState[] = []
  readonly logged: { readonly level: LogLevel; readonly message: string }[] = []
  readonly printed: string[] = []
  private readonly bench: AppBench
  private readonly broker: MemoryBroker
  private readonly running: Promise<void>
  private totals: AppTotals | undefined
  private failure: unknown
  private settled = false

  constructor(
    bench: AppBench,
    definition: TopologyDefinition,
    {
      config = {},
      environment = {},
      untilEnd = false,
      recordsVersion = false,
      engine = memoryEngine,
      reporters = [],
      onState,
      around = (broker) => broker,
      network,
    }: StartOptions,
  ) {
    this.bench = bench
    this.broker = new MemoryBroker(bench.cluster, definition.name, network)
    this.app = new App({
      topology: definition.build(),
      ...(recordsVersion ? { manifest: manifestOf(definition.build()) } : {}),
      applicationId: definition.name,
      processId: `process-${bench.processes++}`,
      settings: readSettings(config, environment).settings,
      broker: around(this.broker),
      engines: { persistent: bench.disk.watch(engine), memory: memoryEngine },
      clock: bench.clock,
      logger: { log: (level, message) => this.logged.push({ level, message }) },
      print: (line) => this.printed.push(line),
      untilEnd,
      reporters,
      onState: (state) => {
        this.states.push(state)
        onState?.(state)
      },
    })
    this.running = this.app
      .run()
      .then(
        (totals) => {
          this.totals = totals
        },
        (error: unknown) => {
          this.failure = error
        },
      )
      .finally(() => {
        this.settled = true
      })
  }

  async reaches(state: AppState): Promise<void> {
    await this.bench.clock.advanceUntil(() => this.app.state === state || this.settled)
    if (this.app.state !== state) throw this.failure ?? new Error(`the app is ${this.app.state}, not ${state}`)
  }

  /** Waits for the app to end by itself. */
  async ended(): Promise<AppTotals> {
    await this.bench.clock.advanceUntil(() => this.settled)
    await this.running
    if (this.failure !== undefined) throw this.failure
    return this.totals!
  }

  async stop(): Promise<AppTotals> {
    this.app.stop()
    return await this.ended()
  }

  /** Waits for the app to fail. */
  async failed(): Promise<unknown> {
    await this.bench.clock.advanceUntil(() => this.settled)
    if (this.failure === undefined) throw new Error('the app did not fail')
    return this.failure
  }

  /** As if the process had died: nothing more reaches the broker, and nothing is said. */
  crash(): void {
    this.broker.crash()
  }
}
