// The topics of the broker with the logs of their partitions, and the few other facts that must outlive it: its cluster id, where records were
// deleted by request, which producer ids have been given out. A topic is in the journal before anybody is told that it exists, and gone from the journal before its
// files go: what lies in the folder without a topic is what a crash left of a deletion, and is removed at the next start.

import { randomBytes } from 'node:crypto'
import { Journal, JournalDamaged } from '../log/journal.ts'
import { type LogReport, PartitionLog } from '../log/partition-log.ts'
import type { Storage } from '../log/storage.ts'
import { logSettings } from './topic-settings.ts'

const journalPath = 'catalogue.journal'
const topicsFolder = 'topics'
/** So many producer ids are taken from the journal at once: a start skips what is left of them. */
const producerIdsBlock = 1000

export interface Topic {
  readonly name: string
  /** As Kafka writes its Uuid: base64url. */
  readonly id: string
  readonly settings: ReadonlyMap<string, string>
  readonly logs: readonly PartitionLog[]
}

export interface TopicPlan {
  readonly name: string
  readonly partitions: number
  readonly settings: ReadonlyMap<string, string>
}

/** The facts of the journal; their form outlives the process. */
type CatalogueFact =
  | { readonly kind: 'cluster'; readonly id: string }
  | {
      readonly kind: 'topic'
      readonly name: string
      readonly id: string
      readonly partitions: number
      readonly settings: Record<string, string>
    }
  | { readonly kind: 'topic deleted'; readonly name: string }
  | { readonly kind: 'records deleted'; readonly topic: string; readonly partition: number; readonly before: number }
  | { readonly kind: 'producer ids'; readonly next: number }

interface TopicFacts {
  readonly name: string
  readonly id: string
  readonly partitions: number
  readonly settings: Record<string, string>
  readonly deletedBefore: Map<number, number>
}

export class Catalogue {
  readonly #storage: Storage
  readonly #now: () => number
  readonly #facts = new Map<string, TopicFacts>()
  readonly #topics = new Map<string, Topic>()
  readonly #journal: Journal<CatalogueFact>
  #clusterId = ''
  #producerIdsUpTo = 0
  /** Of the block taken last; none after a start, since they may have been given out. */
  #producerIdsLeft = 0

