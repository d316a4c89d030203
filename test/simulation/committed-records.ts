// What is committed in a topic of a simulation, and how it is compared with what is due.

import { string } from '../../framework/serdes/serdes.ts'
import type { MemoryCluster } from '../../plugins/broker-memory/index.ts'

export interface Seen {
  readonly key: string
  readonly value: string
  readonly partition: number
  readonly timestamp: number
  /** As it lies in the topic. */
  readonly keyBytes: Buffer
  readonly valueBytes: Buffer
}

/** Each partition in its order. */
export function committedIn(cluster: MemoryCluster, topic: string): readonly Seen[] {
  const logs = cluster.topic(topic)?.logs ?? []
  return logs.flatMap((log, partition) => {
    const reader = log.read(log.startOffset, Number.POSITIVE_INFINITY, true)?.reader
    const seen: Seen[] = []
    while (reader?.next() === true) {
      const { bytes, keyStart, keyEnd, valueStart, valueEnd, timestamp } = reader
      const value = valueStart < 0 ? '' : string().read(bytes, valueStart, valueEnd)
      const keyBytes = bytes.subarray(keyStart, keyEnd)
      const valueBytes = bytes.subarray(Math.max(0, valueStart), Math.max(0, valueEnd))
      seen.push({ key: string().read(bytes, keyStart, keyEnd), value, partition, timestamp, keyBytes, valueBytes })
    }
    return seen
  })
}

/** A cache may leave updates out, and changes neither their order nor the last one. */
export function inOrder(what: string, due: readonly string[], seen: readonly string[], all: boolean): readonly string[] {
  let at = -1
  for (const value of seen) {
    const next = due.indexOf(value, at + 1)
    if (next < 0) return [`${what}: ${JSON.stringify(shortened(value))} came behind ${JSON.stringify(shortened(due[at] ?? 'nothing'))}`]
    if (all && next !== at + 1) return [`${what}: ${JSON.stringify(shortened(due[at + 1]!))} was never written`]
    at = next
  }
  return at === due.length - 1 ? [] : [`${what}: ends with ${JSON.stringify(shortened(due[at] ?? 'nothing'))}`]
}

export function shortened(text: string): string {
  return text.length <= 60 ? text : `… ${text.slice(-58)}`
}
