// JSON for what nobody has declared: the states of named aggregators, which hold whatever their selectors chose. What JSON can say is written as plain JSON; a Date, a bigint,
// a Map, a Set, bytes, or a number that JSON has no word for would come back as something else, so a value with one of them is written by devalue, in an object with
// one member that says so.

import { stringify, unflatten } from 'devalue'
import type { Serde } from '../ports/serde.ts'
import { json } from './serdes.ts'

const member = '$devalue'

/** Gives back what it was given: plain values, Dates, bigints, Maps, Sets and typed arrays, in each other. Writing throws for what has no such form, as a function. */
export function structuredJson(): Serde<unknown> {
  return json<unknown>({
    parse: (value) => (isMarked(value) ? unflatten(value[member]) : value),
    stringify: structuredText,
  })
}

/** Equal for what is written alike, and for nothing else; of objects the order of their members counts. */
export function structuredText(value: unknown): string {
  return isJson(value) ? JSON.stringify(value) : `{"${member}":${stringify(value)}}`
}

function isMarked(value: unknown): value is { readonly [member]: number | unknown[] } {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, member)
}

/** Whether JSON.parse gives back what JSON.stringify was given. Members that are undefined may go. */
export function isJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      return value === null || (Array.isArray(value) ? value.every(isJson) : isJsonObject(value))
    default:
      return false
  }
}

function isJsonObject(value: object): boolean {
  if (value instanceof Date || value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) return false
  for (const name of Object.keys(value)) {
    const one = (value as Readonly<Record<string, unknown>>)[name]
    if (one !== undefined && !isJson(one)) return false
  }
  return !isMarked(value)
}
