// Writers of JSON for known types, of which the compiler composes one for each type that it derives a serde for: they write what JSON.stringify does, and refuse what
// is not of the type, because nobody could read it again. Members that a type does not name are written too, behind those that it names.

import type { Codec } from '../ports/codec.ts'
import { shown } from './shown.ts'

export interface JsonWriter {
  /** Throws an Error that says what was expected, without the place. */
  (value: unknown): string
  /** What it is made of, for messages. */
  readonly within?: (value: unknown) => readonly Part[]
}

interface Part {
  readonly path: string
  readonly writer: JsonWriter
  readonly value: unknown
}

/** The text of a whole value; an error says at which place of it what was expected. */
export function jsonText(writer: JsonWriter): (value: unknown) => string {
  return (value) => {
    try {
      return writer(value)
    } catch (error) {
      throw explained(writer, value, 'value', error)
    }
  }
}

function explained(writer: JsonWriter, value: unknown, path: string, error: unknown): Error {
  for (const part of writer.within?.(value) ?? []) {
    try {
      part.writer(part.value)
    } catch (inner) {
      return explained(part.writer, part.value, `${path}${part.path}`, inner)
    }
  }
  return new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`)
}

function refuse(expected: string, value: unknown): never {
  throw new Error(`expected ${expected}, not ${shown(value)}`)
}

// ------------------------------------------------------------------------------------------------------------- scalars

/** What JSON escapes, and halves of surrogate pairs, which it escapes too. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const escaped = /[\u0000-\u001f"\\\ud800-\udfff]/

/** Up to here a loop is faster than a regular expression. */
const shortLength = 40

export function text(value: unknown): string {
  if (typeof value !== 'string') return refuse('a string', value)
  if (value.length > shortLength) return escaped.test(value) ? JSON.stringify(value) : `"${value}"`
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code < 32 || code === 34 || code === 92 || (code >= 0xd800 && code <= 0xdfff)) return JSON.stringify(value)
  }
  return `"${value}"`
}

export function number(value: unknown): string {
  if (!Number.isFinite(value)) return refuse('a finite number', value)
  return `${value as number}`
}

export function boolean(value: unknown): string {
  if (value === true) return 'true'
  return value === false ? 'false' : refuse('true or false', value)
}

/** null. */
export function nothing(value: unknown): string {
  return value === null ? 'null' : refuse('null', value)
}

export function literal(value: unknown): string {
  if (typeof value === 'number') return number(value)
  return typeof value === 'string' ? text(value) : boolean(value)
}

export function date(value: unknown): string {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return refuse('a valid Date', value)
  return `"${value.toISOString()}"`
}

export function bigint(value: unknown): string {
  return typeof value === 'bigint' ? `"${value}"` : refuse('a bigint', value)
}

/** In base64. */
export function bytes(value: unknown): string {
  if (!(value instanceof Uint8Array)) return refuse('a Uint8Array', value)
  return `"${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')}"`
}

// ---------------------------------------------------------------------------------------------------------- collections

export function array(item: JsonWriter): JsonWriter {
  const write = (value: unknown): string => {
    if (!Array.isArray(value)) return refuse('an array', value)
    let written = '['
    for (let index = 0; index < value.length; index++) written += index === 0 ? item(value[index]) : `,${item(value[index])}`
    return `${written}]`
  }
  return Object.assign(write, { within: (value: unknown) => itemsOf(value, () => item) })
}

export function set(item: JsonWriter): JsonWriter {
  const items = array(item)
  const write = (value: unknown): string => (value instanceof Set ? items([...value]) : refuse('a Set', value))
  return Object.assign(write, { within: (value: unknown) => (value instanceof Set ? itemsOf([...value], () => item) : []) })
}

export function tuple(items: readonly JsonWriter[], required: number, rest?: JsonWriter): JsonWriter {
  const most = rest === undefined ? items.length : Number.POSITIVE_INFINITY
  const writerAt = (index: number): JsonWriter | undefined => items[index] ?? rest
  const write = (value: unknown): string => {
    if (!Array.isArray(value)) return refuse('an array', value)
    // An optional item at the end may be undefined, as an optional member may.
    let { length } = value
    while (length > required && value[length - 1] === undefined) length--
    if (length < required || length > most) return refuse(`${required} to ${most} items`, value)
    let written = '['
    for (let index = 0; index < length; index++) written += `${index === 0 ? '' : ','}${writerAt(index)?.(value[index])}`
    return `${written}]`
  }
  return Object.assign(write, { within: (value: unknown) => itemsOf(value, writerAt) })
}

function itemsOf(value: unknown, writerAt: (index: number) => JsonWriter | undefined): Part[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((item: unknown, index) => {
    const writer = writerAt(index)
    return writer === undefined || item === undefined ? [] : [{ path: `[${index}]`, writer, value: item }]
  })
}

/** A Map with strings for keys, as an object. */
export function map(key: JsonWriter, member: JsonWriter): JsonWriter {
  const write = (value: unknown): string => {
    if (!(value instanceof Map)) return refuse('a Map', value)
    const members = [...value].map(([name, one]) => `${key(name)}:${member(one)}`)
    return `{${members.join(',')}}`
  }
  const within = (value: unknown): Part[] =>
    value instanceof Map ? [...value].map(([name, one]) => ({ path: `.${String(name)}`, writer: member, value: one as unknown })) : []
  return Object.assign(write, { within })
}

/** A Map as an array of pairs. */
export function pairs(key: JsonWriter, member: JsonWriter): JsonWriter {
  const items = array(tuple([key, member], 2))
  const write = (value: unknown): string => (value instanceof Map ? items([...value]) : refuse('a Map', value))
  return Object.assign(write, { within: (value: unknown) => (value instanceof Map ? (items.within?.([...value]) ?? []) : []) })
}

/** An instance of a class, as what its codec makes of it. */
export function coded(codecOf: () => Codec<unknown, unknown>, encoded: JsonWriter, type: string): JsonWriter {
  const encode = (value: unknown): unknown => {
    const codec = codecOf()
    return isInstance(value, codec) ? codec.encode(value) : refuse(`an instance of ${type}`, value)
  }
  return Object.assign((value: unknown) => encoded(encode(value)), {
    within: (value: unknown) => (isInstance(value, codecOf()) ? [{ path: '', writer: encoded, value: encode(value) }] : []),
  })
}

function isInstance(value: unknown, { type }: Codec<unknown, unknown>): boolean {
  return value instanceof (type as unknown as new () => unknown)
}

export function union(choose: (value: unknown) => JsonWriter | undefined, expected: string): JsonWriter {
  const write = (value: unknown): string => choose(value)?.(value) ?? refuse(expected, value)
  const within = (value: unknown): Part[] => {
    const writer = choose(value)
    return writer === undefined ? [] : [{ path: '', writer, value }]
  }
  return Object.assign(write, { within })
}

// -------------------------------------------------------------------------------------------------------------- objects

type KnownMember = readonly [name: string, writer: JsonWriter, optional: boolean]

/**
 * `quick` writes an object that has no other members than the known ones, and gives undefined for one that has. `patterns` and `rest` are the writers of
 * members that are not known.
 */
export function object(
  members: readonly KnownMember[],
  quick?: (value: unknown) => string | undefined,
  patterns: readonly (readonly [name: RegExp, writer: JsonWriter])[] = [],
  rest: JsonWriter = anything,
): JsonWriter {
  const names = new Set(members.map(([name]) => name))
  const writerOf = (name: string): JsonWriter => patterns.find(([pattern]) => pattern.test(name))?.[1] ?? rest
  const within = (value: unknown): Part[] => {
    if (typeof value !== 'object' || value === null) return []
    const own = value as Readonly<Record<string, unknown>>
    const known = members.flatMap(([name, writer, optional]) =>
      optional && memberOf(own, name) === undefined ? [] : [{ path: `.${name}`, writer, value: memberOf(own, name) }],
    )
    const others = Object.keys(own).filter((name) => !names.has(name) && own[name] !== undefined)
    return [...known, ...others.map((name) => ({ path: `.${name}`, writer: writerOf(name), value: own[name] }))]
  }
  const write = (value: unknown): string => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('an object', value)
    // Members that come from a class are not counted among the object's own, so the quick way could not tell what is missing from what is too much.
    const written = Object.getPrototypeOf(value) === Object.prototype ? quick?.(value) : undefined
    if (written !== undefined) return written
    if ('toJSON' in value && typeof value.toJSON === 'function' && !names.has('toJSON')) return write(value.toJSON())
    return `{${within(value)
      .flatMap(({ path, writer, value: member }) => memberText(path.slice(1), writer(member)))
      .join(',')}}`
  }
  return Object.assign(write, { within })
}

/** `constructor` and its like are no members, unless an object has them of its own. Getters of a class are. */
function memberOf(value: Readonly<Record<string, unknown>>, name: string): unknown {
  return name in Object.prototype && !Object.hasOwn(value, name) ? undefined : value[name]
}

function memberText(name: string, written: string): string[] {
  return written === absent ? [] : [`${text(name)}:${written}`]
}

/** What JSON leaves out of objects: a function, a symbol. */
const absent = ''

/** A member that the type does not name. */
function anything(value: unknown): string {
  return JSON.stringify(value) ?? absent
}
