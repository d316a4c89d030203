// Whether the serdes of a record have what reading takes (a schema, say), and the fetching of what is missing. Asked before anybody reads: operators read
// lazily and cannot wait.

import type { RecordReader } from '../ports/record.ts'
import type { Serde } from '../ports/serde.ts'

/** Undefined: the record that a reader is at can be read. Else what has to be awaited first. */
export type Missing = (reader: RecordReader) => Promise<void> | undefined

/** Undefined for serdes that never miss anything, so that nothing is asked for each record. */
export function missingOf(key: Serde<unknown>, value: Serde<unknown>): Missing | undefined {
  if (key.canRead === undefined && value.canRead === undefined) return undefined
  return (reader) => {
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader
    const forKey = prepared(key, bytes, keyStart, keyEnd)
    const forValue = prepared(value, bytes, valueStart, valueEnd)
    if (forKey === undefined || forValue === undefined) return forKey ?? forValue
    return Promise.all([forKey, forValue]).then(() => {})
  }
}

function prepared(serde: Serde<unknown>, bytes: Buffer, start: number, end: number): Promise<void> | undefined {
  if (start < 0 || serde.canRead === undefined || serde.canRead(bytes, start, end)) return undefined
  return serde.prepare?.(bytes, start, end)
}
