// How a row's identity (the key, and the start of its window) becomes the key that the state engine and the changelog see. The changelog's key is the
// JVM's; the engine's is ours, and says in which order a store is iterated: Kafka Streams' order.

import type { BinaryKey } from '../ports/store.ts'

export interface KeyLayout {
  /** A changelog key has at least so many bytes. */
  readonly changelogKeyBytesMin: number
  engineKey(key: BinaryKey, start: number): BinaryKey
  changelogKey(key: BinaryKey, start: number): BinaryKey
  /** The two parts of an engine key. */
  keyOf(engineKey: BinaryKey): BinaryKey
  startOf(engineKey: BinaryKey): number
  /** The two parts of a changelog key. */
  changelogKeyOf(changelogKey: BinaryKey): BinaryKey
  changelogStartOf(changelogKey: BinaryKey): number
}

/** Rows without windows: the key is the key; the start is always 0. */
export const plainKeys: KeyLayout = {
  changelogKeyBytesMin: 0,
  engineKey: (key) => key,
  changelogKey: (key) => key,
  keyOf: (engineKey) => engineKey,
  startOf: () => 0,
  changelogKeyOf: (changelogKey) => changelogKey,
  changelogStartOf: () => 0,
}

const timeBytes = 8
const sequenceBytes = 4

/**
 * Rows of windows. Changelog (WindowKeySchema.toStoreKeyBinary): key, start as a long, sequence number (0; only stores that keep
 * duplicates count it). Engine: the segment as a long, then the same; so a store is iterated by segment, then key, then time, and an expired
 * segment is one range. With segments of 1 ms that is by time, then key: the order of Kafka Streams' in-memory stores.
 */
export interface WindowKeys extends KeyLayout {
  segmentOf(start: number): number
  /** The least engine key of a segment, and of a key's windows in it. */
  segmentKey(segment: number): BinaryKey
  keyInSegment(segment: number, key: BinaryKey, start: number): BinaryKey
}

export function windowKeys(segmentIntervalMs: number): WindowKeys {
  // Windows are few and come again and again: the last start's bytes are remembered.
  let lastStart = Number.NaN
  let segment = ''
  let suffix = ''
  function remember(start: number): void {
    lastStart = start
    segment = binaryLong(Math.floor(start / segmentIntervalMs))
    suffix = `${binaryLong(start)}\0\0\0\0`
  }
  return {
    changelogKeyBytesMin: timeBytes + sequenceBytes,
    segmentOf: (start) => Math.floor(start / segmentIntervalMs),
    segmentKey: binaryLong,
    keyInSegment: (segment, key, start) => `${binaryLong(segment)}${key}${binaryLong(start)}\0\0\0\0`,
    engineKey(key, start) {
      if (start !== lastStart) remember(start)
      return segment + key + suffix
    },
    changelogKey(key, start) {
      if (start !== lastStart) remember(start)
      return key + suffix
    },
    keyOf: (engineKey) => engineKey.slice(timeBytes, -timeBytes - sequenceBytes),
    startOf: (engineKey) => readBinaryLong(engineKey, engineKey.length - timeBytes - sequenceBytes),
    changelogKeyOf: (changelogKey) => changelogKey.slice(0, -timeBytes - sequenceBytes),
    changelogStartOf: (changelogKey) => readBinaryLong(changelogKey, changelogKey.length - timeBytes - sequenceBytes),
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
