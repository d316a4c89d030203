// Constant load: so many events a second, sent by a Kafka client that is not ours, whatever happens to the brokers. A batch whose answer was lost is sent again, and
// one whose leader moved meanwhile may be left out, so the input itself may have an event twice or not at all: what counts is what the topic holds.

import { setTimeout as delay } from 'node:timers/promises'
import { type Kafka, Partitioners } from 'kafkajs'
import type { Random } from '../kit/random.ts'

const keys = 200
const accounts = 50
const tickMs = 50
const batchMax = 5_000

export class Load {
  sent = 0
  /** Batches that had to be sent again. */
  retried = 0
  readonly #kafka: Kafka
  readonly #topic: string
  readonly #perSecond: number
  readonly #random: Random
  #isOn = true
  #running: Promise<void> | undefined

  constructor(kafka: Kafka, topic: string, perSecond: number, random: Random) {
    this.#kafka = kafka
    this.#topic = topic
    this.#perSecond = perSecond
    this.#random = random
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Gives when everything that was sent is acknowledged. */
  async stop(): Promise<void> {
    this.#isOn = false
    await this.#running
  }

  async #run(): Promise<void> {
    const producer = this.#kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    const startedMs = Date.now()
    while (this.#isOn) {
      const due = Math.floor(((Date.now() - startedMs) / 1000) * this.#perSecond) - this.sent
      const messages = Array.from({ length: Math.min(due, batchMax) }, () => this.#event())
      while (messages.length > 0) {
        try {
          await producer.send({ topic: this.#topic, messages, timeout: 10_000 })
          break
        } catch {
          this.retried++
          await delay(tickMs)
        }
      }
      await delay(tickMs)
    }
    await producer.disconnect()
  }

  #event(): { readonly key: string; readonly value: string } {
    return { key: `key-${this.#random.below(keys)}`, value: `${this.sent++} account-${this.#random.below(accounts)}` }
  }
}
