// One simulation: several instances of an app on a cluster in memory, for some seconds of virtual time in which the seed kills, freezes, restarts and stops them, spoils
// their network, slows their disks down and compacts the changelogs; then everything is well again, and all input must have come to what it has to.

import type { Config } from '../../framework/config.ts'
import { asTimestamp, noHeaders } from '../../framework/ports/record.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { MemoryBroker, MemoryCluster } from '../../plugins/broker-memory/index.ts'
import { Random } from '../kit/random.ts'
import { streamsWorkload } from './findings.ts'
import { Instance, type Sabotage } from './instance.ts'
import { outside, Scheduler } from './scheduler.ts'
import type { Disk } from './simulated-disk.ts'
import { applicationId, type Input, inputAt, inputTopic, keys, type Outcome, type Workload } from './workload.ts'

export interface SimulationOptions {
  readonly seed: number
  /** Default: streams. */
  readonly workload?: Workload
  /** A fault that was planted for a test: in what an instance sees of the world, or in the cluster. */
  readonly sabotage?: Sabotage & { cluster?(cluster: MemoryCluster): void }
}

export interface SimulationResult {
  readonly seed: number
  /** What is wrong, as sentences; empty if all is well. */
  readonly problems: readonly string[]
  /** What happened, each with its virtual time. */
  readonly trace: readonly string[]
  readonly events: number
}

const troubleMs = 12_000
const healLimitMs = 60_000
/** Between two looks whether all is done, in virtual time. */
const lookMs = 50
/** The steps of a request or a write at which a process may die. */
const requests = ['produce', 'add offsets', 'end transaction', 'commit offsets', 'initialize', 'committed', 'admin']
const steps = [...requests.flatMap((request) => [`before ${request}`, `after ${request}`]), 'before the disk write', 'after the disk write']

/** Between them a commit is half done. */
const commitSteps = ['after produce', 'after add offsets', 'before end transaction', 'after end transaction', 'before the disk write']

/** Whoever is frozen here goes on, as a zombie, with a commit that others have made meanwhile. */
const zombieSteps = ['before add offsets', 'after add offsets', 'before end transaction']

export async function simulate({ seed, workload = streamsWorkload, sabotage = {} }: SimulationOptions): Promise<SimulationResult> {
  const simulation = new Simulation(seed, workload, sabotage)
  return await simulation.run()
}

class Simulation {
  private readonly seed: number
  private readonly workload: Workload
  private readonly random: Random
  private readonly scheduler: Scheduler
  private readonly cluster: MemoryCluster
  private readonly sabotage: NonNullable<SimulationOptions['sabotage']>
  private readonly config: Config
  private readonly partitions: number
  private readonly hosts: { readonly disk: Disk; readonly instanceId: string; instance: Instance | undefined }[]
  private readonly trace: string[] = []
  private readonly inputs: Input[] = []
  private readonly failures: string[] = []
  private readonly numbers = new Map<string, number>()
  private readonly fences: boolean
  private writing = 0
  private tablesWritten = 0
  private processes = 0

  constructor(seed: number, workload: Workload, sabotage: NonNullable<SimulationOptions['sabotage']>) {
    this.seed = seed
    this.workload = workload
    this.random = new Random(seed)
    this.scheduler = new Scheduler(this.random)
    this.cluster = new MemoryCluster(this.scheduler.clockOf(outside))
    this.sabotage = sabotage
    sabotage.cluster?.(this.cluster)
    const { random } = this
    this.partitions = 1 + random.below(3)
    this.config = {
      ...workload.config,
      processingGuarantee: random.chance(0.75) ? 'exactly_once_v2' : 'at_least_once',
      cacheBytesMax: random.chance(0.5) ? 0 : 10_000,
      commitIntervalMs: 20 + random.below(400),
      lingerMs: random.below(60),
      sessionTimeoutMs: 1_500,
      heartbeatIntervalMs: 300,
      rebalanceTimeoutMs: 2_000,
      transactionTimeoutMs: random.chance(0.3) ? 1_000 : 15_000,
      repartitionPurgeIntervalMs: 700,
      ...(random.chance(0.3) ? { uncommittedBytesMax: 500 } : {}),
      ...(random.chance(0.3) ? { fetchBufferBytesMax: 1_024 } : {}),
      standbyReplicas: random.below(3),
      acceptableRecoveryLag: random.oneOf([0, 20, 10_000]),
      maxWarmupReplicas: 1 + random.below(2),
      probingRebalanceIntervalMs: 500 + random.below(2_500),
      ...(workload.hasThreads && random.chance(0.4) ? { streamThreads: 2 } : {}),
    }
    // By another generator, so that what a seed does otherwise is the same both ways.
    this.fences = new Random(seed + 1_000_000).chance(0.5)
    const isStatic = random.chance(0.3)
    this.hosts = Array.from({ length: 1 + random.below(3) }, (_, index) => {
      return { disk: { folders: new Map() }, instanceId: isStatic ? `host-${index}` : '', instance: undefined }
    })
  }

