// millrace build: a bundle for each topology, if all is well.

import { dirname, join, relative } from 'node:path'
import type { Manifest } from '../../framework/graph/manifest.ts'
import { brokersFlag } from '../connect.ts'
import { jsonFlag } from '../json-flag.ts'
import { Command, Errors, Flags } from '../oclif.ts'
import { formatFlag, reportDiagnostics } from '../print-diagnostics.ts'
import { withProgress } from '../progress.ts'
import { runningManifests, runningPlaces } from '../running-manifests.ts'
import { holdSignals } from '../stop-signal.ts'

export class Build extends Command {
  static override summary = 'Check the topologies and write a bundle for each.'
  static override description =
    'Writes dist/<topology>/ with app.mjs, its source map, manifest.json, asyncapi.json (its topics), sbom.cdx.json (what it is made of), package.json and Dockerfile. With an error nothing is written, and what was built before stays whole; files that a former build wrote there and this one does not are removed. ' +
    'millrace-env.d.ts, the types of the topics for tests, is brought up to date. Of each topology it says what it costs: internal topics, repartition hops, changelog records for one record at most, and what keeps each store from growing; ' +
    'with a `budget` in millrace.config.ts what is too much is an error (MR1801).'
  static override examples = ['<%= config.bin %> build', '<%= config.bin %> build --strict && node dist/flight-delays/app.mjs']
  static override flags = {
    strict: Flags.boolean({ description: 'fail on warnings too' }),
    out: Flags.string({ description: 'folder for the output', default: 'dist' }),
    format: formatFlag,
    against: Flags.string({
      description: `what runs now: a manifest.json, a folder that was built, ${runningPlaces}`,
      helpValue: 'PATH',
    }),
    allow: Flags.string({
      multiple: true,
      description: 'a change of what is in --against that is meant: its kind, kind:subject, or all',
      helpValue: 'CHANGE',
    }),
    brokers: brokersFlag,
    json: jsonFlag,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Build)
    if (flags.out === '') throw new Errors.CLIError('--out must name a folder.', { exit: 2 })
    const { openProject } = await import('../../framework/compiler/index.ts')
    const project = openProject(process.cwd())
    const deployed = await this.deployed(flags)
    let writing: ReturnType<typeof holdSignals> | undefined
    const { diagnostics, topologies, removed } = await withProgress('Building', (show) =>
      project.build({
        out: flags.out,
        ...(deployed === undefined ? {} : { deployed }),
        onProgress: ({ stage, topology }) => {
          if (stage === 'write') writing = holdSignals()
          show(topology === undefined ? stage : `${stage} ${topology}`)
        },
      }),
    ).finally(() => writing?.release())
    await project.writeDeclarations()
    const built = topologies.map(({ name, source, folder, sizesBytes, cost }) => ({
      name,
      source,
      folder: relative(process.cwd(), folder),
      sizesBytes,
      cost,
    }))
    const format = flags.json ? 'json' : flags.format
    await reportDiagnostics(diagnostics, { strict: flags.strict, format }, { topologies: built, removed })
    if (format !== 'pretty') return
    for (const line of removedLines(removed, flags.out)) this.log(line)
    const { costLines } = await import('../../framework/graph/cost/cost-text.ts')
    for (const { source, folder, cost } of topologies)
      this.log([`${source} → ${relative(process.cwd(), folder)}`, ...costLines(cost)].join('\n  '))
  }

  private async deployed({
    against,
    allow = [],
    brokers,
  }: DeployedFlags): Promise<{ manifests: ReadonlyMap<string, Manifest>; allowed: readonly string[] } | undefined> {
    if (against === undefined) return undefined
    return { manifests: await runningManifests(against, brokers), allowed: allow }
  }
}

/** A line for each folder. */
function removedLines(removed: readonly string[], out: string): readonly string[] {
  const folders = new Map<string, number>()
  for (const path of removed) folders.set(dirname(path), (folders.get(dirname(path)) ?? 0) + 1)
  return [...folders].map(([folder, count]) => `${join(out, folder)}: removed ${count} ${count === 1 ? 'file' : 'files'} of a former build`)
}

interface DeployedFlags {
  readonly against: string | undefined
  readonly allow?: readonly string[] | undefined
  readonly brokers: string | undefined
}
