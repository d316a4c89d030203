// Makes all values new that stores with `migrate` have of an old type, while no instance runs: what a read would do one by one. It writes to the changelogs alone. There
// everything is that a store has, and each instance, whatever it has on its disk, takes what was written over at its next start, as it does with any other tail.
//
// Only the last record of a key counts. So a partition is read to its end first, and then the records are appended whose values are of an old type: same key, same timestamp,
// new value. What is interrupted has written some of them, and the next run finds the others.

import { MillraceError } from '../errors.ts'
import type { StoreKind, StoreSpec } from '../graph/operator-spec.ts'
import { type Topology, topicName } from '../graph/topology.ts'
import type { Broker, Fetched, PartitionOffset, Producer, TopicWriter } from '../ports/broker.ts'
import { asOffset, asTimestamp, noHeaders, type Timestamp } from '../ports/record.ts'
import { migratedBytes } from '../serdes/migrating.ts'
import { murmur3 } from '../serdes/murmur3.ts'
import { bytes as bytesSerde } from '../serdes/serdes.ts'

export interface StateMigration {
  readonly topology: Topology
  readonly applicationId: string
  /** Connected. */
  readonly broker: Broker
  /** Says what would be done, and writes nothing. */
  readonly dryRun: boolean
  /** So many records of a partition are looked at in one reading of it; of larger ones only keys with a certain hash, reading after reading. */
  readonly recordsOfReadingMax?: number
}

export interface MigratedStore {
  readonly store: string
  /** Values that it has, of old types and of the new one. */
  readonly values: number
  /** Of an old type: made new, or to be made new by a run that is not dry. */
  readonly migrated: number
  /** Why it was left as it is; what it has is made new where it is read. */
  readonly skipped?: string
}

const recordsOfReadingMaxDefault = 500_000
const bufferBytesMax = 32 * 1024 * 1024

/** Their changelogs hold a value for each key, as the store has it. */
const plain: ReadonlySet<StoreKind> = new Set(['keyValue', 'timestampedKeyValue', 'window', 'plainWindow', 'session'])

/** Rejects with `app-running` while an instance runs, and with `state-unreadable` where a value is neither of the new type nor one that `migrate` can take. */
export async function migrateState(migration: StateMigration): Promise<readonly MigratedStore[]> {
  const { topology, applicationId, broker } = migration
  await requireStopped(broker, applicationId)
  const producer = broker.producer({ clientId: `${applicationId}-migration`, lingerMs: 5, bufferBytesMax, compression: 'none' })
  try {
    const done: MigratedStore[] = []
    for (const store of topology.stores.values())
      if (store.migrates === true) done.push(await new StoreMigration(store, migration, producer).run())
    return done
  } finally {
    await producer.close()
  }
}

/** An instance would write values of its own meanwhile, and what is appended here would take their place. */
async function requireStopped({ admin }: Broker, applicationId: string): Promise<void> {
  const group = await admin.group(applicationId)
  if (group !== undefined && (group.members.length > 0 || !['Empty', 'Dead'].includes(group.state)))
    throw new MillraceError('app-running', { application: applicationId, members: group.members.length, state: group.state })
}

class StoreMigration {
  private readonly store: StoreSpec
  private readonly migration: StateMigration
  private readonly producer: Producer
  private values = 0
  private migrated = 0

  constructor(store: StoreSpec, migration: StateMigration, producer: Producer) {
    this.store = store
    this.migration = migration
    this.producer = producer
  }

  async run(): Promise<MigratedStore> {
    const { store, migration } = this
    const { changelog, kind, name } = store
    if (changelog === null) return this.skipped('it has no changelog')
    if (changelog.kind === 'sourceTopic') return this.skipped(`it is restored from ${changelog.topic}, which is not the app's own`)
    if (!plain.has(kind)) return this.skipped(`a store of kind ${kind} has more than a value for each key`)
    if (store.value.open !== undefined) return this.skipped('its serde needs a running app')
    const topic = topicName(migration.applicationId, { name: changelog.name, internal: true })
    const partitions = (await migration.broker.admin.topics([topic])).get(topic)?.partitions ?? 0
    for (let partition = 0; partition < partitions; partition++) await this.migratePartition(topic, partition)
    return { store: name, values: this.values, migrated: this.migrated }
  }

  private skipped(reason: string): MigratedStore {
    return { store: this.store.name, values: 0, migrated: 0, skipped: reason }
  }

