// The bytes of a key's global window: the number of records as a long, the number of the first one that the aggregate holds as a long, when the trigger's timer
// is due as a long (-1: it has none), the trigger's state as JSON, its size as an int before it, and the aggregate, if there is one.

import type { Serde } from '../ports/serde.ts'
import { integer, json, long } from '../serdes/serdes.ts'
import type { GlobalWindowState } from './contract.ts'

const count = long()
const size = integer()
const state = json<unknown>()
const headBytes = 28

export function globalWindowState<A>(aggregate: Serde<A>): Serde<GlobalWindowState<A>> {
  return {
    name: `globalWindow(${aggregate.name})`,
    immutable: false,
    read(bytes, start, end) {
      const records = count.read(bytes, start, start + 8)
      const firstStart = count.read(bytes, start + 8, start + 16)
      const timerMs = count.read(bytes, start + 16, start + 24)
      const triggerEnd = start + headBytes + size.read(bytes, start + 24, start + headBytes)
      if (triggerEnd > end) throw new Error('the bytes end within the state of the trigger')
      const trigger = state.read(bytes, start + headBytes, triggerEnd)
      return { records, firstStart, timerMs, trigger, aggregate: triggerEnd === end ? null : aggregate.read(bytes, triggerEnd, end) }
    },
    write(value, target) {
      count.write(value.records, target)
      count.write(value.firstStart, target)
      count.write(value.timerMs, target)
      const sizeAt = target.end
      size.write(0, target)
      state.write(value.trigger, target)
      target.bytes.writeInt32BE(target.end - sizeAt - 4, sizeAt)
      if (value.aggregate !== null) aggregate.write(value.aggregate, target)
    },
  }
}
