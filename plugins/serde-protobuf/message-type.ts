// Messages by reflection: a value is a plain object. What protobufjs would bend into shape (a text for a number) is refused, with its place.

import protobufjs from 'protobufjs'
import type { MessageCodec, ProtobufOptions } from './protobuf.ts'

export function messageTypeCodec(type: protobufjs.Type, { longs, enums, defaults = true }: ProtobufOptions): MessageCodec {
  const conversion: protobufjs.IConversionOptions = {
    defaults,
    ...(longs === 'bigint' ? { longs: BigInt } : longs === 'string' ? { longs: String } : { longs: Number }),
    ...(enums === 'number' ? {} : { enums: String }),
  }
  return {
    fullName: type.fullName.replace(/^\./, ''),
    decode: (reader, sizeBytes) => type.toObject(type.decode(reader, sizeBytes), conversion),
    encode(value) {
      checkMessage(type, value, 'value')
      return type.encode(type.fromObject(value as Record<string, unknown>)).finish()
    },
  }
}

function checkMessage(type: protobufjs.Type, value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unexpected(path, `a message ${type.name}`, value)
  const object = value as Readonly<Record<string, unknown>>
  for (const field of type.fieldsArray) {
    const part = object[field.name]
    const place = `${path}.${field.name}`
    if (part === undefined || part === null) {
      if (field.required) throw new Error(`${place}: expected, but missing`)
    } else if (field instanceof protobufjs.MapField) checkMap(field, part, place)
    else if (field.repeated) checkList(field, part, place)
    else checkField(field, part, place)
  }
  for (const { name, fieldsArray } of type.oneofsArray) {
    const given = fieldsArray.filter((field) => object[field.name] !== undefined && object[field.name] !== null)
    if (given.length > 1) throw new Error(`${path}: ${given.map((field) => field.name).join(' and ')} are given, of ${name} one at most`)
  }
}

function checkMap(field: protobufjs.MapField, value: unknown, path: string): void {
  if (typeof value !== 'object' || Array.isArray(value)) throw unexpected(path, 'an object', value)
  for (const [key, part] of Object.entries(value as object)) checkField(field, part, `${path}.${key}`)
}

function checkList(field: protobufjs.Field, value: unknown, path: string): void {
  if (!Array.isArray(value)) throw unexpected(path, 'a list', value)
  for (const [index, item] of value.entries()) checkField(field, item, `${path}[${index}]`)
}

function checkField(field: protobufjs.FieldBase, value: unknown, path: string): void {
  const { resolvedType } = field.resolve()
  if (resolvedType instanceof protobufjs.Type) checkMessage(resolvedType, value, path)
  else if (resolvedType instanceof protobufjs.Enum) {
    const isName = typeof value === 'string' && Object.hasOwn(resolvedType.values, value)
    if (!isName && !Number.isInteger(value)) throw unexpected(path, `one of ${Object.keys(resolvedType.values).join(', ')}`, value)
  } else if (!scalars[field.type]?.(value)) throw unexpected(path, `${/^[aeiou]/.test(field.type) ? 'an' : 'a'} ${field.type}`, value)
}

const scalars: Readonly<Record<string, (value: unknown) => boolean>> = {
  double: isNumber,
  float: isNumber,
  int32: between(-0x8000_0000, 0x7fff_ffff),
  sint32: between(-0x8000_0000, 0x7fff_ffff),
  sfixed32: between(-0x8000_0000, 0x7fff_ffff),
  uint32: between(0, 0xffff_ffff),
  fixed32: between(0, 0xffff_ffff),
  int64: (value) => isLong(value, BigInt.asIntN),
  sint64: (value) => isLong(value, BigInt.asIntN),
  sfixed64: (value) => isLong(value, BigInt.asIntN),
  uint64: (value) => isLong(value, BigInt.asUintN),
  fixed64: (value) => isLong(value, BigInt.asUintN),
  bool: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  bytes: (value) => value instanceof Uint8Array,
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number'
}

function between(min: number, max: number): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max
}

/** As a safe number, a bigint or a decimal text. */
function isLong(value: unknown, fits: (bits: number, value: bigint) => bigint): boolean {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return false
  if (typeof value === 'string' && !/^-?\d+$/.test(value)) return false
  if (typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'bigint') return false
  const asBigint = BigInt(value)
  return fits(64, asBigint) === asBigint
}

const shownLengthMax = 60

function unexpected(path: string, expected: string, value: unknown): Error {
  const text =
    typeof value === 'number' || typeof value === 'bigint'
      ? String(value)
      : (JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? String(part) : part)) ?? String(value))
  return new Error(`${path}: expected ${expected}, not ${text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}...` : text}`)
}
