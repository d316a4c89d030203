// A record as a line of JSON: {"key":…,"value":…,"timestamp":…,"headers":…,"partition":…,"offset":…}. What was consumed can be produced again, byte for byte.
//
// Bytes that are JSON stand there as they are, so that 64-bit numbers keep their digits. Other text is a JSON string, and so is JSON that would be mistaken
// for something else: a quoted string, and the word null, because null says that there are no bytes. Bytes that are no UTF-8 stand as base64 in
// keyBase64 or valueBase64.
//
// Where the serdes of the topic are known, all that is written so: a long is a number, a windowed key an object, and what does not fit is an error.

import { isUtf8 } from 'node:buffer'
import { type Header, type Headers, noHeaders } from '../framework/ports/record.ts'
import { didYouMean } from '../framework/runtime/did-you-mean.ts'
import type { JsonForm } from './json-forms.ts'
import { memberSources } from './json-sources.ts'

export interface RecordLine {
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** Milliseconds since 1970. */
  readonly timestamp?: number
  readonly headers: Headers
  readonly partition?: number
}

export interface ConsumedRecord extends Required<RecordLine> {
  readonly offset: number
}

export interface RecordForms {
  readonly key: JsonForm
  readonly value: JsonForm
}

/** With forms it throws an Error whose message says what is no key or value of its serde. */
export function formatRecordLine({ key, value, timestamp, headers, partition, offset }: ConsumedRecord, forms?: RecordForms): string {
  const ofHeaders = headers.length === 0 ? '' : `,"headers":${formatHeaders(headers)}`
  return `{${member('key', key, forms?.key)},${member('value', value, forms?.value)},"timestamp":${timestamp}${ofHeaders},"partition":${partition},"offset":${offset}}`
}

/** Throws an Error whose message says what is wrong with the line. */
export function parseRecordLine(text: string, forms?: RecordForms): RecordLine {
  const line = parseObject(text)
  for (const name of Object.keys(line))
    if (!members.includes(name)) throw new Error(`there is no member ${name} in a record.${didYouMean(name, members)}`)
  const sources = memberSources(text)
  const value = bytesOf('value', line, sources, forms?.value)
  if (value === undefined) throw new Error('it has no value; "value": null says that the key is deleted')
  const timestamp = wholeNumber('timestamp', line)
  const partition = wholeNumber('partition', line)
  return {
    key: bytesOf('key', line, sources, forms?.key) ?? null,
    value,
    headers: parseHeaders(line.headers),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(partition === undefined ? {} : { partition }),
  }
}

type JsonObject = Readonly<Record<string, unknown>>

/** The offset is where a record was, not where it goes: it is read over. */
const members: readonly string[] = ['key', 'keyBase64', 'value', 'valueBase64', 'timestamp', 'headers', 'partition', 'offset']

// ------------------------------------------------------------------------------------------------------------ out

function member(name: 'key' | 'value', bytes: Buffer | null, form: JsonForm | undefined): string {
  if (bytes === null) return `"${name}":null`
  if (form !== undefined) return formed(name, bytes, form)
  if (!isUtf8(bytes)) return `"${name}Base64":"${bytes.toString('base64')}"`
  const text = bytes.toString('utf8')
  return `"${name}":${standsAsItIs(text) ? text.replace(/[\r\n]+/g, ' ') : JSON.stringify(text)}`
}

function formed(name: 'key' | 'value', bytes: Buffer, form: JsonForm): string {
  try {
    const json = form.toJson(bytes)
    // The word null would say that there are no bytes.
    return json.trim() === 'null' ? `"${name}Base64":"${bytes.toString('base64')}"` : `"${name}":${json}`
  } catch (error) {
    throw new Error(`the ${name} is no ${form.name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Line ends in JSON are between its parts, never in a string, so one may put a space there. */
function standsAsItIs(text: string): boolean {
  const isMistakable = /^\s*("|null\s*$)/.test(text)
  if (isMistakable || !/^\s*[[{\dtf-]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A name that occurs once has its value, one that occurs several times a list. */
function formatHeaders(headers: Headers): string {
  const byName = new Map<string, unknown[]>()
  for (const { key, value } of headers) byName.set(key, [...(byName.get(key) ?? []), headerValue(value)])
  const entries = [...byName].map(([name, values]) => `${JSON.stringify(name)}:${JSON.stringify(values.length === 1 ? values[0] : values)}`)
  return `{${entries.join(',')}}`
}

function headerValue(value: Uint8Array | null): string | { base64: string } | null {
  if (value === null) return null
  const bytes = Buffer.from(value)
  return isUtf8(bytes) ? bytes.toString('utf8') : { base64: bytes.toString('base64') }
}

// ------------------------------------------------------------------------------------------------------------- in

function parseObject(text: string): JsonObject {
  const json: unknown = parseJson(text)
  if (isObject(json)) return json
  throw new Error('it is no JSON object; a record is written as {"key": …, "value": …}')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isObject(json: unknown): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function bytesOf(
  name: 'key' | 'value',
  line: JsonObject,
  sources: ReadonlyMap<string, string>,
  form: JsonForm | undefined,
): Buffer | null | undefined {
  const base64 = line[`${name}Base64`]
  if (base64 !== undefined) return fromBase64(`${name}Base64`, base64)
  const json = line[name]
  if (json === undefined || json === null) return json
  const source = sources.get(name) ?? JSON.stringify(json)
  if (form !== undefined) {
    try {
      return form.toBytes(source)
    } catch (error) {
      throw new Error(`the ${name} is no ${form.name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return Buffer.from(typeof json === 'string' ? json : source)
}

function fromBase64(name: string, text: unknown): Buffer {
  if (typeof text === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return Buffer.from(text, 'base64')
  throw new Error(`${name} must be bytes in base64, not ${JSON.stringify(text)}`)
}

function wholeNumber(name: string, line: JsonObject): number | undefined {
  const value = line[name]
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new Error(`${name} must be a whole number, not ${JSON.stringify(value)}`)
}

function parseHeaders(json: unknown): Headers {
  if (json === undefined || json === null) return noHeaders
  if (!isObject(json)) throw new Error(`headers must be an object, not ${JSON.stringify(json)}`)
  return Object.entries(json).flatMap(([key, values]) =>
    (Array.isArray(values) ? values : [values]).map((value) => parseHeader(key, value)),
  )
}

function parseHeader(key: string, value: unknown): Header {
  if (value === null) return { key, value: null }
  if (typeof value === 'string') return { key, value: Buffer.from(value) }
  if (isObject(value)) return { key, value: fromBase64(`the header ${key}`, value.base64) }
  throw new Error(`the header ${key} must be a text, not ${JSON.stringify(value)}`)
}
