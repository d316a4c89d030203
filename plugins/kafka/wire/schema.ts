// A small language that describes a Kafka message once, for reading and for writing, on both sides of a connection:
//
//   const heartbeatRequest = struct({
//     groupId: string,                              in all versions
//     groupInstanceId: since(3, nullable(string)),  absent before version 3: not written, and read as its default
//     members: between(3, 5, array(struct({ … }))),
//     reason: tagged(0, since(5, string, '?')),     a tagged field, with a default other than the type's own
//   })
//   type Heartbeat = Value<typeof heartbeatRequest>  what reading gives
//
// Fields stand in the order of the wire. `string`, `bytes`, `records` and `array` take their compact form in flexible versions, and each
// struct then ends with its tagged fields; unknown tags are skipped. In what is written a field may be left out if it has a default:
// all that is absent in some version, or tagged.

import { malformed, type WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

export interface Format {
  readonly version: number
  readonly flexible: boolean
}

/** How a value of one type travels. `In` is what may be written, `Out` what reading gives. */
export interface WireType<In, Out = In> {
  /** What a field has in versions without it. */
  readonly zero: Out
  read(reader: WireReader, format: Format): Out
  write(writer: WireWriter, value: In, format: Format): void
}

interface Field<In, Out, Optional extends boolean> {
  readonly kind: 'field'
  readonly type: WireType<In, Out>
  readonly from: number
  readonly to: number
  readonly tag: number | undefined
  readonly fallback: Out
  readonly optional: Optional
}

/** Whatever type: what it reads is unknown, and nothing can be written as it. */
type AnyType = WireType<never, unknown>
type AnyField = Field<never, unknown, boolean>
type Fields = Readonly<Record<string, AnyType | AnyField>>

type TypeIn<T> = T extends { write(writer: WireWriter, value: infer In, format: Format): void } ? In : never
type TypeOut<T> = T extends { read(reader: WireReader, format: Format): infer Out } ? Out : never
type InOf<F> = F extends { readonly kind: 'field'; readonly type: infer T } ? TypeIn<T> : TypeIn<F>
type OutOf<F> = F extends { readonly kind: 'field'; readonly type: infer T } ? TypeOut<T> : TypeOut<F>
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends { readonly optional: true } ? K : never }[keyof F]

type StructIn<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: InOf<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: InOf<F[K]> | undefined
}
type StructOut<F extends Fields> = { readonly [K in keyof F]: OutOf<F[K]> }

/** What reading a type gives. */
export type Value<T> = OutOf<T>
/** What may be written as a type. */
export type Input<T> = InOf<T>

// ---------------------------------------------------------------------------------------------------------------- fields

/** In this version and later ones; `fallback` stands for it before. */
export function since<In, Out>(from: number, type: WireType<In, Out>, fallback?: Out): Field<In, Out, true> {
  return between(from, Number.POSITIVE_INFINITY, type, fallback)
}

/** In versions `from` to `to`, both included. */
export function between<In, Out>(from: number, to: number, type: WireType<In, Out>, fallback?: Out): Field<In, Out, true> {
  return { kind: 'field', type, from, to, tag: undefined, fallback: fallback === undefined ? type.zero : fallback, optional: true }
}

/** In the tagged part of flexible versions; not written while it has its default. */
export function tagged<In, Out>(tag: number, field: Field<In, Out, true>): Field<In, Out, true> {
  return { ...field, tag }
}

export function struct<F extends Fields>(fields: F): WireType<StructIn<F>, StructOut<F>> {
  const all = Object.entries(fields).map(([name, field]) => ({ name, field: asField(field) }))
  const plain = all.filter(({ field }) => field.tag === undefined)
  const byTag = all.filter(({ field }) => field.tag !== undefined).sort((left, right) => left.field.tag! - right.field.tag!)
  return {
    get zero() {
      return Object.fromEntries(all.map(({ name, field }) => [name, field.fallback])) as StructOut<F>
    },
    read(reader, format) {
      const value: Record<string, unknown> = {}
      for (const { name, field } of plain) {
        value[name] = isIn(field, format.version) ? field.type.read(reader, format) : field.fallback
      }
      for (const { name, field } of byTag) value[name] = field.fallback
      if (format.flexible) readTagged(reader, format, byTag, value)
      return value as StructOut<F>
    },
    write(writer, value, format) {
      // StructIn says of each value that its field can write it.
      const given = value as Readonly<Record<string, never>>
      for (const { name, field } of plain) {
        if (!isIn(field, format.version)) continue
        const item = given[name] === undefined ? (field.fallback as never) : given[name]
        field.type.write(writer, item, format)
      }
      if (format.flexible) writeTagged(writer, format, byTag, given)
    },
  }
}

interface NamedField {
  readonly name: string
  readonly field: AnyField
}

function asField(field: AnyType | AnyField): AnyField {
  if ('kind' in field) return field
  return { kind: 'field', type: field, from: 0, to: Number.POSITIVE_INFINITY, tag: undefined, fallback: field.zero, optional: false }
}

function isIn(field: AnyField, version: number): boolean {
  return version >= field.from && version <= field.to
}

function readTagged(reader: WireReader, format: Format, fields: readonly NamedField[], value: Record<string, unknown>): void {
  for (let left = reader.unsignedVarint(); left > 0; left--) {
    const tag = reader.unsignedVarint()
    const sizeBytes = reader.unsignedVarint()
    const known = fields.find(({ field }) => field.tag === tag && isIn(field, format.version))
    const end = reader.position + sizeBytes
    if (known !== undefined) value[known.name] = known.field.type.read(reader, format)
    else reader.view(sizeBytes)
    if (reader.position !== end) throw malformed(`tagged field ${tag} has not the size it announces`)
  }
}

