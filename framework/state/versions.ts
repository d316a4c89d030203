// The versions of a key in a versioned store, oldest first, as one row: each is valid from its timestamp to the next one's. A version without a
// value says that the key was deleted then. (Kafka Streams spreads them over segments: RocksDBVersionedStore; what is seen is the same.)

import type { Serde } from '../ports/serde.ts'
import { append } from '../serdes/serdes.ts'

export interface Version {
  readonly timestamp: number
  readonly bytes: Buffer | null
}

/**
 * The versions with one more, in its place; a version of the same timestamp is replaced. A deletion that replaces the present value leaves no trace of its own: the key
 * was then deleted when it was before that value, and what comes late may become the present value again (RocksDBVersionedStore.maybePutToLatestValueStore).
 */
export function withVersion(versions: readonly Version[], version: Version): readonly Version[] {
  const before = versions.filter(({ timestamp }) => timestamp < version.timestamp)
  const after = versions.filter(({ timestamp }) => timestamp > version.timestamp)
  const present = versions.at(-1)
  const deletesPresent = version.bytes === null && present?.timestamp === version.timestamp && present.bytes !== null
  const wasDeletedBefore = (before.at(-1)?.bytes ?? null) === null
  return deletesPresent && wasDeletedBefore ? before : [...before, version, ...after]
}

/** Until when a version of that timestamp is valid; undefined if none comes after it. */
export function nextVersionAt(versions: readonly Version[], timestampMs: number): number | undefined {
  return versions.find(({ timestamp }) => timestamp > timestampMs)?.timestamp
}

/** From when on a version is no longer valid; the last one always is, if it has a value. */
export function validTo(versions: readonly Version[], at: number): number {
  const next = versions[at + 1]
  if (next !== undefined) return next.timestamp
  const last = versions[at]
  return last === undefined || last.bytes !== null ? Number.POSITIVE_INFINITY : last.timestamp
}

const nothing = -1

export const versionsSerde: Serde<readonly Version[]> = {
  name: 'versions',
  immutable: false,
  read(bytes, start, end) {
    const versions: Version[] = []
    for (let at = start; at < end; ) {
      const timestamp = bytes.readDoubleBE(at)
      const size = bytes.readInt32BE(at + 8)
      const valueStart = at + 12
      at = valueStart + Math.max(0, size)
      if (at > end) throw new Error('the bytes end within a version')
      versions.push({ timestamp, bytes: size === nothing ? null : bytes.subarray(valueStart, at) })
    }
    return versions
  },
  write(versions, target) {
    for (const { timestamp, bytes } of versions) {
      target.reserve(12)
      target.end = target.bytes.writeDoubleBE(timestamp, target.end)
      target.end = target.bytes.writeInt32BE(bytes === null ? nothing : bytes.length, target.end)
      if (bytes !== null) append(target, bytes)
    }
  },
}
