// What must hold of windows, of what comes too late for them, and of pairs of two streams, against an oracle that reads the input topic as it lies there.
//
//   exactly once   a window's counts go 1, 2, 3 … to what is due; late is what is late by the time of its partition, in its order; of the input of a key
//                  each record is in a window of the state or was dropped as late, none in both: in = state + dropped; each pair is there once
//   at least once  no count is lower than is due, no pair is missing

import type { MemoryCluster } from '../../plugins/broker-memory/index.ts'
import { committedIn, inOrder } from './committed-records.ts'
import {
  applicationId,
  graceMs,
  inputTopic,
  joinTopic,
  keys,
  lateTopic,
  numberOf,
  pairMs,
  windowMs,
  windowTopic,
  wordOf,
} from './workload.ts'

interface Due {
  /** By `key@start`. */
  readonly windows: ReadonlyMap<string, number>
  /** Values by key. */
  readonly late: ReadonlyMap<string, readonly string[]>
  /** By key. */
  readonly pairs: ReadonlyMap<string, ReadonlySet<string>>
}

export function missingInTime(cluster: MemoryCluster): readonly string[] {
  const { windows, pairs } = due(cluster)
  // The highest: at least once a record that is processed again finds a window that was closed meanwhile without its rows, as in Kafka Streams, and counts it from 1.
  const counted = new Map<string, number>()
  for (const { key, value } of committedIn(cluster, windowTopic)) counted.set(key, Math.max(Number(value), counted.get(key) ?? 0))
  const low = [...windows].filter(([window, count]) => (counted.get(window) ?? 0) < count)
  const paired = grouped(committedIn(cluster, joinTopic))
  return [
    ...low.map(([window, count]) => `the window ${window} has ${counted.get(window) ?? 0} of ${count} records`),
    ...[...pairs].flatMap(([key, wanted]) => {
      const seen = new Set(paired.get(key))
      const lost = [...wanted].filter((pair) => !seen.has(pair))
      return lost.length === 0 ? [] : [`of key ${key} ${lost.length} of ${wanted.size} pairs are missing: ${lost.slice(0, 5).join(', ')}`]
    }),
  ]
}

/** `all`: each update is written. */
export function wrongInTime(cluster: MemoryCluster, all: boolean): readonly string[] {
  const { windows, late, pairs } = due(cluster)
  const counted = grouped(committedIn(cluster, windowTopic))
  const aside = grouped(committedIn(cluster, lateTopic))
  const paired = grouped(committedIn(cluster, joinTopic))
  return [
    ...[...windows].flatMap(([window, count]) => {
      const wanted = Array.from({ length: count }, (_, index) => String(index + 1))
      return inOrder(`the window ${window}`, wanted, counted.get(window) ?? [], all)
    }),
    ...[...counted.keys()].filter((window) => !windows.has(window)).map((window) => `the window ${window} should not be there`),
    ...keys.flatMap((key) => same(`late records of key ${key}`, late.get(key) ?? [], aside.get(key) ?? [])),
    ...keys.flatMap((key) => same(`pairs of key ${key}`, [...(pairs.get(key) ?? [])].sort(), [...(paired.get(key) ?? [])].sort())),
    ...unaccounted(cluster, aside),
  ]
}

/** In = state + dropped by reason: of each key, by what lies in the changelog of the store and what was written aside. */
function unaccounted(cluster: MemoryCluster, aside: ReadonlyMap<string, readonly string[]>): readonly string[] {
  // A windowed key is the key, the start of the window in 8 bytes and a sequence number in 4; a count has 8 bytes (WindowKeySchema, Serdes.Long).
  const state = new Map<string, { readonly key: string; readonly count: number }>()
  for (const { keyBytes, valueBytes } of committedIn(cluster, `${applicationId}-windows-changelog`)) {
    const count = valueBytes.length === 0 ? 0 : Number(valueBytes.readBigInt64BE(valueBytes.length - 8))
    state.set(keyBytes.toString('hex'), { key: keyBytes.toString('utf8', 0, keyBytes.length - 12), count })
  }
  const input = grouped(committedIn(cluster, inputTopic))
  return keys.flatMap((key) => {
    const came = input.get(key)?.length ?? 0
    const held = [...state.values()].reduce((sum, one) => sum + (one.key === key ? one.count : 0), 0)
    const dropped = aside.get(key)?.length ?? 0
    return came === held + dropped ? [] : [`of key ${key} ${came} records came, ${held} are in state and ${dropped} were dropped as late`]
  })
}

function due(cluster: MemoryCluster): Due {
  const windows = new Map<string, number>()
  const late = new Map<string, string[]>()
  const streamTimes = new Map<number, number>()
  const byKey = new Map<string, { readonly value: string; readonly timestamp: number }[]>()
  for (const { key, value, partition, timestamp } of committedIn(cluster, inputTopic)) {
    const streamTime = Math.max(streamTimes.get(partition) ?? -1, timestamp)
    streamTimes.set(partition, streamTime)
    const start = timestamp - (timestamp % windowMs)
    const window = `${key}@${start}`
    if (start + windowMs + graceMs <= streamTime) late.set(key, [...(late.get(key) ?? []), value])
    else windows.set(window, (windows.get(window) ?? 0) + 1)
    byKey.set(key, [...(byKey.get(key) ?? []), { value, timestamp }])
  }
  const pairs = new Map<string, Set<string>>()
  for (const [key, records] of byKey) {
    const [lefts, rights] = ['x', 'y'].map((word) => records.filter(({ value }) => wordOf(value) === word)) as [
      typeof records,
      typeof records,
    ]
    const near = lefts.flatMap((left) =>
      rights
        .filter((right) => Math.abs(left.timestamp - right.timestamp) <= pairMs)
        .map((right) => `${numberOf(left.value)}+${numberOf(right.value)}`),
    )
    pairs.set(key, new Set(near))
  }
  return { windows, late, pairs }
}

/** The values of each key, in their order. */
function grouped(records: readonly { readonly key: string; readonly value: string }[]): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>()
  for (const { key, value } of records) {
    const known = values.get(key)
    if (known === undefined) values.set(key, [value])
    else known.push(value)
  }
  return values
}

function same(what: string, wanted: readonly string[], seen: readonly string[]): readonly string[] {
  const at = wanted.findIndex((value, index) => seen[index] !== value)
  if (at < 0 && wanted.length === seen.length) return []
  const place = at < 0 ? wanted.length : at
  return [
    `${what}: ${wanted.length} are due and ${seen.length} are there, and the first other one is ${seen[place] ?? 'none'} in place of ${wanted[place] ?? 'none'}`,
  ]
}
