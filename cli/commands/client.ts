// millrace client: a typed client for the stores of a topology, as one TypeScript file.

import { existsSync } from 'node:fs'
import type { Manifest } from '../../framework/graph/manifest.ts'
import { didYouMean } from '../../framework/runtime/did-you-mean.ts'
import { manifestsAt } from '../manifests.ts'
import { Args, Command, Errors, Flags } from '../oclif.ts'
import { printDiagnostics } from '../print-diagnostics.ts'
import { withProgress } from '../progress.ts'

export class Client extends Command {
  static override summary = 'Write a typed client for the stores of a topology.'
  static override description =
    'One TypeScript file that imports nothing: a method for each question that a running app answers (docs/state-queries.md), with the types of keys and values, so that what is a Date in the topology is a Date for ' +
    'its reader. The same topology gives the same file: commit it, and make it anew when the topology changes. Made of a manifest.json, also of one that came with a container, or of a topology of this project.'
  static override examples = [
    '<%= config.bin %> client flight-delays --out src/flight-delays-client.ts',
    '<%= config.bin %> client dist/flight-delays/manifest.json > client.ts',
  ]
  static override args = {
    topology: Args.string({
      ignoreStdin: true,
      description:
        'a manifest.json, the folder of a built topology, or the name given to topology(); may be left out if the project has only one',
    }),
  }
  static override flags = {
    out: Flags.string({ description: 'where to write it; default: standard output', helpValue: 'FILE' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Client)
    const manifest = await manifestOf(args.topology)
    if (manifest === undefined) return
    const { clientFile } = await import('../client/client-file.ts')
    const text = clientFile(manifest)
    if (text === undefined) throw new Errors.CLIError(`The topology ${manifest.topology} has no store that can be read.`, { exit: 1 })
    if (flags.out === undefined) {
      process.stdout.write(text)
      return
    }
    const { writeWholly } = await import('../../framework/compiler/whole-files.ts')
    await writeWholly(new Map([[flags.out, text]])).catch(({ cause }: Error) => {
      throw new Errors.CLIError(`${flags.out} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { exit: 1 })
    })
    this.log(`${manifest.topology} → ${flags.out}`)
  }
}

/** Undefined where the topology has errors, which have been said. */
async function manifestOf(wanted: string | undefined): Promise<Manifest | undefined> {
  if (wanted !== undefined && (existsSync(wanted) || /[/\\]|\.json$/.test(wanted))) return only([...manifestsAt(wanted).values()], wanted)
  const { openProject } = await import('../../framework/compiler/index.ts')
  const project = openProject(process.cwd())
  const { diagnostics, topologies } = await withProgress('Reading', async () => ({
    diagnostics: await project.check(),
    topologies: await project.describe(),
  }))
  if (diagnostics.some(({ severity }) => severity === 'error')) {
    await printDiagnostics(diagnostics, false, process.stderr)
    return undefined
  }
  const manifests = topologies.map(({ manifest }) => manifest as Manifest)
  if (wanted === undefined) return only(manifests, 'topologies/')
  const found = manifests.find(({ topology }) => topology === wanted)
  if (found !== undefined) return found
  const names = manifests.map(({ topology }) => topology)
  throw new Errors.CLIError(`There is no topology ${wanted}.${didYouMean(wanted, names)} In topologies/: ${names.join(', ')}.`, { exit: 1 })
}

function only(manifests: readonly Manifest[], place: string): Manifest {
  const [first, ...others] = manifests
  if (first !== undefined && others.length === 0) return first
  const names = manifests.map(({ topology }) => topology).join(', ')
  throw new Errors.CLIError(names === '' ? `There is no topology in ${place}.` : `Say which topology of ${place} is meant: ${names}.`, {
    exit: 2,
  })
}
