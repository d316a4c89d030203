// A value that a serde has read, as JSON text in one line.

import { isJson } from './structured-json.ts'

/** JSON as it was written. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export interface JsonTextOptions {
  /** What a bigint is written as: its digits, for readers that keep all of them, or a text of them, as derived serdes write it. Default: digits. */
  readonly bigints?: 'digits' | 'texts'
}

/**
 * A line of JSON for readers outside, of any value: what JSON has no word for is written as derived serdes write it (a Date as a time, a bigint as a text of its digits,
 * bytes in base64, a Map as an object or as pairs, a Set as a list), and what they refuse, as the word that it is: `"NaN"`, `"Infinity"`, `"-Infinity"`, `"Invalid Date"`.
 *
 * @example
 * ```ts
 * import { jsonLineOf } from 'millrace'
 *
 * const line: string = jsonLineOf({ total: 12n, highest: Infinity })
 * ```
 */
export function jsonLineOf(value: unknown): string {
  return isJson(value) ? JSON.stringify(value) : jsonTextOf(value, { bigints: 'texts' })
}

/** A Map whose keys are texts as an object, another one as pairs, a Set as a list, as derived serdes write them. Bytes as base64; NaN, the infinities and times that are none, which JSON has not, as texts. */
export function jsonTextOf(value: unknown, options: JsonTextOptions = {}): string {
  const inner = (part: unknown): string => jsonTextOf(part, options)
  // Line ends in JSON are between its parts, never in a string.
  if (value instanceof JsonText) return value.text.replace(/[\r\n]+/g, ' ')
  if (typeof value === 'bigint') return options.bigints === 'texts' ? `"${value}"` : String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return `"${value}"`
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'))
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return inner([...(value as unknown as Iterable<unknown>)])
  if (Array.isArray(value)) return `[${value.map(inner).join(',')}]`
  if (value instanceof Set) return inner([...value])
  if (value instanceof Map) return inner([...value.keys()].every((key) => typeof key === 'string') ? Object.fromEntries(value) : [...value])
  if (value instanceof Date && Number.isNaN(value.getTime())) return `"${value}"`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if ('toJSON' in value && typeof value.toJSON === 'function') return inner(value.toJSON())
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${inner(member)}`).join(',')}}`
}
