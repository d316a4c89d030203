// Which rows of a store somebody asks for, out of the query of a URL. Keys are text for a store whose keys are strings, base64 where they are bytes, else JSON, in
// the form in which they travel.

import type { Serde } from '../ports/serde.ts'
import { toBytes } from '../serdes/byte-buffer.ts'
import { murmur2 } from '../serdes/murmur2.ts'
import { didYouMean } from './did-you-mean.ts'
import type { StoreDescription } from './store-queries.ts'

export interface RowRequest {
  readonly key: unknown
  /** Where Kafka's own partitioner puts the key; undefined if it is not known how many partitions there are. */
  readonly keyPartition: number | undefined
  /** Both included. */
  readonly from: unknown
  readonly to: unknown
  readonly prefix: string | undefined
  readonly timeFrom: number | undefined
  readonly timeTo: number | undefined
  /** Of a versioned store: as it was then. */
  readonly at: number | undefined
  readonly partition: number | undefined
  readonly limit: number | undefined
  readonly reverse: boolean
  readonly stale: boolean
}

/** What is wrong with a request, in words for who made it. */
export class RequestProblem extends Error {}

/** By what the store is: who names what has no effect there should hear of it. */
const always = ['key', 'partition', 'limit', 'stale', 'format']
const formats = ['json', 'ndjson']
const parametersOf = {
  keyValue: [...always, 'from', 'to', 'prefix', 'reverse'],
  window: [...always, 'from', 'to', 'timeFrom', 'timeTo', 'reverse'],
  session: [...always, 'from', 'to', 'timeFrom', 'timeTo', 'reverse'],
  versioned: [...always, 'timeFrom', 'timeTo', 'at'],
}
const exclusive: readonly (readonly [string, readonly string[]])[] = [
  ['key', ['from', 'to', 'prefix']],
  ['prefix', ['from', 'to', 'reverse']],
  ['at', ['timeFrom', 'timeTo']],
]

export function rowRequest(parameters: URLSearchParams, { name: store, kinds, key: serde, partitionCount }: StoreDescription): RowRequest {
  const known = parametersOf[formOf(kinds[0]!)]
  for (const name of parameters.keys()) {
    if (!known.includes(name))
      throw new RequestProblem(`${name} is no parameter of this store.${didYouMean(name, known)} There are: ${known.join(', ')}.`)
    if (parameters.getAll(name).length > 1) throw new RequestProblem(`${name} is given more than once.`)
  }
  for (const [one, others] of exclusive)
    for (const other of others)
      if (parameters.has(one) && parameters.has(other)) throw new RequestProblem(`${one} and ${other} do not go together.`)
  const format = parameters.get('format') ?? 'json'
  if (!formats.includes(format)) throw new RequestProblem(`format is ${formats.join(' or ')}, not '${format}'.`)
  const partition = wholeNumber(parameters, 'partition')
  if (partition !== undefined && partitionCount > 0 && partition >= partitionCount)
    throw new RequestProblem(`The store ${store} has no partition ${partition}: it has ${partitionCount}, from 0 on.`)
  const [timeFrom, timeTo] = [wholeNumber(parameters, 'timeFrom'), wholeNumber(parameters, 'timeTo')]
  if (timeFrom !== undefined && timeTo !== undefined && timeFrom > timeTo)
    throw new RequestProblem(`timeFrom, ${timeFrom}, is behind timeTo, ${timeTo}.`)
  const keyOf = (name: string): unknown => {
    const text = parameters.get(name)
    return text === null ? undefined : keyFromText(name, text, serde)
  }
  const key = keyOf('key')
  const prefix = parameters.get('prefix') ?? undefined
  if (prefix !== undefined && !isText(serde)) throw new RequestProblem(`prefix is for keys that are strings; these are ${serde.name}.`)
  return {
    key,
    keyPartition: key === undefined || partitionCount === 0 ? undefined : partitionOf(bytesOf('key', key, serde), partitionCount),
    from: keyOf('from'),
    to: keyOf('to'),
    prefix,
    timeFrom,
    timeTo,
    at: wholeNumber(parameters, 'at'),
    partition,
    limit: wholeNumber(parameters, 'limit'),
    reverse: yesOrNo(parameters, 'reverse'),
    stale: yesOrNo(parameters, 'stale'),
  }
}

function formOf(kind: StoreDescription['kinds'][number]): keyof typeof parametersOf {
  if (kind === 'timestampedKeyValue') return 'keyValue'
  return kind === 'timestampedWindow' ? 'window' : kind
}

function keyFromText(name: string, text: string, serde: Serde<unknown>): unknown {
  const key = parsed(name, text, serde)
  // So that what its serde refuses is the fault of who asks.
  bytesOf(name, key, serde)
  return key
}

function parsed(name: string, text: string, serde: Serde<unknown>): unknown {
  if (isText(serde)) return text
  if (serde.name === 'bytes') return Buffer.from(text, 'base64')
  let json: unknown
  try {
    json = JSON.parse(text) as unknown
  } catch {
    throw new RequestProblem(`${name} must be JSON, because the keys are ${serde.name}; not ${text}.`)
  }
  return /^json(\(|$)/.test(serde.name) ? travelled(name, text, serde) : json
}

/** What travels as JSON is read of it, so that Dates and the like are in keys as they are in records. */
function travelled(name: string, text: string, serde: Serde<unknown>): unknown {
  const bytes = Buffer.from(text)
  try {
    return serde.read(bytes, 0, bytes.length)
  } catch (error) {
    throw new RequestProblem(`${name} is no ${serde.name}: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

/** Strings of which not all are allowed have a name of their own: `string(Colour)`. */
function isText({ name }: Serde<unknown>): boolean {
  return name === 'string' || name.startsWith('string(')
}

function bytesOf(name: string, key: unknown, serde: Serde<unknown>): Buffer {
  try {
    return toBytes(serde, key)
  } catch (error) {
    throw new RequestProblem(`${name} is no ${serde.name}: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

/** As Kafka's DefaultPartitioner. */
function partitionOf(key: Buffer, partitions: number): number {
  return murmur2(key, 0, key.length) % partitions
}

function wholeNumber(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name)
  if (text === null) return undefined
  const number = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number
  throw new RequestProblem(
    `${name} must be a whole number${name.startsWith('time') || name === 'at' ? ' of milliseconds since 1970' : ''}, not '${text}'.`,
  )
}

function yesOrNo(parameters: URLSearchParams, name: string): boolean {
  const text = parameters.get(name)
  if (text === null || text === 'false') return false
  if (text === 'true' || text === '') return true
  throw new RequestProblem(`${name} is true or false, not '${text}'.`)
}
