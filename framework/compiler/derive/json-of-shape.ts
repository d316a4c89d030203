// Whether JSON is of a shape, for the defaults of members: by the same schema that validators are made from.

import { checked } from '../../serdes/checked.ts'
import { jsonSchema } from './json-schema.ts'
import type { Definitions, Json, Shape } from './shape.ts'
import { validatorOf } from './validator.ts'

/** What is wrong with it; undefined if nothing is. */
export function problemOfJson(json: Json, shape: Shape, { root, definitions }: Definitions): string | undefined {
  // The shape stands in for the root of a schema that may refer to its own root.
  const all = new Map([...definitions, [defaultName, shape]])
  const schema = jsonSchema({ name: defaultName, root, definitions: all }, { forValidator: true })
  const { $ref: _, ...others } = schema
  const of = { $schema: schema.$schema, $defs: { root: others, ...(schema.$defs as object) }, $ref: `#/$defs/${defaultName}` }
  const text = JSON.stringify(of).replaceAll('"$ref":"#"', '"$ref":"#/$defs/root"')
  try {
    checked(validatorOf(JSON.parse(text)))(json)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const defaultName = 'default of a member'
