// JSON Schemas as they stand in a manifest, looked at without knowing what they are.

import { typeKeyword } from '../../framework/compiler/derive/json-schema.ts'

export type Json = unknown
export type JsonObject = Readonly<Record<string, Json>>

export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function objectOf(value: Json): JsonObject {
  return isObject(value) ? value : {}
}

export function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : []
}

export function definitionsOf(root: Json): JsonObject {
  return objectOf(objectOf(root).$defs)
}

/** The type of the program where JSON has none of its kind: Date, bigint, Uint8Array, Set or Map. */
export function programTypeOf(schema: JsonObject): string | undefined {
  const type = schema[typeKeyword]
  return typeof type === 'string' ? type : undefined
}

/** What a reference means; a schema that is none is itself. */
export function resolved(schema: Json, root: Json): Json {
  let target = schema
  const seen = new Set<Json>()
  while (isObject(target) && typeof target.$ref === 'string' && !seen.has(target)) {
    seen.add(target)
    target = target.$ref === '#' ? root : definitionsOf(root)[target.$ref.replace('#/$defs/', '')]
  }
  return target
}
