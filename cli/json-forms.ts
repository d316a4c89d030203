// Keys and values as JSON text, by the names that a manifest has for their serdes: out of bytes, and into bytes. What is JSON already stays as it is written, and a
// long is read and written as its digits, because JSON.parse would round what is beyond 2^53.

import type { Serde } from '../framework/index.ts'
import type { SerdeFormat } from '../framework/ports/plugin.ts'
import { type DescribedSchemas, type SerdeFormats, serdeFormats, serdeFromManifest } from '../framework/serdes/from-manifest.ts'
import { JsonText, jsonTextOf } from '../framework/serdes/json-text.ts'
import { memberSources } from './json-sources.ts'

export interface JsonForm {
  /** What the manifest calls it. */
  readonly name: string
  /** In one line. Throws an Error that says what is wrong with the bytes. */
  toJson(bytes: Buffer): string
  /** Throws an Error that says what is wrong with the JSON, which is one. */
  toBytes(source: string): Buffer
}

/** `plugins` are the formats of plugins. The schemas of the manifest are held to, both ways. */
export async function jsonForms(manifest: DescribedSchemas, plugins: SerdeFormats): Promise<(name: string) => JsonForm> {
  const { validatorOf } = await import('../framework/compiler/derive/validator.ts')
  const builtIn: SerdeFormats = serdeFormats({ validatorOf }).serdes
  const formats = {
    ...builtIn,
    ...plugins,
    long: { serde: () => exactLong },
    ...(builtIn.json === undefined ? {} : { json: textOf(builtIn.json) }),
  }
  return (name) => {
    const serde = serdeFromManifest(name, manifest, formats)
    return {
      name,
      toJson: (bytes) => jsonTextOf(serde.read(bytes, 0, bytes.length)),
      toBytes: (source) => bytesOf(serde, parsedAs(name, source)),
    }
  }
}

// ------------------------------------------------------------------------------------------------------------ out

const longMin = -(1n << 63n)
const longMax = (1n << 63n) - 1n

const exactLong: Serde<unknown> = {
  name: 'long',
  immutable: true,
  read(bytes, start, end) {
    if (end - start !== 8) throw new Error(`a long has 8 bytes, not ${end - start}`)
    return bytes.readBigInt64BE(start)
  },
  write(value, target) {
    target.reserve(8)
    target.end = target.bytes.writeBigInt64BE(value as bigint, target.end)
  },
}

/** The format of JSON that checks a text and gives the text. */
function textOf({ serde }: SerdeFormat): SerdeFormat {
  return {
    serde(schema, reference) {
      const checking = serde(schema, reference)
      return {
        name: checking.name,
        immutable: true,
        read(bytes, start, end) {
          checking.read(bytes, start, end)
          return new JsonText(bytes.toString('utf8', start, end))
        },
        write(value, target) {
          const bytes = Buffer.from((value as JsonText).text)
          checking.read(bytes, 0, bytes.length)
          target.reserve(bytes.length)
          target.end += bytes.copy(target.bytes, target.end)
        },
      }
    },
  }
}

// ------------------------------------------------------------------------------------------------------------- in

function bytesOf(serde: Serde<unknown>, value: unknown): Buffer {
  const target = {
    bytes: Buffer.alloc(256),
    end: 0,
    reserve(sizeBytes: number) {
      if (this.end + sizeBytes <= this.bytes.length) return
      const larger = Buffer.alloc(2 * (this.end + sizeBytes))
      this.bytes.copy(larger, 0, 0, this.end)
      this.bytes = larger
    },
  }
  serde.write(value, target)
  return target.bytes.subarray(0, target.end)
}

/** What the serde of that name writes, from JSON text. */
function parsedAs(name: string, source: string): unknown {
  const [, format = name, inner = ''] = /^(\w+)\((.*)\)$/s.exec(name) ?? []
  switch (format) {
    case 'json':
      return new JsonText(source)
    case 'long':
      return longOf(source)
    case 'double':
      return ['"NaN"', '"Infinity"', '"-Infinity"'].includes(source) ? Number(JSON.parse(source)) : JSON.parse(source)
    case 'bytes':
      return fromBase64(JSON.parse(source))
    case 'windowed':
      return windowOf(inner.replace(/, (\d+|unlimited)$/, ''), source, Number(/, (\d+)$/.exec(inner)?.[1] ?? Number.NaN))
    case 'session':
      return windowOf(inner, source, Number.NaN)
    default:
      return JSON.parse(source)
  }
}

function longOf(source: string): bigint {
  const value = /^-?\d+$/.test(source) ? BigInt(source) : undefined
  if (value === undefined || value < longMin || value > longMax) throw new Error(`expected a whole number of 64 bits, not ${source}`)
  return value
}

function fromBase64(json: unknown): Buffer {
  if (typeof json === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(json)) return Buffer.from(json, 'base64')
  throw new Error(`expected bytes in base64, not ${JSON.stringify(json)}`)
}

function windowOf(key: string, source: string, sizeMs: number): unknown {
  const json: unknown = JSON.parse(source)
  if (typeof json !== 'object' || json === null || !('key' in json && 'start' in json))
    throw new Error(`expected {"key": …, "start": …, "end": …}, not ${source}`)
  const start = timeOf('start', json.start)
  // The size of a window is known, so its end need not be said; that of a session has to be.
  const end = 'end' in json || Number.isNaN(sizeMs) ? timeOf('end', 'end' in json ? json.end : undefined) : start + sizeMs
  if (end !== start + sizeMs && !Number.isNaN(sizeMs))
    throw new Error(`a window that starts at ${start} ends at ${start + sizeMs}, not at ${end}`)
  return { key: parsedAs(key, memberSources(source).get('key') ?? 'null'), start, end }
}

function timeOf(name: string, json: unknown): number {
  if (typeof json === 'number' && Number.isSafeInteger(json)) return json
  throw new Error(`${name} must be milliseconds since 1970, not ${JSON.stringify(json)}`)
}
