// Follows the sink topics of a project and shows each record that arrives in them.

import { type Broker, type FetchedRecords, type Fetcher, type PartitionOffset, whereItIs } from '../../framework/ports/broker.ts'
import type { TopicPartition } from '../../framework/ports/record.ts'
import type { SerdeFormats } from '../../framework/serdes/from-manifest.ts'
import type { Written } from './dev-topics.ts'
import type { Screen } from './screen.ts'
import { comesByCount, keysAs, type Shown, valuesAs } from './shown-record.ts'

const bufferBytesMax = 4 << 20

interface Followed {
  readonly partitions: readonly TopicPartition[]
  readonly key: Shown
  readonly value: Shown
}

export class ShownTopics {
  readonly #broker: Broker
  readonly #screen: Screen
  readonly #fetcher: Fetcher
  #followed: ReadonlyMap<string, Followed> = new Map()
  #closed = false

  constructor(broker: Broker, screen: Screen) {
    this.#broker = broker
    this.#screen = screen
    this.#fetcher = broker.fetcher({ clientId: 'millrace-dev', readCommitted: true, bufferBytesMax })
  }

  /** From now on these: new ones from their end, so that what is written next is seen. */
  async follow(written: ReadonlyMap<string, Written>, partitions: ReadonlyMap<string, number>, formats: SerdeFormats): Promise<void> {
    const followed = new Map<string, Followed>()
    const positions: PartitionOffset[] = []
    const added: TopicPartition[] = []
    for (const [topic, { key, value, manifest }] of written) {
      const known = this.#followed.get(topic)
      const all = known?.partitions ?? Array.from({ length: partitions.get(topic) ?? 0 }, (_, partition) => ({ topic, partition }))
      followed.set(topic, {
        partitions: all,
        key: keysAs(key, manifest, formats, comesByCount(topic, manifest)),
        value: valuesAs(value, manifest, formats),
      })
      if (known === undefined) added.push(...all)
      else positions.push(...all.map((partition) => ({ ...partition, offset: whereItIs })))
    }
    if (added.length > 0) positions.push(...(await this.#broker.admin.endOffsets(added)))
    this.#followed = followed
    this.#fetcher.assign(positions)
  }

  /** Until it is closed. */
  async show(): Promise<void> {
    while (!this.#closed) {
      await this.#fetcher.arrived()
      if (this.#closed) return
      for (const fetched of this.#fetcher.take()) {
        if (fetched.kind === 'records') await this.#showRecords(fetched)
        else this.#forget(fetched.topic, fetched.problem)
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#fetcher.close()
  }

  async #showRecords({ topic, reader }: FetchedRecords): Promise<void> {
    while (reader.next() && !this.#closed) {
      const followed = this.#followed.get(topic)
      if (followed === undefined) return
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader
      await this.#screen.record(topic, followed.key(bytes, keyStart, keyEnd), followed.value(bytes, valueStart, valueEnd))
    }
  }

  /** It is followed again as soon as it is there again and something was edited. */
  #forget(topic: string, problem: string): void {
    this.#screen.warn(`What comes to ${topic} is no longer shown: ${problem}.`)
    this.#followed = new Map([...this.#followed].filter(([name]) => name !== topic))
  }
}