function writeTagged(writer: WireWriter, format: Format, fields: readonly NamedField[], given: Readonly<Record<string, never>>): void {
  const present = fields.filter(({ name, field }) => {
    return isIn(field, format.version) && given[name] !== undefined && given[name] !== field.fallback
  })
  writer.unsignedVarint(present.length)
  for (const { name, field } of present) {
    const content = new WireWriter(64)
    field.type.write(content, given[name], format)
    writer.unsignedVarint(field.tag!)
    writer.unsignedVarint(content.end)
    writer.raw(content.written())
  }
}

// ----------------------------------------------------------------------------------------------------------------- types

export const boolean: WireType<boolean> = {
  zero: false,
  read: (reader) => reader.boolean(),
  write: (writer, value) => writer.boolean(value),
}
export const int8: WireType<number> = { zero: 0, read: (reader) => reader.int8(), write: (writer, value) => writer.int8(value) }
export const int16: WireType<number> = { zero: 0, read: (reader) => reader.int16(), write: (writer, value) => writer.int16(value) }
export const int32: WireType<number> = { zero: 0, read: (reader) => reader.int32(), write: (writer, value) => writer.int32(value) }
export const int64: WireType<number> = { zero: 0, read: (reader) => reader.int64(), write: (writer, value) => writer.int64(value) }
export const uuid: WireType<string> = {
  zero: 'AAAAAAAAAAAAAAAAAAAAAA',
  read: (reader) => reader.uuid(),
  write: (writer, value) => writer.uuid(value),
}

/** A type that has a form for null; `nullable` lets it through. */
interface NullableType<In, Out> extends WireType<In, Out> {
  readOrNull(reader: WireReader, format: Format): Out | null
  writeNull(writer: WireWriter, format: Format): void
}

export const string: NullableType<string, string> = {
  zero: '',
  read: (reader, format) => notNull(string.readOrNull(reader, format), 'string'),
  readOrNull(reader, format) {
    const sizeBytes = format.flexible ? reader.unsignedVarint() - 1 : reader.int16()
    return sizeBytes < 0 ? null : reader.text(sizeBytes)
  },
  write(writer, value, format) {
    const sizeBytes = Buffer.byteLength(value)
    if (format.flexible) writer.unsignedVarint(sizeBytes + 1)
    else writer.int16(sizeBytes)
    writer.reserve(sizeBytes)
    writer.end += writer.bytes.utf8Write(value, writer.end, sizeBytes)
  },
  writeNull: (writer, format) => (format.flexible ? writer.unsignedVarint(0) : writer.int16(-1)),
}

export const bytes: NullableType<Uint8Array, Buffer> = {
  zero: Buffer.alloc(0),
  read: (reader, format) => notNull(bytes.readOrNull(reader, format), 'bytes'),
  readOrNull(reader, format) {
    const sizeBytes = readLength(reader, format)
    return sizeBytes < 0 ? null : reader.view(sizeBytes)
  },
  write(writer, value, format) {
    writeLength(writer, value.length, format)
    writer.raw(value)
  },
  writeNull: (writer, format) => writeLength(writer, -1, format),
}

/** Record batches: read as one view of the message, written from pieces as they lie in a log or in a producer. */
export const records: NullableType<readonly Uint8Array[] | Uint8Array, Buffer> = {
  zero: Buffer.alloc(0),
  read: (reader, format) => bytes.read(reader, format),
  readOrNull: (reader, format) => bytes.readOrNull(reader, format),
  write(writer, value, format) {
    const pieces = value instanceof Uint8Array ? [value] : value
    const sizeBytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    writeLength(writer, sizeBytes, format)
    for (const piece of pieces) writer.attach(piece)
  },
  writeNull: (writer, format) => bytes.writeNull(writer, format),
}

export function array<In, Out>(item: WireType<In, Out>): NullableType<readonly In[], readonly Out[]> {
  const type: NullableType<readonly In[], readonly Out[]> = {
    zero: [],
    read: (reader, format) => notNull(type.readOrNull(reader, format), 'array'),
    readOrNull(reader, format) {
      const length = readLength(reader, format)
      if (length < 0) return null
      // Each item has a byte at least, so that a nonsensical length ends here and not in memory.
      if (length > reader.remaining) throw malformed(`an array of ${length} items in ${reader.remaining} bytes`)
      const items: Out[] = []
      for (let left = length; left > 0; left--) items.push(item.read(reader, format))
      return items
    },
    write(writer, value, format) {
      writeLength(writer, value.length, format)
      for (const one of value) item.write(writer, one, format)
    },
    writeNull: (writer, format) => writeLength(writer, -1, format),
  }
  return type
}

/** May be null from version `from` on. */
export function nullable<In, Out>(type: NullableType<In, Out>, from = 0): WireType<In | null, Out | null> {
  return {
    zero: null,
    read: (reader, format) => (format.version >= from ? type.readOrNull(reader, format) : type.read(reader, format)),
    write(writer, value, format) {
      if (value !== null) type.write(writer, value, format)
      else if (format.version >= from) type.writeNull(writer, format)
      else throw new RangeError(`null cannot be written before version ${from}`)
    },
  }
}

function readLength(reader: WireReader, format: Format): number {
  return format.flexible ? reader.unsignedVarint() - 1 : reader.int32()
}

function writeLength(writer: WireWriter, length: number, format: Format): void {
  if (format.flexible) writer.unsignedVarint(length + 1)
  else writer.int32(length)
}

function notNull<T>(value: T | null, what: string): T {
  if (value === null) throw malformed(`null where a ${what} is due`)
  return value
}
