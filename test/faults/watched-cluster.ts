// The cluster as the faults need it: three brokers that are killed and come back, leaders that move, and what the group of the app has committed.

import { setTimeout as delay } from 'node:timers/promises'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import type { Random } from '../kit/random.ts'
import { type RealKafka, type RealKafkaOptions, startKafka } from '../real-kafka/cluster.ts'

const waitMsMax = 120_000
const pollMs = 250

const threeNodes: RealKafkaOptions = {
  nodes: 3,
  heap: '384m',
  settings: {
    // Leaders go back to the first of their copies within seconds, not minutes: after each start of a broker, and after each move.
    'leader.imbalance.check.interval.seconds': 3,
    'leader.imbalance.per.broker.percentage': 0,
    // A broker that was killed is missed as soon as an app would be.
    'broker.session.timeout.ms': 6_000,
  },
}

export class WatchedCluster {
  readonly kafka: RealKafka
  readonly brokers: string
  readonly client: Kafka
  readonly #admin: Admin

  private constructor(kafka: RealKafka) {
    this.kafka = kafka
    const brokers = kafka.nodes.map(({ address }) => address)
    this.brokers = brokers.join(',')
    const retry = { retries: 20, initialRetryTime: 100, maxRetryTime: 1_000 }
    this.client = new Kafka({ brokers, clientId: 'faults', logLevel: logLevel.NOTHING, retry, connectionTimeout: 3_000 })
    this.#admin = this.client.admin()
  }

  static async start(options: RealKafkaOptions = threeNodes): Promise<WatchedCluster> {
    const kafka = await startKafka(options)
    const cluster = new WatchedCluster(kafka)
    await cluster.#admin.connect()
    return cluster
  }

  async createTopics(partitions: number, ...topics: string[]): Promise<void> {
    await this.#admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: partitions })), waitForLeaders: true })
  }

  async stop(): Promise<void> {
    await this.#admin.disconnect()
    await this.kafka.stop()
  }

  /** Kills the next broker, starts it again after a while, and waits until it has caught up with everything. */
  async killBroker(id: number, awayMs: number): Promise<void> {
    const node = this.kafka.nodes[id]!
    await node.kill()
    await delay(awayMs)
    await node.start()
    await this.#until('all copies are in sync', async () =>
      (await this.#partitions()).every(({ isr, replicas }) => isr.length === replicas.length),
    )
  }

  /** Gives each partition another first copy, also those of the group's and the transactions' coordinators, and waits until leaders are there. */
  async moveLeaders(random: Random): Promise<void> {
    const partitions = await this.#answer('the cluster says what it has', () => this.#partitions())
    const moved = partitions.map(({ topic, partition, replicas }) => {
      const by = 1 + random.below(replicas.length - 1)
      return { topic, partition, replicas: [...replicas.slice(by), ...replicas.slice(0, by)] }
    })
    const topics = [...new Set(moved.map(({ topic }) => topic))].map((topic) => ({
      topic,
      partitionAssignment: moved.filter((each) => each.topic === topic).map(({ partition, replicas }) => ({ partition, replicas })),
    }))
    await this.#answer('leaders are told to move', () => this.#admin.alterPartitionReassignments({ topics }))
    await this.#until('all leaders have moved', async () =>
      (await this.#partitions()).every(({ leader, replicas }) => leader === replicas[0]),
    )
  }

  /** By `topic-partition`. */
  async committed(group: string): Promise<Map<string, number>> {
    const offsets = await this.#answer('the group says what it has committed', () => this.#admin.fetchOffsets({ groupId: group }))
    return new Map(
      offsets.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => [`${topic}-${partition}`, Number(offset)] as const),
      ),
    )
  }

  /** How long it takes until each partition has got on from where it was; nothing if that takes too long. */
  async secondsUntilAllGetOn(group: string, from: ReadonlyMap<string, number>, waitMs: number): Promise<number | undefined> {
    const startedMs = performance.now()
    while (performance.now() - startedMs < waitMs) {
      const now = await this.committed(group)
      if ([...from].every(([partition, offset]) => (now.get(partition) ?? 0) > offset)) return (performance.now() - startedMs) / 1000
      await delay(pollMs)
    }
    return undefined
  }

  async #partitions() {
    const { topics } = await this.#admin.fetchTopicMetadata()
    return topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionId, leader, replicas, isr }) => ({ topic: name, partition: partitionId, leader, replicas, isr })),
    )
  }

  /** kafkajs gives up where the coordinator of a group has just moved, or a broker has just died: here it is asked again. */
  async #answer<T>(what: string, question: () => Promise<T>): Promise<T> {
    const startedMs = performance.now()
    for (;;) {
      try {
        return await question()
      } catch (error) {
        if (performance.now() - startedMs > waitMsMax) throw new Error(`Waited for ${waitMsMax / 1000} s that ${what}.`, { cause: error })
        await delay(pollMs)
      }
    }
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const startedMs = performance.now()
    while (!(await isSo().catch(() => false))) {
      if (performance.now() - startedMs > waitMsMax) throw new Error(`Waited for ${waitMsMax / 1000} s that ${what}.`)
      await delay(pollMs)
    }
  }
}
