// From a compiled JSON Schema validator to the `parse` of a json serde: what is wrong is said in a sentence, with the place in the value. The compiler
// writes calls of these functions; nothing in them knows of it.

import { isDeepStrictEqual } from 'node:util'
import type { Codec } from '../ports/codec.ts'
import type { Serde } from '../ports/serde.ts'
import { string } from './serdes.ts'
import { shown } from './shown.ts'

/** What ajv's standalone validators are: a function with the errors of its last call. */
export interface Validator {
  (value: unknown): boolean
  errors?: readonly ValidationError[] | null
}

export interface ValidationError {
  readonly instancePath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message?: string
}

/** A parse function that lets through what the validator accepts, with dates and the like made of their JSON by `revive`. */
export function checked<T>(validate: unknown, revive?: (value: unknown, path: string) => unknown): (json: unknown) => T {
  // Generated code has no types.
  const validator = validate as Validator
  return (json) => {
    if (!validator(json)) throw new Error(describeErrors(validator.errors ?? [], json))
    return (revive === undefined ? json : revive(json, 'value')) as T
  }
}

/** Strings of which not all are allowed (literals, templates), as UTF-8. */
export function checkedString<T extends string>(name: string, validate: unknown): Serde<T> {
  const parse = checked<T>(validate)
  const text = string()
  return {
    name,
    immutable: true,
    read: (bytes, start, end) => parse(text.read(bytes, start, end)),
    write: (value, target) => text.write(value, target),
  }
}

/** Instances of a class whose codec gives strings, as UTF-8. */
export function codedString(text: Serde<string>, codecOf: () => Codec<unknown, string>): Serde<unknown> {
  return {
    name: text.name,
    // An instance may be changed.
    immutable: false,
    read: (bytes, start, end) => decoded(codecOf(), text.read(bytes, start, end), 'value'),
    write(value, target) {
      const { type, encode } = codecOf()
      if (!(value instanceof (type as unknown as new () => unknown)))
        throw new Error(`value: expected an instance of a class, not ${shown(value)}`)
      text.write(encode(value), target)
    },
  }
}

/** The instance of what stands for it in JSON. */
export function decoded<E>(codec: Codec<unknown, E>, encoded: unknown, path: string): unknown {
  try {
    return codec.decode(encoded as E)
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

/** The Date of an ISO 8601 string that has the right form; the day may still not exist. */
export function toDate(text: unknown, path: string): Date {
  const date = new Date(text as string)
  if (Number.isNaN(date.getTime()) || !isDay(text as string)) throw new Error(`${path}: there is no such time as ${shown(text)}`)
  return date
}

/** JavaScript takes the 30th of February for the first or second of March. */
function isDay(text: string): boolean {
  const afterYear = /^[+-]/.test(text) ? 7 : 4
  const day = Number(text.slice(afterYear + 4, afterYear + 6))
  if (day <= 28) return true
  const [year, month] = [Number(text.slice(0, afterYear)), Number(text.slice(afterYear + 1, afterYear + 3))]
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return day <= (month === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31)
}

export function fromBase64(text: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(text as string, 'base64'))
}

/** What validators ask of ajv at run time: characters as people count them, and whether two values are the same. */
export const validation = {
  lengthOf(text: string): number {
    let length = 0
    for (const _ of text) length++
    return length
  },
  areEqual: isDeepStrictEqual,
}

function describeErrors(errors: readonly ValidationError[], json: unknown): string {
  // A union reports what each variant lacks, then itself: the last error is the one that is true of the value as a whole.
  const error = errors.at(-1)
  if (error === undefined) return 'the value is not of its type'
  const keys = error.instancePath.split('/').slice(1).map(unescapePointer)
  const path = pathText(keys)
  if (error.keyword === 'anyOf')
    return `${path}: expected ${expectedOf(errors.slice(0, -1), error.instancePath)}, not ${shown(at(json, keys))}`
  if (error.keyword === 'required') return `${path}.${String(error.params.missingProperty)}: expected, but missing`
  return `${path}: expected ${expectation(error)}, not ${shown(at(json, keys))}`
}

function expectedOf(errors: readonly ValidationError[], instancePath: string): string {
  const here = errors.filter((error) => error.instancePath === instancePath && error.keyword !== 'anyOf')
  const kinds = new Set(
    here.map((error) => (error.keyword === 'required' ? `an object with ${String(error.params.missingProperty)}` : expectation(error))),
  )
  return kinds.size === 0 ? 'one of the variants of its union' : [...kinds].join(' or ')
}

function expectation({ keyword, params, message }: ValidationError): string {
  switch (keyword) {
    case 'type':
      return articled(String(params.type))
    case 'const':
      return JSON.stringify(params.allowedValue)
    case 'enum':
      return `one of ${(params.allowedValues as readonly unknown[]).map((value) => JSON.stringify(value)).join(', ')}`
    case 'format':
      return params.format === 'millrace-date' ? 'a date and time as in ISO 8601' : `a string of the format ${String(params.format)}`
    case 'pattern':
      return `a string that matches ${String(params.pattern)}`
    case 'minLength':
      return `at least ${count(params.limit, 'character')}`
    case 'maxLength':
      return `at most ${count(params.limit, 'character')}`
    case 'minItems':
      return `at least ${count(params.limit, 'item')}`
    case 'maxItems':
    case 'items':
      return `at most ${count(params.limit, 'item')}`
    case 'uniqueItems':
      return 'no item twice'
    case 'minimum':
      return `at least ${String(params.limit)}`
    case 'maximum':
      return `at most ${String(params.limit)}`
    case 'exclusiveMinimum':
      return `more than ${String(params.limit)}`
    case 'exclusiveMaximum':
      return `less than ${String(params.limit)}`
    case 'multipleOf':
      return `a multiple of ${String(params.multipleOf)}`
    case 'propertyNames':
      return `other names than ${JSON.stringify(params.propertyName)}`
    case 'discriminator':
      return `one of the known values of ${String(params.tag)}`
    default:
      return message ?? keyword
  }
}

function count(limit: unknown, what: string): string {
  return `${String(limit)} ${what}${limit === 1 ? '' : 's'}`
}

function articled(type: string): string {
  return type === 'null' ? type : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

function pathText(keys: readonly string[]): string {
  return `value${keys.map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`)).join('')}`
}

function at(json: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>>)[key], json)
}