  private async migratePartition(topic: string, partition: number): Promise<void> {
    const { broker, applicationId, dryRun, recordsOfReadingMax = recordsOfReadingMaxDefault } = this.migration
    const place = [{ topic, partition }]
    const [start] = await broker.admin.startOffsets(place)
    const [end] = await broker.admin.endOffsets(place, { readCommitted: true })
    const [last] = await broker.admin.endOffsets(place, { readCommitted: false })
    if (start === undefined || end === undefined || last === undefined || start.offset >= last.offset) return
    // What an instance has left open is not over yet: it could still be committed, behind what is appended here.
    if (end.offset < last.offset) throw new MillraceError('transaction-open', { topic, partition })
    const readings = Math.ceil((end.offset - start.offset) / recordsOfReadingMax)
    const writer = await this.producer.writer(topic)
    for (let reading = 0; reading < readings; reading++) {
      const reader = new PartitionReading(this.store, { reading, readings })
      await read(broker, start, end.offset, (fetched) => reader.take(fetched))
      this.values += reader.values
      this.migrated += reader.old.size
      if (dryRun || reader.old.size === 0) continue
      await requireStopped(broker, applicationId)
      await this.append(writer, partition, reader.old)
    }
  }

  private async append(writer: TopicWriter, partition: number, old: ReadonlyMap<string, OldValue>): Promise<void> {
    for (const [text, { timestamp, now }] of old) {
      const key = Buffer.from(text, 'latin1')
      writer.append(partition, timestamp, key, 0, key.length, now, bytesSerde(), noHeaders)
      if (this.producer.full) await this.producer.flush()
    }
    await this.producer.flush()
  }
}

interface OldValue {
  readonly timestamp: Timestamp
  /** Of the new type. */
  readonly now: Buffer
}

/** Which of the readings it is. */
interface Part {
  readonly reading: number
  readonly readings: number
}

/** What one reading of a partition finds: the last value of each key that it is about. */
class PartitionReading {
  readonly old = new Map<string, OldValue>()
  private readonly fresh = new Set<string>()
  private readonly store: StoreSpec
  private readonly part: Part

  constructor(store: StoreSpec, part: Part) {
    this.store = store
    this.part = part
  }

  get values(): number {
    return this.old.size + this.fresh.size
  }

  take(fetched: Extract<Fetched, { kind: 'records' }>): void {
    const { reader, topic, partition } = fetched
    while (reader.next()) {
      const { bytes, keyStart, keyEnd, valueStart, valueEnd, offset } = reader
      if (keyStart < 0 || !this.isMeant(bytes, keyStart, keyEnd)) continue
      const key = bytes.latin1Slice(keyStart, keyEnd)
      this.old.delete(key)
      this.fresh.delete(key)
      if (valueStart < 0) continue
      const now = this.madeNew(bytes, valueStart, valueEnd, `${topic}-${partition}@${offset}`)
      if (now === null) this.fresh.add(key)
      else this.old.set(key, { timestamp: asTimestamp(reader.timestamp), now })
    }
  }

  /** Not by the hash that chooses partitions: in one of them many keys have the same remainder. */
  private isMeant(bytes: Buffer, keyStart: number, keyEnd: number): boolean {
    const { reading, readings } = this.part
    return readings === 1 || murmur3(bytes, keyStart, keyEnd).readUInt32BE(0) % readings === reading
  }

  private madeNew(bytes: Buffer, start: number, end: number, place: string): Buffer | null {
    try {
      return migratedBytes(this.store.value, bytes, start, end)
    } catch (error) {
      const problem = `${error instanceof Error ? error.message : String(error)} (${place})`
      throw new MillraceError('state-unreadable', { store: this.store.name, serde: this.store.value.name, problem }, error)
    }
  }
}

async function read(
  broker: Broker,
  start: PartitionOffset,
  end: number,
  take: (fetched: Extract<Fetched, { kind: 'records' }>) => void,
): Promise<void> {
  const { topic, partition } = start
  const fetcher = broker.fetcher({ clientId: 'millrace-migration', readCommitted: true, bufferBytesMax })
  try {
    fetcher.assign([start])
    for (;;) {
      await fetcher.arrived()
      for (const fetched of fetcher.take()) {
        if (fetched.kind === 'problem') {
          // What compaction or retention has deleted meanwhile was no last record.
          const [again] = await broker.admin.startOffsets([{ topic, partition }])
          fetcher.assign([again ?? { topic, partition, offset: asOffset(0) }])
          continue
        }
        take(fetched)
        if (fetched.reader.nextOffset >= end) return
      }
    }
  } finally {
    await fetcher.close()
  }
}
