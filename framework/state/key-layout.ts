// How a row's identity becomes the key that the state engine and the changelog see. The changelog's key is the JVM's; the engine's is
// ours, and says in which order a store is walked: Kafka Streams' order.

import type { BinaryKey } from '../ports/store.ts'

/** Rows are found by an identity and a time; without windows the identity is the key and the time is 0. */
export interface KeyLayout {
  /** Whether many rows have the same time, so that looking for the time first pays. */
  readonly timesRepeat: boolean
  /** A changelog key has at least so many bytes. */
  readonly changelogKeyBytesMin: number
  engineKey(identity: BinaryKey, time: number): BinaryKey
  changelogKey(identity: BinaryKey, time: number): BinaryKey
  /** The two parts of an engine key. */
  identityOf(engineKey: BinaryKey): BinaryKey
  timeOf(engineKey: BinaryKey): number
  /** The engine key of a changelog key, and its time. */
  engineKeyOfChangelog(changelogKey: BinaryKey): BinaryKey
  changelogTimeOf(changelogKey: BinaryKey): number
}

export const plainKeys: KeyLayout = {
  timesRepeat: true,
  changelogKeyBytesMin: 0,
  engineKey: (identity) => identity,
  changelogKey: (identity) => identity,
  identityOf: (engineKey) => engineKey,
  timeOf: () => 0,
  engineKeyOfChangelog: (changelogKey) => changelogKey,
  changelogTimeOf: () => 0,
}

/**
 * What follows a key and its time. Windows (time: the start): a sequence number, always 0 (WindowKeySchema). Window stores that keep
 * duplicates: a sequence number that tells them apart. Sessions (time: the end): the start (SessionKeySchema).
 */
export type TimedKind = 'window' | 'duplicates' | 'session'

const timeBytes = 8
const windowTail = '\0\0\0\0'
const tailBytes = { window: windowTail.length, duplicates: 4, session: 8 } as const satisfies Record<TimedKind, number>

/**
 * Rows of windows and sessions. Changelog: key, time as a long, tail. Engine: the segment as a long, then the same; so a store is walked by segment,
 * then key, then time, and an expired segment is one range. The identity of a window's row is its key, for the same few times
 * come again and again; that of others is the whole changelog key.
 */
export class TimedKeys implements KeyLayout {
  readonly timesRepeat: boolean
  readonly changelogKeyBytesMin: number
  /** What comes behind the key in an engine key. */
  readonly suffixBytes: number
  /** Whether operators look for the rows of a key in a range of times: then its rows of a segment lie together (grouped-entries.ts). */
  readonly rangesByKey: boolean
  private readonly segmentMs: number
  private lastTime = Number.NaN
  private lastSegment = ''
  private lastSuffix = ''

  constructor(segmentMs: number, kind: TimedKind, rangesByKey: boolean) {
    this.rangesByKey = rangesByKey
    this.segmentMs = segmentMs
    this.timesRepeat = kind === 'window'
    this.suffixBytes = timeBytes + tailBytes[kind]
    this.changelogKeyBytesMin = this.suffixBytes
  }

  engineKey(identity: BinaryKey, time: number): BinaryKey {
    if (time !== this.lastTime) this.remember(time)
    return this.timesRepeat ? this.lastSegment + identity + this.lastSuffix : this.lastSegment + identity
  }

  changelogKey(identity: BinaryKey, time: number): BinaryKey {
    if (!this.timesRepeat) return identity
    if (time !== this.lastTime) this.remember(time)
    return identity + this.lastSuffix
  }

  identityOf(engineKey: BinaryKey): BinaryKey {
    return this.timesRepeat ? this.keyOf(engineKey) : engineKey.slice(timeBytes)
  }

  timeOf(engineKey: BinaryKey): number {
    return readBinaryLong(engineKey, engineKey.length - this.suffixBytes)
  }

  engineKeyOfChangelog(changelogKey: BinaryKey): BinaryKey {
    return binaryLong(this.segmentOf(this.changelogTimeOf(changelogKey))) + changelogKey
  }

  changelogTimeOf(changelogKey: BinaryKey): number {
    return readBinaryLong(changelogKey, changelogKey.length - this.suffixBytes)
  }

  segmentOf(time: number): number {
    return Math.floor(time / this.segmentMs)
  }

  segmentStartMs(segment: number): number {
    return segment * this.segmentMs
  }

  /** Where a segment begins. */
  segmentStart(segment: number): BinaryKey {
    return binaryLong(segment)
  }

  /** What all engine keys of a key in a segment begin with; longer keys may begin so too. */
  groupKey(segment: number, key: BinaryKey): BinaryKey {
    return binaryLong(segment) + key
  }

  keyOf(engineKey: BinaryKey): BinaryKey {
    return engineKey.slice(timeBytes, engineKey.length - this.suffixBytes)
  }

  keyOfIdentity(identity: BinaryKey): BinaryKey {
    return this.timesRepeat ? identity : identity.slice(0, identity.length - this.suffixBytes)
  }

  /** Of an engine key, or of an identity that is more than its key. */
  tailOf(key: BinaryKey): BinaryKey {
    return key.slice(key.length - this.suffixBytes + timeBytes)
  }

  /** What all rows of windows have behind their time. */
  get windowTail(): BinaryKey {
    return windowTail
  }

  /** Where a key's rows of this time begin. */
  inGroup(groupKey: BinaryKey, time: number): BinaryKey {
    return groupKey + binaryLong(time)
  }

  private remember(time: number): void {
    this.lastTime = time
    this.lastSegment = binaryLong(this.segmentOf(time))
    this.lastSuffix = binaryLong(time) + windowTail
  }
}

const scratch = Buffer.alloc(timeBytes)
const two32 = 0x1_0000_0000

/** A long (8 bytes, big-endian) of a whole number within ±(2^53-1). */
export function binaryLong(value: number): BinaryKey {
  const high = Math.floor(value / two32)
  scratch.writeInt32BE(high, 0)
  scratch.writeUInt32BE(value - high * two32, 4)
  return scratch.latin1Slice(0, timeBytes)
}

export function readBinaryLong(text: BinaryKey, at: number): number {
  scratch.latin1Write(text.slice(at, at + timeBytes), 0)
  return scratch.readInt32BE(0) * two32 + scratch.readUInt32BE(4)
}

export function readLong(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * two32 + bytes.readUInt32BE(at + 4)
}

export function binaryInteger(value: number): BinaryKey {
  scratch.writeInt32BE(value, 0)
  return scratch.latin1Slice(0, 4)
}

export function readBinaryInteger(text: BinaryKey, at: number): number {
  scratch.latin1Write(text.slice(at, at + 4), 0)
  return scratch.readInt32BE(0)
}
