// Writers of topics that are chosen record by record: opened when the first record chooses them. Operators are synchronous, so what is written to a topic
// meanwhile waits here, in its order, and the app gives the tasks no further records until it is open: what waits is what one record has set off.

import { isMillraceError, MillraceError } from '../errors.ts'
import type { TopicWriter } from '../ports/broker.ts'
import type { StreamsProducer } from './streams-producer.ts'
import type { Wakeup } from './wakeup.ts'

type Use = (writer: TopicWriter) => void

export class ChosenWriters {
  private readonly parts: { readonly producer: Pick<StreamsProducer, 'writer'>; readonly wakeup: Wakeup }
  private readonly opened = new Map<string, TopicWriter>()
  private readonly waiting = new Map<string, Use[]>()
  private openings: Promise<void> = Promise.resolve()
  private failure: unknown

  constructor(parts: { readonly producer: Pick<StreamsProducer, 'writer'>; readonly wakeup: Wakeup }) {
    this.parts = parts
  }

  /** Hands over the writer of a topic: at once if it is open, else when it is. */
  use(topic: string, use: Use): void {
    const writer = this.opened.get(topic)
    if (writer !== undefined) {
      use(writer)
      return
    }
    const waiting = this.waiting.get(topic)
    if (waiting !== undefined) waiting.push(use)
    else {
      this.waiting.set(topic, [use])
      this.openings = Promise.all([this.openings, this.open(topic)]).then(() => {})
    }
  }

  /** Whether something waits, or a writer could not be opened: `settled` says which. */
  get areOpening(): boolean {
    return this.waiting.size > 0 || this.failure !== undefined
  }

  /** Resolves when all that waited is written. Rejects with `chosen-topic-missing`, and what serdes and writers throw. */
  async settled(): Promise<void> {
    await this.openings
    if (this.failure !== undefined) throw this.failure
  }

  /** What waits, and what is open, belongs to a producer that is gone. */
  forget(): void {
    this.opened.clear()
    this.waiting.clear()
    this.failure = undefined
  }

  private async open(topic: string): Promise<void> {
    try {
      const writer = await this.parts.producer.writer(topic)
      for (const use of this.waiting.get(topic) ?? []) use(writer)
      this.opened.set(topic, writer)
      this.waiting.delete(topic)
    } catch (error) {
      const missing = isMillraceError(error, 'topic-missing')
      this.failure ??= missing ? new MillraceError('chosen-topic-missing', { topic }, error) : error
    }
  }
}
