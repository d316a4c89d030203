// Writes the apps of topologies that have passed all checks: for each a folder with the bundle, its source map, the manifest, what a container needs, and
// what others want to know: its topics (AsyncAPI) and what it is made of (CycloneDX).
// The same sources give the same bytes.

import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { costOf } from '../graph/cost/topology-cost.ts'
import { bundle, entryModule } from './bundler.ts'
import type { BuildProgress, BuildResult, BuiltTopology, CheckedTopology } from './compiler.ts'
import { configFileName } from './config-file.ts'
import { dockerfile, dockerignore, packageJson, packageLock } from './container.ts'
import { derivedModule } from './derivation.ts'
import { type Diagnostic, sortDiagnostics } from './diagnostics.ts'
import type { EmittedFiles } from './emitted-files.ts'
import { appBanner, chainsModule, entryPointSource } from './entry-point.ts'
import { bundleDiagnostic, isProblems } from './evaluate.ts'
import { formerList, listFile, listText, removeFormer } from './former-files.ts'
import { libraryFolder, packageAt, withForwardSlashes } from './library.ts'
import { completeManifest, manifestText } from './manifest-text.ts'
import { asyncApiText } from './output/asyncapi.ts'
import { chainCodesSource } from './output/chain-codes.ts'
import { sbomText } from './output/sbom.ts'
import { writeWholly } from './whole-files.ts'

export interface BuildRequest {
  readonly folder: string
  readonly topologies: readonly CheckedTopology[]
  readonly emitted: Omit<EmittedFiles, 'diagnostics'>
  readonly diagnostics: readonly Diagnostic[]
  readonly out: string
  readonly linked: boolean
  readonly onProgress: (progress: BuildProgress) => void
}

/** All bundles are made before the first file is written, and all files before the first takes its name: a failure leaves the last build as it was. */
export async function build({ folder, topologies, emitted, diagnostics, out, linked, onProgress }: BuildRequest): Promise<BuildResult> {
  const outputs: Output[] = []
  const problems: Diagnostic[] = []
  for (const topology of topologies) {
    onProgress({ stage: 'bundle', topology: topology.name })
    const output = await outputOf(folder, topology, linked ? join(out, topology.name) : null)
    if ('files' in output) outputs.push({ topology, files: new Map([...output.files, ...(emitted.files.get(topology.name) ?? [])]) })
    else problems.push(...output)
  }
  if (problems.length > 0) return { diagnostics: sortDiagnostics([...diagnostics, ...problems]), topologies: [], removed: [] }
  onProgress({ stage: 'write', topology: undefined })
  const written = new Map(
    outputs.flatMap(({ topology, files }) => [...files].map(([file, text]) => [join(topology.name, file), text] as const)),
  )
  const former = await formerList(out)
  // While one edits, types are there that were never meant: what emitters keep is kept of real builds.
  const kept = linked ? [] : [...emitted.kept].map(([file, text]) => [join(folder, file), text] as const)
  const list = [join(out, listFile), listText(written)] as const
  await writeWholly(new Map([...[...written].map(([path, text]) => [join(out, path), text] as const), list, ...kept]))
  const removed = await removeFormer(out, former, [...written.keys()])
  return { diagnostics, topologies: outputs.map((output) => builtOf(output, out)), removed }
}

interface Output {
  readonly topology: CheckedTopology
  readonly files: ReadonlyMap<string, string>
}

/** `linkedIn`: the folder of a bundle that is for this machine only. */
async function outputOf(folder: string, topology: CheckedTopology, linkedIn: string | null): Promise<Output | readonly Diagnostic[]> {
  const { derivation, evaluation } = topology
  const manifest = manifestText(topology)
  const bundled = await bundle({
    folder,
    virtual: new Map([
      [
        entryModule,
        entryPointSource({
          definition: topology.definition,
          config: existsSync(join(folder, configFileName)) ? `./${configFileName}` : null,
          manifest,
          embeddedBroker: linkedIn !== null,
        }),
      ],
      [derivedModule, derivation.serdes.moduleSource()],
      [chainsModule, chainCodesSource(evaluation.chains)],
    ]),
    rewritten: derivation.files,
    banner: appBanner,
    // In dist/<name>, whatever folder is given instead: the same sources give the same bytes.
    projectFolder: linkedIn === null ? '../../' : `${withForwardSlashes(relative(linkedIn, folder))}/`,
    linked: linkedIn !== null,
  })
  if (isProblems(bundled)) return bundled.map((problem) => bundleDiagnostic(problem, topology.span))
  const files = new Map([
    ['app.mjs', `${bundled.text}//# sourceMappingURL=app.mjs.map\n`],
    ['app.mjs.map', bundled.map],
    ['manifest.json', manifest],
  ])
  if (linkedIn === null) {
    files.set('package.json', packageJson(topology.name))
    files.set('package-lock.json', packageLock(topology.name))
    files.set('Dockerfile', dockerfile(topology.name, packageAt(libraryFolder).version))
    files.set('.dockerignore', dockerignore())
    const version = versionOf(folder)
    files.set('asyncapi.json', asyncApiText({ manifest: completeManifest(topology), version }))
    files.set(
      'sbom.cdx.json',
      sbomText({ application: topology.name, version, millrace: packageAt(libraryFolder), bundled: bundled.packages }),
    )
  }
  return { topology, files }
}

/** The project's own, which is what an app's version is. */
function versionOf(folder: string): string {
  const isPackage = existsSync(join(folder, 'package.json'))
  return (isPackage ? packageAt(folder).version : '') || '0.0.0'
}

function builtOf({ topology, files }: Output, out: string): BuiltTopology {
  const folder = join(out, topology.name)
  const sizesBytes = Object.fromEntries([...files].map(([name, text]) => [name, Buffer.byteLength(text)]))
  const { description, manifest } = topology.evaluation
  return { name: topology.name, source: topology.source, folder, sizesBytes, description, manifest, cost: costOf(manifest) }
}
