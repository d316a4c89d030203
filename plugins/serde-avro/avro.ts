// The Avro serde: a schema on one side, avsc on the other. Values are read where they lie in the fetched bytes and written in place into those to send. The
// bytes are plain Avro; what a schema registry puts before them is its plugin's.

import type avsc from 'avsc'
import type { SchemaText, Serde, SerdeReader } from '../../framework/index.ts'
import type { AvroLogicalTypes } from './logical-types.ts'
import { type AvroSchema, jsonOf, parsedType, type TypeOptions } from './parsed-type.ts'
import { problemsOf } from './value-problems.ts'

export type { AvroSchema } from './parsed-type.ts'

export interface AvroOptions {
  /** The schema by which what is read was written, if it is another one: fields are matched by name, as Avro's schema resolution says. */
  readonly writerSchema?: AvroSchema
  /**
   * What a `long` is in JavaScript: a `number` (default), which fails on what is beyond ±(2^53-1) rather than round it, or a `bigint`.
   */
  readonly longs?: 'number' | 'bigint'
  /** What logical types become, by their names: `{ ...avroDates, ...avroDecimals }`. Default: the value beneath, as Avro allows. */
  readonly logicalTypes?: AvroLogicalTypes
  /**
   * What a value of a union looks like: itself (`bare`), or `{ string: 'x' }` as in Avro's JSON form (`wrapped`). Default: `bare`, but for unions whose
   * branches JavaScript cannot tell apart, such as two records or `int` and `double`.
   */
  readonly unions?: 'bare' | 'wrapped'
  /** Schemas of named types that the schema refers to and does not contain, by full name. */
  readonly references?: Readonly<Record<string, AvroSchema>>
}

/** Guess of a value's size; what is larger is written a second time. */
const sizeBytesGuess = 256

/**
 * A serde for values of an Avro schema (Avro 1.12: binary encoding, schema resolution), without header. `schema` is the schema as an object or as JSON
 * text, parsed once. Throws an Error that says what is wrong with a schema. Records come as plain data; `bytes` and `fixed` as Buffers of their own.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { avro, avroDates } from 'millrace/plugins/serde-avro'
 *
 * interface Order { id: number; item: string; at: Date }
 *
 * const orders = avro<Order>(
 *   {
 *     type: 'record',
 *     name: 'Order',
 *     fields: [
 *       { name: 'id', type: 'long' },
 *       { name: 'item', type: 'string' },
 *       { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
 *     ],
 *   },
 *   { logicalTypes: avroDates },
 * )
 *
 * export default topology('large-orders', (builder) => {
 *   builder.stream<string, Order>('orders', { value: orders }).filter((order) => order.id > 1_000).to('large-orders', { value: orders })
 * })
 * ```
 */
export function avro<T>(schema: AvroSchema, options: AvroOptions = {}): Serde<T> {
  const references = new Map(Object.entries(options.references ?? {}).map(([name, reference]) => [name, schemaText(reference)]))
  const text = schemaText(schema, references)
  const type = parsedType(text, typeOptions(options))
  const name = `avro(${type.name ?? type.typeName.replace(/^(logical|abstract):/, '')})`
  const readerFor = (writer: SchemaText | undefined): SerdeReader<T> => {
    return reader<T>(type, writer === undefined ? undefined : resolverOf(type, parsedType(writer, typeOptions(options)), name))
  }
  const { writerSchema } = options
  const { read } = readerFor(writerSchema === undefined ? undefined : schemaText(writerSchema, references))
  return {
    name,
    schema: references.size === 0 ? jsonOf(text.text) : type.schema({ exportAttrs: true }),
    immutable: false,
    read,
    write(value, target) {
      target.reserve(sizeBytesGuess)
      let end = encode(type, value, target.bytes, target.end)
      if (end < 0) {
        // avsc says how much did not fit.
        target.reserve(target.bytes.length - target.end - end)
        end = encode(type, value, target.bytes, target.end)
      }
      target.end = end
    },
    format: { ...text, typeName: type.name, prefix: new Uint8Array(0), needsWriter: true, readerFor },
  }
}

function reader<T>(type: avsc.Type, resolver: Resolver | undefined): SerdeReader<T> {
  return {
    read(bytes, start, end) {
      // A view: behind the value lie those of other records, which are none of its business.
      const { value, offset } = type.decode(bytes.subarray(start, end), 0, resolver)
      const size = end - start
      if (offset === size) return value as T
      if (offset < 0 || offset > size) throw new Error(`its ${size} bytes are fewer than the value needs`)
      throw new Error(`the value ends ${size - offset} bytes before its bytes do: they were written by another schema`)
    },
  }
}

type Resolver = ReturnType<avsc.Type['createResolver']>

function resolverOf(type: avsc.Type, writer: avsc.Type, name: string): Resolver | undefined {
  if (type.equals(writer)) return undefined
  try {
    return type.createResolver(writer)
  } catch (error) {
    const problem = error instanceof TypeError ? '' : `: ${error instanceof Error ? error.message : String(error)}`
    throw new Error(`what the schema ${writer.name ?? writer.typeName} wrote cannot be read as ${name}${problem}`, { cause: error })
  }
}

function encode(type: avsc.Type, value: unknown, bytes: Buffer, start: number): number {
  try {
    return type.encode(value, bytes, start)
  } catch (error) {
    throw new Error(problemsOf(type, value) ?? (error instanceof Error ? error.message : String(error)), { cause: error })
  }
}

function typeOptions({ longs = 'number', logicalTypes = {}, unions }: AvroOptions): TypeOptions {
  return { longs, logicalTypes, wrapUnions: unions === undefined ? 'auto' : unions === 'bare' ? 'never' : 'always' }
}

function schemaText(schema: AvroSchema, references: ReadonlyMap<string, SchemaText> = new Map()): SchemaText {
  return { language: 'AVRO', text: typeof schema === 'string' ? schema : JSON.stringify(schema), references }
}
