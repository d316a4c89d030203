// Validators as source text: ajv compiles each JSON Schema at build time, so that the bundle holds plain functions and no schema compiler.

import { Ajv2020, type Options } from 'ajv/dist/2020.js'
import standaloneModule from 'ajv/dist/standalone/index.js'
import type { Validator } from '../../serdes/checked.ts'
import type { JsonSchema } from './json-schema.ts'

// ajv is CommonJS: its default export is a member of what Node imports.
const standaloneCode = standaloneModule.default

// RFC 3339 with what Date.toJSON() writes; whether the day exists is seen when the Date is made.
const dateTime = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** ES module text that exports a validator under each of the names. */
export function validatorSource(schemas: ReadonlyMap<string, JsonSchema>): string {
  if (schemas.size === 0) return ''
  const ajv = new Ajv2020({ ...optionsFor([...schemas.values()]), code: { source: true, esm: true, lines: true, optimize: true } })
  const ids: Record<string, string> = {}
  for (const [name, schema] of schemas) {
    ids[name] = `millrace:${name}`
    ajv.addSchema(schema, ids[name])
  }
  const source = standaloneCode(ajv, ids)
  if (source.includes('require(')) throw new Error('a validator would need ajv at run time; a keyword is used that is not self-contained')
  return source.replace('"use strict";', '')
}

/** The same validator made at once, for tools that have the schema of a manifest: `serdeFormats({ validatorOf })`. */
export function validatorOf(schema: unknown): Validator {
  return new Ajv2020(optionsFor([schema])).compile(schema as JsonSchema) as Validator
}

function optionsFor(schemas: readonly unknown[]): Options {
  return {
    formats: { 'date-time': dateTime },
    discriminator: true,
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    // Slower, so only where a member is called as one that every object inherits: a missing `constructor` would seem to be there.
    ownProperties: namesInherited(schemas),
    // An array of fixed length with open ends is what a tuple with a rest element is.
    strictTuples: false,
  }
}

function namesInherited(schemas: readonly unknown[]): boolean {
  const text = JSON.stringify(schemas)
  return Object.getOwnPropertyNames(Object.prototype).some((name) => text.includes(`"${name}"`))
}
