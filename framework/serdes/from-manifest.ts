// Serdes from what a manifest says of them: for tools that read or write records and have a manifest.json, but no topology. The name of a serde is its format
// and what it is of, `json(Flight)`; the manifest has the schema of what a name alone does not tell. The built-in formats come in by the door of plugins.

import { MillraceError } from '../errors.ts'
import { definePlugin } from '../plugins/define-plugin.ts'
import type { SerdeFormat, SerdeReference } from '../ports/plugin.ts'
import type { Serde } from '../ports/serde.ts'
import { changed } from './changed.ts'
import { checked, type Validator } from './checked.ts'
import { entryKey } from './entry.ts'
import { pendingRecord } from './pending-record.ts'
import { serdeParts } from './serde-name.ts'
import { bytes, double, integer, json, long, string } from './serdes.ts'
import { structuredJson } from './structured-json.ts'
import { subscription, subscriptionResponse } from './subscription.ts'
import { sessionWindowed, timeWindowed } from './windowed.ts'

/** What of a manifest is needed. */
export interface DescribedSchemas {
  readonly schemas?: Readonly<Record<string, unknown>>
}

export type SerdeFormats = Readonly<Record<string, SerdeFormat>>

/**
 * The serde that a manifest calls so: what it names as `key` and `value` of nodes and stores. `formats` are those of `serdeFormats()` and of all plugins.
 *
 * Throws `serde-format-unknown` for a format that nobody has, and `serde-schema-invalid` where a format can make nothing of the schema.
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs'
 * import { serdeFormats, serdeFromManifest } from 'millrace'
 *
 * const manifest = JSON.parse(readFileSync('dist/flight-delays/manifest.json', 'utf8'))
 * const flights = serdeFromManifest('json(Flight)', manifest, serdeFormats().serdes)
 *
 * const bytes = Buffer.from('{"origin":"DTW","delay":99}')
 * console.log(flights.read(bytes, 0, bytes.length))
 * ```
 */
export function serdeFromManifest(name: string, { schemas = {} }: DescribedSchemas, formats: SerdeFormats): Serde<unknown> {
  return make(name, undefined)

  function make(wanted: string, given: unknown): Serde<unknown> {
    const { format, type } = serdeParts(wanted)
    const part = Object.hasOwn(formats, format) ? formats[format] : undefined
    if (part === undefined)
      throw new MillraceError('serde-format-unknown', { name: wanted, format, formats: Object.keys(formats).join(', ') })
    const schema = given ?? (Object.hasOwn(schemas, wanted) ? schemas[wanted] : undefined)
    try {
      return part.serde(schema, { name: wanted, type, serde: make })
    } catch (error) {
      if (error instanceof MillraceError) throw error
      throw new MillraceError(
        'serde-schema-invalid',
        { name: wanted, problem: error instanceof Error ? error.message : String(error) },
        error,
      )
    }
  }
}

export interface BuiltInFormatOptions {
  /** Makes a validator of a JSON Schema; without it any JSON is taken. */
  readonly validatorOf?: (schema: unknown) => Validator
}

/**
 * The plugin of the formats that come with Millrace: `string`, `long`, `integer`, `double`, `bytes`, `json`, and those made of others (`windowed`, `session` and
 * what internal topics hold). A json serde of it gives what JSON.parse gives, so that what is a Date in the topology is a string here. With
 * `validatorOf` of `millrace/compiler` it reads and writes only what the schema allows.
 */
export function serdeFormats({ validatorOf }: BuiltInFormatOptions = {}) {
  const jsonOf: SerdeFormat['serde'] = (schema, { type }) => {
    if (schema === undefined && type === undefined) return structuredJson()
    const parse = schema === undefined || validatorOf === undefined ? (value: unknown) => value : checked(validatorOf(schema))
    return json({ ...(type === undefined ? {} : { name: type }), parse, format: parse })
  }
  return definePlugin({
    name: 'serdes',
    serdes: {
      bytes: fixed(bytes()),
      double: fixed(double()),
      integer: fixed(integer()),
      long: fixed(long()),
      /** With a type it is a string of which not all are allowed. What is wrong with one is for its app to say. */
      string: { serde: (_schema, { name }) => ({ ...string(), name }) },
      json: { serde: jsonOf },
      windowed: { serde: windowedOf },
      session: wrapping(sessionWindowed),
      entry: wrappingTwo(entryKey),
      pending: wrappingTwo(pendingRecord),
      changed: wrapping(changed),
      subscription: wrapping(subscription),
      subscriptionResponse: wrapping(subscriptionResponse),
    },
  })
}

function fixed<T>(serde: Serde<T>): SerdeFormat {
  return { serde: () => serde as Serde<unknown> }
}

function wrapping<T>(wrap: (serde: Serde<unknown>) => Serde<T>): SerdeFormat {
  return { serde: (schema, reference) => wrap(innerOf(schema, reference)) as Serde<unknown> }
}

function wrappingTwo<T>(wrap: (first: Serde<unknown>, second: Serde<unknown>) => Serde<T>): SerdeFormat {
  return {
    serde(schema, { type = '', serde }) {
      const [first, second] = serdeParts(`of(${type})`).types
      if (first === undefined || second === undefined) throw new Error('what it is of is not said')
      const [ofFirst, ofSecond] = Array.isArray(schema) ? (schema as readonly unknown[]) : []
      return wrap(serde(first, ofFirst ?? undefined), serde(second, ofSecond ?? undefined)) as Serde<unknown>
    },
  }
}

function windowedOf(schema: unknown, reference: SerdeReference): Serde<unknown> {
  const [, key, size] = /^(.*), (\d+|unlimited)$/s.exec(reference.type ?? '') ?? []
  if (key === undefined) throw new Error('the size of its windows is not said')
  const sizeMs = size === 'unlimited' ? Number.POSITIVE_INFINITY : Number(size)
  return timeWindowed(innerOf(schema, { ...reference, type: key }), sizeMs) as Serde<unknown>
}

/** The serde that another one is made of: its schema, if it has one of its own, is that of the other. */
function innerOf(schema: unknown, { type, serde }: SerdeReference): Serde<unknown> {
  if (type === undefined) throw new Error('what it is of is not said')
  return serde(type, schema)
}
