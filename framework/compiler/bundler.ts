// esbuild with one rule of its own: no path of this machine gets into the output. Each module has a neutral name (`app:topologies/flights.ts`,
// `millrace:framework/runtime/main.js`, `npm:kafkajs@2.2.4/index.js`), so a project gives the same bytes in whatever folder it lies.

import { readFile } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type BuildFailure,
  build,
  type Loader,
  type Message,
  type Metafile,
  type OnLoadResult,
  type OnResolveArgs,
  type OnResolveResult,
  type Plugin,
} from 'esbuild'
import { withForwardSlashes } from './library.ts'
import { type ModuleName, ModuleNames, namespaces } from './module-names.ts'
import type { BundledPackage } from './output/sbom.ts'
import type { RewrittenFile } from './rewrite.ts'

export interface BundleRequest {
  readonly folder: string
  /** Modules that exist as text only, by the name they are imported by; `entry` is where the bundle begins. */
  readonly virtual: ReadonlyMap<string, string>
  /** Files of the project to take instead of what is on disk, by absolute path. */
  readonly rewritten: ReadonlyMap<string, RewrittenFile>
  /** Text before the first statement. */
  readonly banner: string
  /** How the project's folder is reached from where the bundle will lie: `../../`. */
  readonly projectFolder: string
  /** Millrace's own modules are not taken in but imported from where they are installed: ten times faster, and good for this machine only. */
  readonly linked: boolean
}

export interface Bundle {
  readonly text: string
  /** A source map as JSON. */
  readonly map: string
  /** npm packages with code in it, by name. */
  readonly packages: readonly BundledPackage[]
}

export interface BundleProblem {
  readonly text: string
  /** The file as esbuild names it, and the place in it, if there is one. */
  readonly place: { readonly module: string; readonly line: number; readonly column: number } | undefined
}

export const entryModule = 'millrace:entry'

export async function bundle(request: BundleRequest): Promise<Bundle | readonly BundleProblem[]> {
  const names = new ModuleNames(request.folder)
  try {
    const result = await build({
      entryPoints: [entryModule],
      bundle: true,
      write: false,
      metafile: true,
      outfile: join(request.folder, 'bundle.mjs'),
      absWorkingDir: request.folder,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'external',
      sourcesContent: true,
      banner: { js: request.banner },
      legalComments: 'eof',
      logLevel: 'silent',
      tsconfig: join(request.folder, 'tsconfig.json'),
      plugins: [neutralModules(request, names)],
    })
    const [map, code] = ['.map', '.mjs'].map((end) => result.outputFiles.find((file) => file.path.endsWith(end)))
    if (map === undefined || code === undefined) throw new Error('esbuild gave no bundle')
    return { text: code.text, map: fromBundle(map.text, request.projectFolder), packages: packagesIn(result.metafile, names) }
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    return error.errors.map(problemOf)
  }
}

function packagesIn({ outputs }: Metafile, names: ModuleNames): BundledPackage[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs))
  const modules = inputs.filter(([module, { bytesInOutput }]) => bytesInOutput > 0 && module.startsWith('npm:'))
  const found = new Map(modules.map(([module]) => [module.replace(/^npm:((?:@[^/]+\/)?[^/]+)\/.*$/, '$1'), module] as const))
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, module]) => names.packageWith({ namespace: 'npm', path: module.slice('npm:'.length) }) ?? [])
}

/** In the source map the project's files stand as seen from the bundle; all others keep the name of their namespace. */
function fromBundle(map: string, projectFolder: string): string {
  const parsed = JSON.parse(map) as { sources: string[] }
  const sources = parsed.sources.map((source) => (/^(?!app:)\w+:/.test(source) ? source : `${projectFolder}${source.replace(/^app:/, '')}`))
  return JSON.stringify({ ...parsed, sources })
}

/** `<importer> <path>` of what a library asks for only in functions that nobody calls here: sketches in Protocol Buffers, which would take protobufjs along. */
const neverAskedFor = /@datadog\/sketches-js\S* \.\.?\/proto\/compiled$/

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.json': 'json',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
}

function neutralModules(request: BundleRequest, names: ModuleNames): Plugin {
  const alreadyAsked = Symbol('resolution by esbuild itself')
  return {
    name: 'millrace-neutral-modules',
    setup(context) {
      context.onResolve({ filter: /.*/ }, async (args: OnResolveArgs): Promise<OnResolveResult | undefined> => {
        if (args.pluginData === alreadyAsked) return undefined
        if (request.virtual.has(args.path)) return { path: args.path, namespace: 'virtual' }
        if (neverAskedFor.test(`${args.importer} ${args.path}`)) return { path: args.path, external: true }
        const importer = names.fileOf({ namespace: args.namespace, path: args.importer }) ?? args.importer
        const resolveDir = args.resolveDir === '' ? request.folder : args.resolveDir
        const path = args.path.startsWith('file:') ? fileURLToPath(args.path) : args.path
        const found = await context.resolve(path, { importer, resolveDir, kind: args.kind, with: args.with, pluginData: alreadyAsked })
        if (found.errors.length > 0) return { errors: found.errors }
        if (found.external || found.namespace !== 'file') return found
        const name = names.nameOf(found.path)
        if (request.linked && name.namespace === 'millrace') return { path: pathToFileURL(found.path).href, external: true }
        return { ...name, sideEffects: found.sideEffects }
      })
      for (const namespace of namespaces) {
        context.onLoad({ filter: /.*/, namespace }, ({ path }) => load({ namespace, path }, names, request))
      }
    },
  }
}

async function load(module: ModuleName, names: ModuleNames, request: BundleRequest): Promise<OnLoadResult> {
  const { namespace, path } = module
  if (namespace === 'virtual') return { contents: request.virtual.get(path) ?? '', loader: 'js', resolveDir: request.folder }
  const file = names.fileOf(module)
  if (file === undefined) throw new Error(`the module ${namespace}:${path} was never resolved`)
  const rewritten = request.rewritten.get(withForwardSlashes(file))
  const loader = loaders[extname(file)]
  if (loader === undefined) return { errors: [{ text: `A file of type ${extname(file)} cannot be bundled: ${namespace}:${path}` }] }
  const contents = rewritten === undefined ? await readFile(file, 'utf8') : `${rewritten.text}\n${inlineMap(rewritten.map)}`
  // The maps of packages lie on disk, beside files that the bundle's readers do not have.
  const text = namespace === 'app' ? contents : contents.replace(/\n\/\/# sourceMappingURL=[^\n]*\s*$/, '\n')
  return { contents: text, loader, resolveDir: dirname(file) }
}

function inlineMap(map: string): string {
  return `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors)
}

function problemOf({ text, location }: Message): BundleProblem {
  if (location === null) return { text, place: undefined }
  return { text, place: { module: location.file.replace(/^app:/, ''), line: location.line, column: location.column + 1 } }
}
