// Outputs of builds, and the published schemas that they are held against: our own of manifests, AsyncAPI's by its official parser, CycloneDX's.

import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Parser } from '@asyncapi/parser'
import { Ajv, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { formatDiagnostics, openProject } from '../../framework/compiler/index.ts'

export interface Output {
  readonly name: string
  readonly manifest: string
  readonly asyncapi: string
  readonly sbom: string
  readonly app: string
}

const root = join(import.meta.dirname, '../..')

/** The texts of the output folders of a project without errors. */
export async function outputsOf(project: string, out: string): Promise<Output[]> {
  const { diagnostics, topologies } = await openProject(project).build({ out })
  const errors = formatDiagnostics(diagnostics.filter(({ severity }) => severity === 'error'))
  if (errors !== '') throw new Error(errors)
  return Promise.all(
    topologies.map(async ({ name, folder }) => {
      const read = (file: string): Promise<string> => readFile(join(folder, file), 'utf8')
      return {
        name,
        manifest: await read('manifest.json'),
        asyncapi: await read('asyncapi.json'),
        sbom: await read('sbom.cdx.json'),
        app: await read('app.mjs'),
      }
    }),
  )
}

/** By the schema that is published for editors; `discriminator` is a word of OpenAPI's that ajv has to be told of. */
export function manifestValidator(): ValidateFunction {
  return new Ajv2020({ allErrors: true, discriminator: true, strictTypes: false, allowUnionTypes: true }).compile(
    JSON.parse(readFileSync(join(root, 'schemas/manifest.schema.json'), 'utf8')) as object,
  )
}

export function sbomValidator(): ValidateFunction {
  const folder = join(dirname(createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library/package.json')), 'res/schema')
  const schema = (name: string): object => JSON.parse(readFileSync(join(folder, `${name}.SNAPSHOT.schema.json`), 'utf8')) as object
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
  ajvFormats.default(ajv)
  for (const name of ['spdx', 'jsf-0.82']) ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`)
  return ajv.compile(schema('bom-1.6'))
}

/** What the official parser has to say against a document. */
export async function asyncApiErrors(text: string): Promise<string[]> {
  const { diagnostics } = await new Parser().parse(text)
  return diagnostics.filter(({ severity }) => severity === 0).map(({ message, path }) => `${path.join('.')}: ${message}`)
}
