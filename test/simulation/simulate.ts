// A run of several instances of an app on a cluster that does all that a cluster may do to them, from a seed: the same seed, the same run. What comes out is
// compared with what an offline count of the input says.

import type { Config } from '../../framework/config.ts'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { asTimestamp, noHeaders } from '../../framework/ports/record.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { MemoryBroker, MemoryCluster } from '../../plugins/broker-memory/index.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'
import type { Plant } from './plants.ts'
import { Random } from './random.ts'
import { SimulatedDisk } from './simulated-disk.ts'
import { SimulatedProcess, type Surroundings } from './simulated-process.ts'

export interface SimulationOptions {
  readonly guarantee?: 'at_least_once' | 'exactly_once_v2'
  readonly plant?: Plant
}

export interface SimulationResult {
  /** What is not as it has to be; empty: all is well. */
  readonly problems: readonly string[]
  readonly trace: readonly string[]
}

const text = { key: string(), value: string() }
const words = ['a', 'b', 'c', 'd', 'e', 'f']

/** Through a repartition topic into a store, and out: the order of a word's counts shows what was lost, and what was twice. */
const counts = topology('counts', (builder) => {
  builder
    .stream('in', text)
    .selectKey((value) => value)
    .groupByKey(text)
    .count({ store: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to('out', text)
})

const machines = 3
const steps = 24
/** Longer than anything that is to end by itself: session, rebalance and transaction timeouts. */
const settleMsMax = 300_000

export async function simulate(seed: number, { guarantee = 'exactly_once_v2', plant }: SimulationOptions = {}): Promise<SimulationResult> {
  const run = new SimulationRun(seed, guarantee, plant)
  try {
    await run.live()
    await run.settle()
    return { problems: run.problems(), trace: run.trace }
  } catch (error) {
    return { problems: [`it came to no end: ${error instanceof Error ? error.message : String(error)}`], trace: run.trace }
  }
}

class SimulationRun {
  readonly trace: string[] = []
  private readonly clock = new VirtualClock(1_000)
  private readonly cluster = new MemoryCluster(this.clock)
  private readonly random: Random
  private readonly guarantee: 'at_least_once' | 'exactly_once_v2'
  private readonly plant: Plant | undefined
  private readonly commitIntervalMs: number
  /** Below a session timeout the coordinator of transactions fences zombies; above it, that of the group has to. */
  private readonly transactionTimeoutMs: number
  private readonly disks = Array.from({ length: machines }, () => new SimulatedDisk())
  private readonly processes: (SimulatedProcess | undefined)[] = Array.from({ length: machines }, () => undefined)
  private readonly producer = new MemoryBroker(this.cluster, 'input').producer({
    clientId: 'input',
    lingerMs: 0,
    bufferBytesMax: 1e9,
    compression: 'none',
  })
  private readonly sent = new Map<string, number>()
  private started = 0

  constructor(seed: number, guarantee: 'at_least_once' | 'exactly_once_v2', plant: Plant | undefined) {
    this.random = new Random(seed)
    this.guarantee = guarantee
    this.plant = plant
    this.commitIntervalMs = 20 + this.random.below(400)
    this.transactionTimeoutMs = this.random.of([4_000, 10_000, 60_000])
  }

  async live(): Promise<void> {
    for (const name of ['in', 'out']) this.cluster.createTopic({ name, partitions: 2 })
    for (let step = 0; step < steps; step++) {
      await this.produce(5 + this.random.below(15))
      this.disturb()
      let turns = this.random.below(40)
      const untilMs = this.clock.now() + (this.random.oneIn(5) ? this.random.below(15_000) : this.random.below(1_500))
      await this.clock.advanceUntil(() => this.clock.now() >= untilMs && turns-- <= 0)
    }
  }

  /** All are killed, and one that nothing happens to finishes the work. */
  async settle(): Promise<void> {
    for (const process of this.processes) process?.kill('at the end')
    this.start(0)
    await this.clock.advanceUntil(() => this.isAtEnd() || this.processes[0]!.ended, settleMsMax)
    this.processes[0]!.stop()
    await this.clock.advanceUntil(() => this.processes[0]!.ended, settleMsMax)
    const { failure } = this.processes[0]!
    if (failure !== undefined) throw failure
  }

  problems(): readonly string[] {
    return [...this.sent].flatMap(([word, count]) => {
      const seen = this.output(word)
      const last = seen.at(-1) ?? 0
      if (this.guarantee === 'at_least_once') return last >= count ? [] : [`${word} was counted ${last} times of ${count}`]
      const expected = Array.from({ length: count }, (_, index) => index + 1)
      return seen.join() === expected.join() ? [] : [`${word} was sent ${count} times, and its counts are ${seen.join(' ')}`]
    })
  }

  private disturb(): void {
    const { random } = this
    const machine = random.below(machines)
    const process = this.processes[machine]
    const choice = random.below(12)
    if (process === undefined || process.isGone) this.start(machine)
    else if (choice < 4) process.killSoon(random.below(30))
    else if (choice < 7) process.freezeSoon(random.below(30), 500 + random.below(40_000))
    else if (choice < 8) process.stop()
    if (random.oneIn(4)) for (const log of this.cluster.topic('counts-counts-changelog')?.logs ?? []) log.compact()
  }

  private start(machine: number): void {
    const name = `machine-${machine}-${this.started++}`
    const config: Config = {
      processingGuarantee: this.guarantee,
      commitIntervalMs: this.commitIntervalMs,
      transactionTimeoutMs: this.transactionTimeoutMs,
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 2_000,
      cacheBytesMax: 0,
      stateDir: `/machine-${machine}`,
      repartitionPurgeIntervalMs: 2_000,
      ...(machine === 1 ? { groupInstanceId: 'machine-1' } : {}),
    }
    this.say(`${name} starts`)
    this.processes[machine] = new SimulatedProcess(name, counts, config, this.surroundings(machine))
  }

  private surroundings(machine: number): Surroundings {
    const { cluster, clock, random, plant } = this
    return { cluster, clock, random, plant, disk: this.disks[machine]!, trace: (line) => this.say(line) }
  }

  private async produce(count: number): Promise<void> {
    const writer = await this.producer.writer('in')
    for (let at = 0; at < count; at++) {
      const word = this.random.of(words)
      this.sent.set(word, (this.sent.get(word) ?? 0) + 1)
      writer.append(this.random.below(2), asTimestamp(this.clock.now()), Buffer.alloc(0), -1, -1, word, string(), noHeaders)
    }
    await this.producer.flush()
  }

  /** Whether all of the input, and of what became of it in the repartition topic, is committed. */
  private isAtEnd(): boolean {
    return ['in', 'counts-counts-repartition'].every((topic) => {
      return this.cluster.topic(topic)?.logs.every((log, partition) => {
        const committed = this.cluster.groups.get('counts')?.committed({ topic, partition })
        return log.lastStableOffset === log.endOffset && this.lastRecordOf(topic, partition) < (committed?.offset ?? 0)
      })
    })
  }

  private lastRecordOf(topic: string, partition: number): number {
    const log = this.cluster.requireLog(topic, partition)
    const reader = log.read(log.startOffset, Infinity, true)?.reader
    let last = -1
    while (reader?.next() === true) last = reader.offset
    return last
  }

  private output(word: string): readonly number[] {
    return this.cluster.requireTopic('out').logs.flatMap((log) => {
      const reader = log.read(log.startOffset, Infinity, true)?.reader
      const seen: number[] = []
      while (reader?.next() === true) {
        const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader
        if (bytes.toString('utf8', keyStart, keyEnd) === word) seen.push(Number(bytes.toString('utf8', valueStart, valueEnd)))
      }
      return seen
    })
  }

  private say(line: string): void {
    this.trace.push(`${this.clock.now()} ${line}`)
  }
}
