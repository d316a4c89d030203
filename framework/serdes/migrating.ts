// A serde of a store whose values were of another type once: what cannot be read as the new type is handed to the author's `migrate` as the JSON that it is, and
// what that gives is read as the new type. So each value is made new when it is first read, and is written as new with its next update, or by `millrace state migrate`.

import type { Serde } from '../ports/serde.ts'
import { toBytes } from './byte-buffer.ts'

const migrations = new WeakMap<Serde<unknown>, Migration>()

interface Migration {
  readonly serde: Serde<unknown>
  readonly migrate: (old: unknown) => unknown
}

export function migrating(serde: Serde<unknown>, migrate: (old: unknown) => unknown): Serde<unknown> {
  // Whatever else the serde has stays, also where it is an object of a class.
  const made: Serde<unknown> = Object.create(serde)
  const migration = { serde, migrate }
  migrations.set(made, migration)
  return Object.assign(made, {
    read(bytes: Buffer, start: number, end: number): unknown {
      try {
        return serde.read(bytes, start, end)
      } catch (cause) {
        const now = madeNew(migration, bytes, start, end, cause)
        return serde.read(now, 0, now.length)
      }
    },
  })
}

/** The bytes of a value that is of an old type, as one of the new type; null: it is of the new type already. Throws what a read would. */
export function migratedBytes(made: Serde<unknown>, bytes: Buffer, start: number, end: number): Buffer | null {
  const migration = migrations.get(made)
  if (migration === undefined) return null
  const { serde } = migration
  try {
    serde.read(bytes, start, end)
    return null
  } catch (cause) {
    const now = madeNew(migration, bytes, start, end, cause)
    // What migrate gives has to be of the new type itself.
    serde.read(now, 0, now.length)
    return now
  }
}

function madeNew({ serde, migrate }: Migration, bytes: Buffer, start: number, end: number, cause: unknown): Buffer {
  const old = oldValue(bytes, start, end)
  if (old === undefined) throw cause
  return toBytes(serde, migrate(old.value))
}

/** undefined for what is no JSON. */
function oldValue(bytes: Buffer, start: number, end: number): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(bytes.toString('utf8', start, end)) }
  } catch {
    return undefined
  }
}