  async run(): Promise<SimulationResult> {
    const { scheduler, random } = this
    this.note(
      `${this.config.processingGuarantee}, ${this.hosts.length} hosts, ${this.partitions} partitions, ${JSON.stringify(this.config)}`,
    )
    const tables = Object.entries(this.workload.tables)
    for (const name of [inputTopic, ...this.workload.outputTopics]) this.cluster.createTopic({ name, partitions: this.partitions })
    for (const [name] of tables) this.cluster.createTopic({ name, partitions: this.partitions })
    for (const [name, rows] of tables) await this.writeTable(name, rows)
    this.write(30 + random.below(150))
    for (const host of this.hosts) this.start(host)
    this.trouble()
    await scheduler.runUntil(() => false, troubleMs)
    this.note('all is well from now on')
    await this.toItsEnd()
    // What is left on the disks and in the changelogs has to be good: they are counted on from.
    this.note('started once more')
    this.write(3 * keys.length)
    await this.toItsEnd()
    const problems = [...this.failures, ...(await this.workload.findings(this.outcome, true))]
    for (const problem of problems) this.note(problem)
    return { seed: this.seed, problems, trace: this.trace, events: scheduler.events }
  }

  private get outcome(): Outcome {
    return { cluster: this.cluster, inputs: this.inputs, config: this.config }
  }

  /** Until all input has come to what it has to, and all instances have stopped in order. */
  private async toItsEnd(): Promise<void> {
    const { scheduler } = this
    for (const host of this.hosts) host.instance?.heal()
    let lookedMs = 0
    const isAllThere = async (): Promise<boolean> => {
      this.keepAlive()
      if (this.writing > 0 || scheduler.nowMs < lookedMs + lookMs) return false
      lookedMs = scheduler.nowMs
      return (await this.workload.findings(this.outcome, false)).length === 0
    }
    const isDone = await scheduler.runUntil(isAllThere, healLimitMs)
    if (!isDone) {
      this.failures.push(`it did not come to its end in ${healLimitMs / 1_000} s without faults: ${this.standing()}`)
      for (const line of this.ends()) this.note(line)
    }
    for (const { instance } of this.hosts) instance?.stop()
    const hasEnded = await scheduler.runUntil(() => this.hosts.every(({ instance }) => instance?.ended !== false), healLimitMs)
    if (!hasEnded) this.failures.push(`not all instances have stopped: ${this.standing()}`)
  }

  // --------------------------------------------------------------------------------------------------------------- input

  private write(count: number): void {
    this.writing++
    void this.writeInput(count).then(() => {
      this.writing--
    })
  }

  /** Its writer knows no trouble: what it has written is the input. */
  private async writeInput(count: number): Promise<void> {
    const { scheduler, random } = this
    const append = await this.writerOf(inputTopic)
    for (let index = 0; index < count; index++) {
      await scheduler.pause(random.below((2 * troubleMs) / count))
      const input = inputAt(random, this.numbers, scheduler.nowMs)
      this.inputs.push(input)
      await append(input)
    }
    for (const [table, rows] of Object.entries(this.workload.tables)) await this.writeTable(table, rows)
  }

  /** Each time with other values. */
  private async writeTable(topic: string, rows: readonly string[]): Promise<void> {
    const append = await this.writerOf(topic)
    this.tablesWritten++
    for (const key of rows) await append({ key, value: `${key}${this.tablesWritten}`, timestamp: Math.floor(this.scheduler.nowMs) })
  }

