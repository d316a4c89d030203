// A serde of a store whose values were of another type once: what cannot be read as the new type is handed to the author's `migrate` as the JSON that it is, and
// what that gives is read as the new type. So each value is made new when it is first read, and is written as new with its next update.

import type { Serde } from '../ports/serde.ts'
import { toBytes } from '../serdes/byte-buffer.ts'

export function migrating(serde: Serde<unknown>, migrate: (old: unknown) => unknown): Serde<unknown> {
  // Whatever else the serde has stays, also where it is an object of a class.
  const made: Serde<unknown> = Object.create(serde)
  return Object.assign(made, {
    read(bytes: Buffer, start: number, end: number): unknown {
      try {
        return serde.read(bytes, start, end)
      } catch (cause) {
        const old = oldValue(bytes, start, end)
        if (old === undefined) throw cause
        const now = toBytes(serde, migrate(old.value))
        return serde.read(now, 0, now.length)
      }
    },
  })
}

/** undefined for what is no JSON. */
function oldValue(bytes: Buffer, start: number, end: number): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(bytes.toString('utf8', start, end)) }
  } catch {
    return undefined
  }
}
