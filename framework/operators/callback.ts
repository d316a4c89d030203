// How a user's callback is called. A callback gets value, key and record, but what it does not take need not be read: decoding a key costs more than many
// a callback. So it is decided once, when the operator is made, which arguments a callback can see at all.

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

/**
 * How many of its leading arguments a function can see; Infinity if that cannot be told. Told from its text, and only from plain cases: `length` counts
 * the parameters before the first one with a default, so a parameter list with `=` or `...` or anything that makes its end hard to find (strings,
 * comments, regular expressions) is not judged; nor is a body that says `arguments` or `eval`, nor native and bound functions, which have no text.
 */
export function argumentsSeen(callback: (...args: never[]) => unknown): number {
  const text = Function.prototype.toString.call(callback)
  if (/\barguments\b|\beval\b|\[native code\]/.test(text)) return Infinity
  const parameters = parameterList(text)
  if (parameters === undefined || /=|\.\.\.|['"`/]/.test(parameters)) return Infinity
  return callback.length
}

/** The text between a function's parentheses, without them; of `x => …` the `x`. */
function parameterList(text: string): string | undefined {
  const single = /^(?:async\s+)?([\w$]+)\s*=>/.exec(text)
  if (single !== null) return single[1]
  const head = /^[\w$\s*]*\(/.exec(text)
  if (head === null) return undefined
  let depth = 1
  for (let index = head[0].length; index < text.length; index++) {
    const character = text[index] as string
    if ('([{'.includes(character)) depth++
    if (')]}'.includes(character)) depth--
    if (depth === 0) return text.slice(head[0].length, index)
  }
  return undefined
}