  private async writerOf(topic: string): Promise<(record: Input) => Promise<void>> {
    const producer = new MemoryBroker(this.cluster, 'input').producer({
      clientId: 'input',
      lingerMs: 0,
      bufferBytesMax: 1e9,
      compression: 'none',
    })
    const writer = await producer.writer(topic)
    return async ({ key: text, value, timestamp }) => {
      const key = Buffer.from(text)
      const partition = writer.partitionOf(key, 0, key.length)
      writer.append(partition, asTimestamp(timestamp), key, 0, key.length, value, string(), noHeaders)
      await producer.flush()
    }
  }

  // -------------------------------------------------------------------------------------------------------------- trouble

  private trouble(): void {
    const { scheduler, random } = this
    for (let atMs = random.between(0, 1_500); atMs < troubleMs; atMs += random.between(50, 2_000)) {
      scheduler.after(atMs, () => this.strike())
    }
  }

  private strike(): void {
    const { random } = this
    for (const host of this.hosts) if (host.instance?.alive !== true && random.chance(0.5)) this.start(host)
    // What a frozen instance does later is of interest where others have gone on meanwhile.
    if (this.hosts.some(({ instance }) => instance?.isFrozen) && random.chance(0.7)) return
    const host = random.oneOf(this.hosts)
    const { instance } = host
    const lot = random.below(16)
    if (instance?.alive !== true) this.start(host)
    else if (lot < 4) instance.doom(this.step())
    else if (lot < 5) instance.kill('just so')
    else if (lot < 8) instance.freeze(random.chance(0.5) && this.isExactlyOnce ? random.between(1_600, 4_000) : random.between(10, 1_000))
    else if (lot < 9) instance.stop()
    else if (lot < 13 && this.isExactlyOnce) instance.freezeAt(this.zombieStep(), random.between(2_000, 6_000))
    else {
      this.note('the topics are compacted')
      this.cluster.compact(this.workload.keepsDeletions)
    }
  }

  private step(): string {
    return this.random.oneOf(this.random.chance(0.5) ? commitSteps : steps)
  }

  private zombieStep(): string {
    return this.random.chance(0.8) ? this.random.oneOf(zombieSteps) : this.step()
  }

  private start(host: Simulation['hosts'][number]): void {
    const { random, config } = this
    const before = host.instance
    if (before !== undefined && !before.ended && before.alive) return
    const name = `process-${this.processes++}`
    host.instance = new Instance(name, host.disk, {
      scheduler: this.scheduler,
      random,
      workload: this.workload,
      cluster: this.cluster,
      config: host.instanceId === '' ? config : { ...config, groupInstanceId: host.instanceId },
      weather: { refused: random.next() * 0.08, lost: random.next() * 0.08, slow: random.next() * 0.1, fences: this.fences },
      slowestWriteMs: random.chance(0.3) ? 1_500 : 20,
      trace: (event) => this.note(event),
      sabotage: this.sabotage,
    })
  }

  /** Whoever looks after the hosts starts a process again that has ended. */
  private keepAlive(): void {
    for (const host of this.hosts) {
      if (host.instance?.alive === true) continue
      this.start(host)
      host.instance?.heal()
    }
  }

  /** At least once has no word for zombies: what they write late overwrites what others have written meanwhile, as in Kafka Streams. */
  private get isExactlyOnce(): boolean {
    return this.config.processingGuarantee === 'exactly_once_v2'
  }

  private standing(): string {
    return this.hosts.map(({ instance }) => `${instance?.name} is ${instance?.state}`).join(', ')
  }

  private ends(): readonly string[] {
    const group = this.cluster.groups.get(applicationId)
    return this.cluster.topicNames().flatMap((topic) => {
      return this.cluster.requireTopic(topic).logs.map((log, partition) => {
        const committed = group?.committed({ topic, partition })?.offset ?? 'nothing'
        return `${topic}-${partition} is stable up to ${log.lastStableOffset} of ${log.endOffset}; ${committed} is committed`
      })
    })
  }

  private note(event: string): void {
    this.trace.push(`${this.scheduler.nowMs.toFixed(1).padStart(9)} ${event}`)
  }
}
