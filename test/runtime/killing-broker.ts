// A broker whose app dies at a step of its writing: before the so-many-th record that it appends, or commit that it makes. What it has appended before has reached the
// brokers, or is lost with it.

import type { TopologyDefinition } from '../../framework/index.ts'
import type { Broker, Producer, ProducerOptions, TopicWriter, TransactionOffsets, Transactions } from '../../framework/ports/broker.ts'
import type { Headers } from '../../framework/ports/record.ts'
import type { Serde } from '../../framework/ports/serde.ts'
import type { AppBench, StartOptions } from './app-bench.ts'

export interface Death {
  /** How many steps it lives. */
  readonly atStep: number
  /** Whether what it has appended has been sent. */
  readonly sends: boolean
}

class Steps {
  taken = 0
  isDead = false
  private readonly death: Death
  private readonly die: () => void

  constructor(death: Death, die: () => void) {
    this.death = death
    this.die = die
  }

  take(producer: Producer): void {
    if (this.isDead || this.taken++ < this.death.atStep) return
    this.isDead = true
    // In memory all is sent before the promise is waited for.
    if (this.death.sends) producer.flush().catch(() => {})
    this.die()
  }
}

/** Runs an app until it dies, or has ended by itself; gives how many steps it took. */
export async function liveUntil(death: Death, bench: AppBench, definition: TopologyDefinition, options: StartOptions): Promise<number> {
  const steps = new Steps(death, () => app.crash())
  const app = bench.start(definition, { ...options, around: (broker) => killingBroker(broker, steps) })
  let isOver = false
  let failure: unknown
  const ended = app
    .ended()
    .catch((error: unknown) => {
      failure = error
    })
    .finally(() => {
      isOver = true
    })
  await bench.clock.advanceUntil(() => isOver || steps.isDead)
  if (steps.isDead) await app.stop().catch(() => {})
  await ended
  if (failure !== undefined && !steps.isDead) throw failure
  return steps.taken
}

function killingBroker(broker: Broker, steps: Steps): Broker {
  return {
    admin: broker.admin,
    connect: () => broker.connect(),
    fetcher: (options) => broker.fetcher(options),
    producer: (options: ProducerOptions) => new CountedProducer(broker.producer(options), steps),
    member: (options) => broker.member(options),
    close: () => broker.close(),
  }
}

class CountedProducer implements Producer {
  readonly transactions?: Transactions
  private readonly producer: Producer
  private readonly steps: Steps

  constructor(producer: Producer, steps: Steps) {
    this.producer = producer
    this.steps = steps
    const { transactions } = producer
    if (transactions === undefined) return
    this.transactions = {
      initialize: () => transactions.initialize(),
      get open() {
        return transactions.open
      },
      commit: async (offsets: TransactionOffsets, committed?: () => void) => {
        steps.take(producer)
        await transactions.commit(offsets, committed)
        steps.take(producer)
      },
      abort: () => transactions.abort(),
    }
  }

  async writer(topic: string): Promise<TopicWriter> {
    const writer = await this.producer.writer(topic)
    const { producer, steps } = this
    return {
      topic,
      partitions: writer.partitions,
      partitionOf: (bytes, keyStart, keyEnd) => writer.partitionOf(bytes, keyStart, keyEnd),
      append<V>(
        partition: number,
        timestamp: number,
        keyBytes: Uint8Array,
        keyStart: number,
        keyEnd: number,
        value: V | null,
        valueSerde: Pick<Serde<V>, 'write'>,
        headers: Headers,
      ): void {
        steps.take(producer)
        writer.append(partition, timestamp, keyBytes, keyStart, keyEnd, value, valueSerde, headers)
      },
      acknowledged: (partition) => writer.acknowledged(partition),
    }
  }

  get full(): boolean {
    return this.producer.full
  }

  drained(): Promise<void> {
    return this.producer.drained()
  }

  poll(): void {
    this.producer.poll()
  }

  async flush(): Promise<void> {
    this.steps.take(this.producer)
    await this.producer.flush()
    this.steps.take(this.producer)
  }

  close(): Promise<void> {
    return this.producer.close()
  }
}
