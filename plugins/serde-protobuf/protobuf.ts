// The Protobuf serde: a message type on one side, protobufjs on the other. The bytes are the message alone; what a schema registry puts before them is its
// plugin's.

import protobufjs from 'protobufjs'
import type { SchemaFormat, Serde } from '../../framework/index.ts'
import { FieldReader } from './field-reader.ts'
import { type MessageClass, messageClassCodec } from './message-class.ts'
import { messageAt, prefixOf } from './message-indexes.ts'
import { messageTypeCodec } from './message-type.ts'
import { type ProtobufSource, typeOfSource } from './proto-source.ts'

export interface ProtobufOptions {
  /**
   * What a field of 64 bits is in JavaScript: a `number` (default), which fails on what is beyond ±(2^53-1) rather than round it, a `bigint`, or a decimal
   * `string`. Written are numbers, bigints and strings. Not for static classes, which were generated with a choice of their own.
   */
  readonly longs?: 'number' | 'bigint' | 'string'
  /** What an enum is: the name of its value (default), or its number. Both are written. Not for static classes. */
  readonly enums?: 'name' | 'number'
  /** Whether fields that the bytes do not have come with their defaults, as empty lists, '' and 0; messages as null. Default: true. Not for static classes. */
  readonly defaults?: boolean
  /** For a type that does not come with its text: the .proto file that defines it. A schema registry needs it. */
  readonly proto?: string
  /** .proto files that it imports, by the name of the import. */
  readonly imports?: Readonly<Record<string, string>>
}

/** Makes messages of values and back. */
export interface MessageCodec {
  /** The full name, such as `shop.Order`; undefined if it is not known. */
  readonly fullName: string | undefined
  decode(reader: protobufjs.Reader, sizeBytes: number): unknown
  encode(value: unknown): Uint8Array
}

/**
 * A serde for messages of a Protobuf type: from the text of a .proto file, from a type that protobufjs has loaded, or from a class that its static generator has
 * made. With the first two a value is a plain object, with a class a message of it. Throws an Error that says what is wrong with the text.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { protobuf } from 'millrace/plugins/serde-protobuf'
 *
 * interface Order { id: number; item: string }
 *
 * const proto = `
 *   syntax = "proto3";
 *   package shop;
 *   message Order { int64 id = 1; string item = 2; }
 * `
 * const orders = protobuf<Order>({ proto, type: 'shop.Order' })
 *
 * export default topology('large-orders', (builder) => {
 *   builder.stream<string, Order>('orders', { value: orders }).filter((order) => order.id > 1_000).to('large-orders', { value: orders })
 * })
 * ```
 */
export function protobuf<T>(message: ProtobufSource | protobufjs.Type | MessageClass<T>, options: ProtobufOptions = {}): Serde<T> {
  const codec = codecOf(message, options)
  const { fullName } = codec
  const cursor = new FieldReader(options.longs ?? 'number')
  const serde: Serde<T> = {
    name: `protobuf(${fullName ?? 'message'})`,
    immutable: false,
    read: (bytes, start, end) => cursor.between(bytes, start, end, () => codec.decode(cursor, end - start) as T),
    write(value, target) {
      const bytes = codec.encode(value)
      target.reserve(bytes.length)
      target.bytes.set(bytes, target.end)
      target.end += bytes.length
    },
  }
  const source = 'proto' in message ? message : options
  if (source.proto === undefined || fullName === undefined) return serde
  const { proto, imports = {} } = source
  return { ...serde, schema: { proto, type: fullName, imports }, format: format(serde, proto, imports, fullName) }
}

function format<T>(serde: Serde<T>, proto: string, imports: Readonly<Record<string, string>>, fullName: string): SchemaFormat<T> {
  const { read } = serde
  const references = Object.entries(imports).map(([file, text]) => [file, { language: 'PROTOBUF', text, references: new Map() }] as const)
  return {
    language: 'PROTOBUF',
    text: proto,
    references: new Map(references),
    typeName: fullName,
    prefix: prefixOf(proto, fullName),
    needsWriter: true,
    readerFor(writer) {
      // In each version of the file the message may stand elsewhere.
      const text = writer?.text ?? proto
      const prefix = prefixOf(text, fullName)
      return {
        read(bytes, start, end) {
          const at = start + prefix.length
          if (at <= end && prefix.every((byte, index) => bytes[start + index] === byte)) return read(bytes, at, end)
          throw new Error(`it is ${messageAt(text, bytes, start, end)}, and no ${fullName}`)
        },
      }
    },
  }
}

function codecOf<T>(message: ProtobufSource | protobufjs.Type | MessageClass<T>, options: ProtobufOptions): MessageCodec {
  if (message instanceof protobufjs.Type) return messageTypeCodec(message, options)
  if ('proto' in message) return messageTypeCodec(typeOfSource(message), options)
  return messageClassCodec(message)
}
