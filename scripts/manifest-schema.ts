// The JSON Schema of manifest.json, from the type of manifests, by the compiler's own derivation.

import { join } from 'node:path'
import { Project } from 'ts-morph'
import { jsonSchema } from '../framework/compiler/derive/json-schema.ts'
import { schemaOfType } from '../framework/compiler/derive/shape-of-type.ts'

export const manifestSchemaFile = 'schemas/manifest.schema.json'

/** What a plugin's serde has as its schema is any JSON. */
const manifestFile = `
import type { Manifest } from './manifest.ts'
type Json = string | number | boolean | null | Json[] | { [name: string]: Json }
export interface ManifestFile extends Omit<Manifest, 'schemas'> {
  readonly $schema?: string
  /** What serdes have as their schema, and the JSON Schemas that the compiler derived, by the names of the serdes. */
  readonly schemas: { readonly [serde: string]: Json }
}
`

export function manifestSchemaText(root: string): string {
  const project = new Project({ tsConfigFilePath: join(root, 'tsconfig.json'), skipAddingFilesFromTsConfig: true })
  const file = project.createSourceFile(join(root, 'framework/graph/manifest-file.ts'), manifestFile)
  const type = file.getInterfaceOrThrow('ManifestFile').getType().compilerType
  const program = project.getProgram().compilerObject
  const derived = schemaOfType(type, { property: 'manifest', method: 'build()' }, { program, checker: program.getTypeChecker() })
  if (derived.kind === 'problems') throw new Error(JSON.stringify(derived.problems.map(({ code, details }) => [code, details])))
  const { $schema, ...schema } = jsonSchema({ ...derived.schema, name: 'The manifest of a Millrace topology' })
  return `${JSON.stringify({ $schema, $id: 'urn:millrace:manifest:1', ...schema }, null, 2)}\n`
}
