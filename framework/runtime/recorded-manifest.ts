// The manifest of the version that runs, kept in Kafka: the last record of `<application id>-manifest`, a compacted topic of one partition. At the start of an app it is
// compared with its own: what would not keep the state is refused before anything is touched. Another version that starts is then compared with this one.

import { MillraceError } from '../errors.ts'
import { changesText, compareManifests, refusedChanges } from '../graph/evolution/compare-manifests.ts'
import { serdeChange } from '../graph/evolution/serde-change.ts'
import type { Manifest } from '../graph/manifest.ts'
import type { Broker, Fetcher, Producer } from '../ports/broker.ts'
import { asTimestamp, noHeaders } from '../ports/record.ts'
import { json } from '../serdes/serdes.ts'

const suffix = '-manifest'
const key = Buffer.from('manifest')
const bufferBytesMax = 32 * 1024 * 1024

export interface VersionCheck {
  readonly broker: Broker
  readonly applicationId: string
  readonly manifest: Manifest
  readonly allowed: readonly string[]
  readonly replicationFactor: number
  readonly nowMs: number
}

/** Throws `topology-changed`. Gives what records this manifest, for when nothing else stands in the way of a start. */
export async function checkVersion({ broker, applicationId, manifest, allowed, ...recording }: VersionCheck): Promise<() => Promise<void>> {
  const before = await recordedManifest(broker, applicationId)
  if (before !== undefined) {
    const changes = refusedChanges(compareManifests(before, manifest), allowed)
    if (changes.length > 0)
      throw new MillraceError('topology-changed', { applicationId, changes: changesText(changes).trimEnd().replaceAll('\n', '\n  ') })
  }
  const recorded = withoutNeedless(before, manifest)
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(recorded)) return async () => {}
  return () => recordVersion({ broker, applicationId, manifest: recorded, allowed, ...recording })
}

/** `migrated`: stores in which no value of an older type is left. What follows may do without their `migrate`. */
export function withMigrated(manifest: Manifest, migrated: ReadonlySet<string>): Manifest {
  const stores = manifest.stores.map((store) => {
    const { migrates, ...others } = store
    return migrates === true && migrated.has(store.name) ? others : store
  })
  return { ...manifest, stores }
}

/** A `migrate` that stays in the topology after all was made new makes nothing old again. */
function withoutNeedless(before: Manifest | undefined, manifest: Manifest): Manifest {
  const isNew = manifest.stores.filter((store) => {
    const old = before?.stores.find(({ name }) => name === store.name)
    return (
      before !== undefined &&
      old !== undefined &&
      old.migrates !== true &&
      serdeChange(old.value, store.value, before, manifest).kind === 'same'
    )
  })
  return withMigrated(manifest, new Set(isNew.map(({ name }) => name)))
}

/** As the version that the state is of. */
export async function recordVersion({ broker, applicationId, manifest, replicationFactor, nowMs }: VersionCheck): Promise<void> {
  const topic = `${applicationId}${suffix}`
  await broker.admin.createTopics([{ name: topic, partitions: 1, replicationFactor, settings: { 'cleanup.policy': 'compact' } }])
  const producer = broker.producer({ clientId: `${applicationId}-manifest-producer`, lingerMs: 0, bufferBytesMax, compression: 'none' })
  try {
    await write(producer, topic, manifest, nowMs)
  } finally {
    await producer.close()
  }
}

async function write(producer: Producer, topic: string, manifest: Manifest, nowMs: number): Promise<void> {
  const writer = await producer.writer(topic)
  writer.append(0, asTimestamp(nowMs), key, 0, key.length, manifest, json<Manifest>(), noHeaders)
  await producer.flush()
}

/** Of all applications whose ids begin with a prefix, by the names of their topologies. */
export async function recordedManifests(broker: Broker, prefix: string): Promise<ReadonlyMap<string, Manifest>> {
  const topics = (await broker.admin.topicNames()).filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
  const found = new Map<string, Manifest>()
  for (const topic of topics) {
    const manifest = await recordedManifest(broker, topic.slice(0, -suffix.length))
    // Another application may have a topic of such a name, for what it likes.
    if (manifest !== undefined && topic === `${prefix}${manifest.topology}${suffix}`) found.set(manifest.topology, manifest)
  }
  return found
}

/** undefined: the app has never run, or by a version of Millrace that did not record it. */
export async function recordedManifest(broker: Broker, applicationId: string): Promise<Manifest | undefined> {
  const partition = { topic: `${applicationId}${suffix}`, partition: 0 }
  if (!(await broker.admin.topics([partition.topic])).has(partition.topic)) return undefined
  const [start] = await broker.admin.startOffsets([partition])
  const [end] = await broker.admin.endOffsets([partition])
  if (start === undefined || end === undefined || start.offset >= end.offset) return undefined
  const fetcher = broker.fetcher({ clientId: `${applicationId}-manifest-consumer`, readCommitted: true, bufferBytesMax })
  try {
    fetcher.assign([start])
    return await lastManifest(fetcher, end.offset)
  } finally {
    await fetcher.close()
  }
}

/** The last record is always there: a topic is compacted up to the segment that is written. */
async function lastManifest(fetcher: Fetcher, end: number): Promise<Manifest | undefined> {
  let last: Manifest | undefined
  for (;;) {
    for (const fetched of fetcher.take()) {
      if (fetched.kind === 'problem') return last
      const { reader } = fetched
      while (reader.next()) {
        const { bytes, valueStart, valueEnd, offset } = reader
        if (valueStart >= 0) last = parsed(bytes.toString('utf8', valueStart, valueEnd)) ?? last
        if (offset >= end - 1) return last
      }
    }
    await fetcher.arrived()
  }
}

/** What another Millrace wrote that has other manifests is none. */
function parsed(text: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(text) as Partial<Manifest> | null
    return manifest?.version === 1 ? (manifest as Manifest) : undefined
  } catch {
    return undefined
  }
}
