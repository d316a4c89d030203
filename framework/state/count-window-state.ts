// The bytes of a key that is counted in windows of n records: the number of records as a long, the start of the first open window as a long, when it ends at the
// latest as a long (-1: only when it is full), the number of open windows as an int, and for each its aggregate, its size as an int before it
// (-1: null). In the store and in its changelog; Kafka Streams has no such store.

import type { Serde } from '../ports/serde.ts'
import { integer, long } from '../serdes/serdes.ts'
import type { CountWindowState } from './contract.ts'

const count = long()
const size = integer()
const headBytes = 28

export function countWindowState<A>(aggregate: Serde<A>): Serde<CountWindowState<A>> {
  return {
    name: `countWindows(${aggregate.name})`,
    // The state itself is replaced, never changed; so it can be shared if its aggregates can.
    immutable: aggregate.immutable,
    read(bytes, start, end) {
      const records = count.read(bytes, start, start + 8)
      const firstStart = count.read(bytes, start + 8, start + 16)
      const dueMs = count.read(bytes, start + 16, start + 24)
      const aggregates: (A | null)[] = []
      let at = start + headBytes
      for (let open = size.read(bytes, start + 24, at); open > 0; open--) {
        const sizeBytes = size.read(bytes, at, at + 4)
        at += 4
        if (at + sizeBytes > end) throw new Error('the bytes end within an aggregate')
        aggregates.push(sizeBytes < 0 ? null : aggregate.read(bytes, at, at + sizeBytes))
        at += Math.max(0, sizeBytes)
      }
      return { records, firstStart, dueMs, aggregates }
    },
    write({ records, firstStart, dueMs, aggregates }, target) {
      count.write(records, target)
      count.write(firstStart, target)
      count.write(dueMs, target)
      size.write(aggregates.length, target)
      for (const value of aggregates) {
        const sizeAt = target.end
        size.write(-1, target)
        if (value === null) continue
        aggregate.write(value, target)
        target.bytes.writeInt32BE(target.end - sizeAt - 4, sizeAt)
      }
    },
  }
}
