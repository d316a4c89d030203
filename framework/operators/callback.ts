// How a user's callback is called. A callback gets value, key and record, but what it does not take need not be read: decoding a key costs more than many
// a callback. So it is decided once, when the operator is made, which arguments a callback can see at all.

import { argumentsSeen } from '../graph/arguments-seen.ts'
import type { Callback, Joiner } from '../graph/operator-spec.ts'
import type { Cell } from './flow-record.ts'
import type { Flow } from './operator.ts'

/** A callback with its arguments taken from a record, and nothing decoded that it cannot see. */
export function onRecord<R>(callback: Callback<R>): (record: Flow) => R {
  // A function may be called with fewer arguments than its type names only because it was found not to look at the others.
  const partial = callback as (value?: unknown, key?: unknown) => R
  switch (Math.min(argumentsSeen(callback), 3)) {
    case 0:
      return () => partial()
    case 1:
      return (record) => partial(record.value)
    case 2:
      return (record) => partial(record.value, record.key)
    default:
      return (record) => callback(record.value, record.key, record)
  }
}

/** A joiner, with the key read only if it can see it; an undefined result is null. */
export function joinValues(joiner: Joiner): (left: unknown, right: unknown, key: Cell<unknown>) => unknown {
  const partial = joiner as (left: unknown, right: unknown) => unknown
  if (argumentsSeen(joiner) < 3) return (left, right) => nullIfUndefined(partial(left, right))
  return (left, right, key) => nullIfUndefined(joiner(left, right, key.get()))
}

/** A callback without a result gives undefined; a record knows null alone. */
export function nullIfUndefined(value: unknown): unknown {
  return value === undefined ? null : value
}
