// millrace.config.ts as a value, for tools that need settings and have no bundle to read them from. Of the compiler only esbuild is loaded, so it is quick.

import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'

/**
 * What the file exports by default. The project's own files are bundled; packages are imported from where they are, so that Millrace's classes are the
 * ones that the caller knows. Rejects with what esbuild or the file itself has to say.
 */
export async function loadConfig(file: string): Promise<unknown> {
  return (await loadConfigWithFiles(file)).config
}

export interface LoadedConfig {
  readonly config: unknown
  /** The project's own files that it was read from, and the first file of each package that they import; absolute. */
  readonly files: readonly string[]
}

export async function loadConfigWithFiles(file: string): Promise<LoadedConfig> {
  const folder = dirname(file)
  const { outputFiles, metafile } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    metafile: true,
    absWorkingDir: folder,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(file).href) },
    plugins: [packagesByAddress],
  })
  const text = outputFiles[0]?.text ?? ''
  // Bytes in an address leave no file behind, and need no folder that can be written.
  const module: { default?: unknown } = await import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`)
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  const packages = imported.filter((path) => path.startsWith('file:')).map((path) => fileURLToPath(path))
  return { config: module.default, files: [...Object.keys(metafile.inputs).map((path) => join(folder, path)), ...packages] }
}

/** A module that has no place on disk finds packages by their address alone. */
const packagesByAddress: Plugin = {
  name: 'packages-by-address',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === resolving || kind === 'entry-point' || path.startsWith('node:')) return undefined
      const found = await resolve(path, { kind, resolveDir, pluginData: resolving })
      if (found.errors.length > 0 || found.external) return found
      return { path: pathToFileURL(join(found.path)).href, external: true }
    })
  },
}

const resolving = Symbol('resolving')
