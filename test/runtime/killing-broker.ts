// A broker whose app dies at a step of its writing: before the so-many-th record that it appends, or commit that it makes. What it has appended before has reached the
// brokers, or is lost with it.

import type { TopologyDefinition } from '../../framework/index.ts'
import type { Broker, Producer, ProducerOptions, TopicWriter, Transactions } from '../../framework/ports/broker.ts'
import { around } from '../simulation/planted-faults.ts'
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
  return around(broker, { producer: (options: ProducerOptions) => countedProducer(broker.producer(options), steps) })
}

function countedProducer(producer: Producer, steps: Steps): Producer {
  const { transactions } = producer
  return around(producer, {
    writer: async (topic: string) => countedWriter(await producer.writer(topic), producer, steps),
    flush: async () => {
      steps.take(producer)
      await producer.flush()
      steps.take(producer)
    },
    ...(transactions === undefined ? {} : { transactions: countedTransactions(transactions, producer, steps) }),
  })
}

function countedWriter(writer: TopicWriter, producer: Producer, steps: Steps): TopicWriter {
  return around(writer, {
    append: (...record: Parameters<TopicWriter['append']>) => {
      steps.take(producer)
      writer.append(...record)
    },
  })
}

function countedTransactions(transactions: Transactions, producer: Producer, steps: Steps): Transactions {
  return around(transactions, {
    commit: async (...what: Parameters<Transactions['commit']>) => {
      steps.take(producer)
      await transactions.commit(...what)
      steps.take(producer)
    },
  })
}
