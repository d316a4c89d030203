// Whether what one serde has written another one reads, by the names and schemas that manifests have of them.

import type { Manifest } from '../manifest.ts'
import { type RenamedMember, renamedMember } from './renamed-member.ts'
import { bytesProblem, type SchemaChange, schemaChange } from './schema-change.ts'

export type SerdeChange =
  | SchemaChange
  /** Other bytes altogether. */
  | { readonly kind: 'format'; readonly problem: string }

type Schemas = Pick<Manifest, 'schemas'>

/** The same of keys, by whose bytes rows are found: it is not enough that the old ones can be read, they must be written as they were. */
export function keySerdeChange(before: string, after: string, old: Schemas, now: Schemas): SerdeChange {
  const found = serdeChange(before, after, old, now)
  if (found.kind !== 'wider') return found
  const problem = bytesProblem(schemaOfKey(before, old), schemaOfKey(after, now))
  return problem === null ? found : { kind: 'narrower', problem }
}

/** Of values that one serde has written and another one reads: a member that looks renamed. */
export function renamedIn(before: string, after: string, old: Schemas, now: Schemas): RenamedMember | undefined {
  return renamedMember(schemaOf(before, partsOf(before).format, old), schemaOf(after, partsOf(after).format, now))
}

/** Of a windowed key that of the key in it. */
function schemaOfKey(name: string, schemas: Schemas): unknown {
  const { format, argument } = partsOf(name)
  return /windowed/i.test(format) ? schemaOfKey(splitLast(argument)[0], schemas) : schemaOf(name, format, schemas)
}

export function serdeChange(before: string, after: string, old: Schemas, now: Schemas): SerdeChange {
  const [from, to] = [partsOf(before), partsOf(after)]
  if (from.format !== to.format) return { kind: 'format', problem: `it was ${before}, and is ${after}` }
  if (/windowed/i.test(from.format)) {
    const [inner, size] = splitLast(from.argument)
    const [innerNow, sizeNow] = splitLast(to.argument)
    return size === sizeNow
      ? serdeChange(inner, innerNow, old, now)
      : { kind: 'format', problem: `its windows were of ${size} ms, and are of ${sizeNow} ms` }
  }
  const [schema, schemaNow] = [schemaOf(before, from.format, old), schemaOf(after, to.format, now)]
  if (from.format === 'json' || from.format === 'string') return schemaChange(schema, schemaNow)
  if (JSON.stringify(schema) === JSON.stringify(schemaNow) && (schema !== undefined || before === after)) return { kind: 'same' }
  return { kind: 'narrower', problem: `it is another ${from.format}, and how those go together is not known here` }
}

function schemaOf(name: string, format: string, { schemas }: Schemas): unknown {
  const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined
  if (schema !== undefined) return schema
  // A serde without a schema takes all that its format can say.
  if (name === 'string') return { type: 'string' }
  return name === format ? {} : undefined
}

/** `json(Order)`: the format and what stands in the parentheses. */
function partsOf(name: string): { readonly format: string; readonly argument: string } {
  const open = name.indexOf('(')
  return open === -1 ? { format: name, argument: '' } : { format: name.slice(0, open), argument: name.slice(open + 1, -1) }
}

function splitLast(text: string): readonly [string, string] {
  const comma = text.lastIndexOf(', ')
  return comma === -1 ? [text, ''] : [text.slice(0, comma), text.slice(comma + 2)]
}
