// Generated clients as their users have them: the text for a manifest, loaded as a module.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { transform } from 'esbuild'
import { onTestFinished } from 'vitest'
import { clientFile } from '../../cli/client/client-file.ts'
import type { Manifest, ManifestStore } from '../../framework/graph/manifest.ts'

export interface LoadedClient {
  readonly stores: Readonly<Record<string, LoadedStore>>
  describe(): Promise<readonly { readonly name: string }[]>
}

type Ask = (...args: readonly unknown[]) => Promise<unknown>
type Walk = (...args: readonly unknown[]) => AsyncIterable<unknown> & { toArray(): Promise<unknown[]>; first(): Promise<unknown> }

/** All that stores of any kind have. */
export interface LoadedStore {
  readonly get: Ask
  readonly row: Ask
  readonly range: Walk
  readonly all: Walk
  readonly prefix: Walk
  readonly windows: Walk
  readonly sessions: Walk
  readonly versions: Walk
}

export type MakeClient = (options: {
  readonly url: string | readonly string[]
  readonly token?: string | (() => string)
  readonly retryMs?: number
  readonly fetch?: (url: string) => Promise<Response>
}) => LoadedClient

export function manifestWith(stores: readonly Partial<ManifestStore>[], schemas: Readonly<Record<string, unknown>> = {}): Manifest {
  const whole = stores.map(
    (store): ManifestStore => ({
      name: 'rows',
      kind: 'keyValue',
      key: 'string',
      value: 'json',
      persistent: true,
      caching: true,
      changelog: null,
      ...store,
    }),
  )
  return {
    version: 1,
    topology: 'tried-out',
    naming: 'variables',
    subTopologies: [],
    nodes: [],
    stores: whole,
    repartitionTopics: [],
    coPartitioned: [],
    schemas,
  }
}

/** The one function of the file that makes a client. */
export async function loadClient(manifest: Manifest): Promise<MakeClient> {
  const { code } = await transform(clientFile(manifest) ?? '', { loader: 'ts', format: 'esm', target: 'es2022' })
  const path = join(clientFolder(), 'client.mjs')
  writeFileSync(path, code)
  const module = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Readonly<Record<string, MakeClient>>
  const [name] = Object.keys(module).filter((exported) => /^[a-z].*Client$/.test(exported))
  return module[name!]!
}

/** Removed when the test ends. */
export function clientFolder(): string {
  const cache = join(resolve(import.meta.dirname, '..', '..'), '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'client-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
