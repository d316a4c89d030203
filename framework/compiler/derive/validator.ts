// Validators as source text: ajv compiles each JSON Schema at build time, so that the bundle holds plain functions and no schema compiler.

import { _, Ajv2020, Name, type Options } from 'ajv/dist/2020.js'
import standaloneModule from 'ajv/dist/standalone/index.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import type { Validator } from '../../serdes/checked.ts'
import { dateFormat, type JsonSchema, typeKeyword } from './json-schema.ts'
import { stringFormats } from './string-formats.ts'

// ajv is CommonJS: its default export is a member of what Node imports.
const standaloneCode = standaloneModule.default

// RFC 3339 with what Date.toJSON() writes; whether the day exists is seen when the Date is made.
const dateTime = /^(?:\d{4}|[+-]\d{6})-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** Names that the text of validators takes as given: `formats` of millrace/formats, `validation` of millrace/serdes. */
const formatsName = '$formats'
const validationName = '$validation'

export interface ValidatorSource {
  readonly text: string
  /** Whether the text takes `$formats` as given; `$validation` it always does. */
  readonly needsFormats: boolean
}

/** ES module text that exports a validator under each of the names. */
export function validatorSource(schemas: ReadonlyMap<string, JsonSchema>): ValidatorSource {
  if (schemas.size === 0) return { text: '', needsFormats: false }
  const code = { source: true, esm: true, lines: true, optimize: true, formats: _`${new Name(formatsName)}` }
  const ajv = new Ajv2020({ ...optionsFor([...schemas.values()]), code })
  const ids: Record<string, string> = {}
  for (const [name, schema] of schemas) {
    ids[name] = `millrace:${name}`
    ajv.addSchema(schema, ids[name])
  }
  const text = ownRuntime(standaloneCode(ajv, ids)).replace('"use strict";', '')
  return { text, needsFormats: text.includes(formatsName) }
}

/** The two functions that a validator would require of ajv are ours. */
function ownRuntime(source: string): string {
  const own = source
    .replaceAll('require("ajv/dist/runtime/ucs2length").default', `${validationName}.lengthOf`)
    .replaceAll('require("ajv/dist/runtime/equal").default', `${validationName}.areEqual`)
  if (own.includes('require(')) throw new Error('a validator would need ajv at run time; a keyword is used that is not self-contained')
  return own
}

/** The same validator made at once, for tools that have the schema of a manifest: `serdeFormats({ validatorOf })`. */
export function validatorOf(schema: unknown): Validator {
  return new Ajv2020(optionsFor([schema])).compile(schema as JsonSchema) as Validator
}

function optionsFor(schemas: readonly unknown[]): Options {
  const named = stringFormats.map((name) => [name, fullFormats[name]] as const)
  return {
    formats: { ...Object.fromEntries(named), [dateFormat]: dateTime },
    discriminator: true,
    keywords: [typeKeyword],
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    // Constraints stand beside unions and references, where they are for the values of their kind.
    strictTypes: false,
    // 0.07 is a multiple of 0.01.
    multipleOfPrecision: 9,
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