  /** Reads the catalogue and recovers every log. */
  constructor(storage: Storage, now: () => number, report: LogReport) {
    this.#storage = storage
    this.#now = now
    this.#journal = Journal.open(
      storage,
      journalPath,
      (fact: CatalogueFact) => this.#apply(fact),
      () => this.#allFacts(),
      report,
    )
    if (this.#clusterId === '') this.#found()
    const folders = new Set([...this.#facts.values()].flatMap(({ name, partitions }) => folderNames(name, partitions)))
    for (const folder of storage.list(topicsFolder)) {
      if (folders.has(folder)) continue
      report(`Removed ${topicsFolder}/${folder}: what was left of a deleted topic.`)
      storage.remove(`${topicsFolder}/${folder}`)
    }
    for (const facts of this.#facts.values()) this.#topics.set(facts.name, this.#open(facts, report))
  }

  get clusterId(): string {
    return this.#clusterId
  }

  get partitionsCount(): number {
    let count = 0
    for (const topic of this.#topics.values()) count += topic.logs.length
    return count
  }

  topics(): Iterable<Topic> {
    return this.#topics.values()
  }

  topic(name: string): Topic | undefined {
    return this.#topics.get(name)
  }

  topicById(id: string): Topic | undefined {
    for (const topic of this.#topics.values()) if (topic.id === id) return topic
    return undefined
  }

  log(topic: string, partition: number): PartitionLog | undefined {
    return this.#topics.get(topic)?.logs[partition]
  }

  *logs(): Generator<PartitionLog> {
    for (const { logs } of this.#topics.values()) yield* logs
  }

  /** Whether the plan may be carried out is for who calls to check. */
  create(plan: TopicPlan): Topic {
    const { name, partitions } = plan
    this.#note({ kind: 'topic', name, id: newUuid(), partitions, settings: Object.fromEntries(plan.settings) })
    const topic = this.#open(this.#facts.get(name)!, () => {})
    this.#topics.set(name, topic)
    return topic
  }

  delete(topic: Topic): void {
    this.#note({ kind: 'topic deleted', name: topic.name })
    this.#topics.delete(topic.name)
    for (const log of topic.logs) log.remove()
  }

  changeSettings(topic: Topic, settings: ReadonlyMap<string, string>): void {
    const { name, id, partitions } = this.#facts.get(topic.name)!
    this.#note({ kind: 'topic', name, id, partitions, settings: Object.fromEntries(settings) })
    for (const log of topic.logs) log.settings = logSettings(settings)
    this.#topics.set(name, { ...topic, settings })
  }

  /** Deletes the records of a partition before an offset, for ever. */
  deleteRecords(topic: string, partition: number, before: number): void {
    const log = this.log(topic, partition)!
    if (before <= log.startOffset) return
    this.#note({ kind: 'records deleted', topic, partition, before })
    log.deleteBefore(before)
  }

  nextProducerId(): number {
    if (this.#producerIdsLeft === 0) {
      this.#note({ kind: 'producer ids', next: this.#producerIdsUpTo + producerIdsBlock })
      this.#producerIdsLeft = producerIdsBlock
    }
    return this.#producerIdsUpTo - this.#producerIdsLeft--
  }

  close(): void {
    for (const log of this.logs()) log.close()
    this.#journal.close()
  }

  #found(): void {
    if (this.#storage.list(topicsFolder).length > 0)
      throw new JournalDamaged(`${journalPath} is missing, and there are logs in ${topicsFolder}/.`)
    this.#note({ kind: 'cluster', id: newUuid() })
  }

  #open(facts: TopicFacts, report: LogReport): Topic {
    const settings = new Map(Object.entries(facts.settings))
    const logs = folderNames(facts.name, facts.partitions).map((folder, partition) => {
      const place = { storage: this.#storage, folder: `${topicsFolder}/${folder}` }
      return PartitionLog.open(place, logSettings(settings), facts.deletedBefore.get(partition) ?? 0, this.#now(), report)
    })
    return { name: facts.name, id: facts.id, settings, logs }
  }

  #note(fact: CatalogueFact): void {
    this.#journal.append(fact)
    this.#apply(fact)
  }

  #apply(fact: CatalogueFact): void {
    switch (fact.kind) {
      case 'cluster':
        this.#clusterId = fact.id
        break
      case 'topic': {
        const { name, id, partitions, settings } = fact
        const deletedBefore = this.#facts.get(name)?.deletedBefore ?? new Map<number, number>()
        this.#facts.set(name, { name, id, partitions, settings, deletedBefore })
        break
      }
      case 'topic deleted':
        this.#facts.delete(fact.name)
        break
      case 'records deleted':
        this.#facts.get(fact.topic)?.deletedBefore.set(fact.partition, fact.before)
        break
      case 'producer ids':
        this.#producerIdsUpTo = fact.next
        break
    }
  }

  *#allFacts(): Generator<CatalogueFact> {
    yield { kind: 'cluster', id: this.#clusterId }
    yield { kind: 'producer ids', next: this.#producerIdsUpTo }
    for (const { name, id, partitions, settings, deletedBefore } of this.#facts.values()) {
      yield { kind: 'topic', name, id, partitions, settings }
      for (const [partition, before] of deletedBefore) yield { kind: 'records deleted', topic: name, partition, before }
    }
  }
}

function folderNames(topic: string, partitions: number): readonly string[] {
  return Array.from({ length: partitions }, (_, partition) => `${topic}-${partition}`)
}

function newUuid(): string {
  return randomBytes(16).toString('base64url')
}
