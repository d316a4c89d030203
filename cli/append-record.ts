// Appends a record that was a line of JSON to what is sent to a topic, the bytes as they are.

import type { Serde, TopicWriter } from '../framework/index.ts'
import type { RecordLine } from './record-line.ts'

/** `nowMs` is the timestamp of a record that has none. */
export function appendRecord(writer: TopicWriter, record: RecordLine, nowMs: number): void {
  const { key, value, timestamp = nowMs, headers, partition } = record
  const keyBytes = key ?? noBytes
  const [start, end] = key === null ? [-1, -1] : [0, key.length]
  writer.append(partition ?? writer.partitionOf(keyBytes, start, end), timestamp, keyBytes, start, end, value, asItIs, headers)
}

const noBytes = Buffer.alloc(0)

const asItIs: Pick<Serde<Buffer>, 'write'> = {
  write(value, target) {
    target.reserve(value.length)
    target.end += value.copy(target.bytes, target.end)
  },
}
