// From the text of a schema to avsc's type, with longs and logical types as the options want them.

import avsc from 'avsc'
import type { SchemaText } from '../../framework/index.ts'
import { bigintLong, checkedTypes, numberLong } from './checked-types.ts'
import { type AvroLogicalTypes, logicalTypeClass } from './logical-types.ts'

/** A schema as JSON text, or as what the text stands for. */
export type AvroSchema = string | Readonly<Record<string, unknown>> | readonly unknown[]

export interface TypeOptions {
  readonly longs: 'number' | 'bigint'
  readonly logicalTypes: AvroLogicalTypes
  readonly wrapUnions: 'auto' | 'never' | 'always'
}

/** References are parsed first, each once, in the same names as what refers to them. Throws an Error that says what is wrong. */
export function parsedType(schema: SchemaText, options: TypeOptions): avsc.Type {
  const long = options.longs === 'bigint' ? bigintLong : numberLong
  const registry: Record<string, avsc.Type> = { long }
  const classes = Object.entries(options.logicalTypes).map(([name, logical]) => [name, logicalTypeClass(name, logical, options.longs)])
  const forSchemaOptions = {
    registry,
    logicalTypes: Object.fromEntries(classes),
    wrapUnions: options.wrapUnions,
    omitRecordMethods: true,
    typeHook: checkedTypes(long),
  } satisfies Parameters<typeof avsc.Type.forSchema>[1]
  const parse = ({ text, references }: SchemaText): avsc.Type => {
    for (const [name, reference] of references) if (registry[name] === undefined) parse(reference)
    try {
      return avsc.Type.forSchema(jsonOf(text), forSchemaOptions)
    } catch (error) {
      throw new Error(`the Avro schema ${shortened(text)} is wrong: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }
  return parse(schema)
}

/** A bare name of a type is its schema too, though no JSON. */
export function jsonOf(text: string): Parameters<typeof avsc.Type.forSchema>[0] {
  return /^\s*[[{"]/.test(text) ? JSON.parse(text) : text.trim()
}

const shownLengthMax = 80

function shortened(text: string): string {
  return text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}...` : text
}
