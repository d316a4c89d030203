// millrace build: a bundle for each topology, if all is well.

import { relative } from 'node:path'
import { jsonFlag } from '../json-flag.ts'
import { Command, Errors, Flags } from '../oclif.ts'
import { formatFlag, reportDiagnostics } from '../print-diagnostics.ts'
import { withProgress } from '../progress.ts'
import { holdSignals } from '../stop-signal.ts'

export class Build extends Command {
  static override summary = 'Check the topologies and write a bundle for each.'
  static override description =
    'Writes dist/<topology>/ with app.mjs, its source map, manifest.json, asyncapi.json (its topics), sbom.cdx.json (what it is made of), package.json and Dockerfile. With an error nothing is written, and what was built before stays whole. ' +
    'millrace-env.d.ts, the types of the topics for tests, is brought up to date.'
  static override examples = ['<%= config.bin %> build', '<%= config.bin %> build --strict && node dist/flight-delays/app.mjs']
  static override flags = {
    strict: Flags.boolean({ description: 'fail on warnings too' }),
    out: Flags.string({ description: 'folder for the output', default: 'dist' }),
    format: formatFlag,
    json: jsonFlag,
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Build)
    if (flags.out === '') throw new Errors.CLIError('--out must name a folder.', { exit: 2 })
    const { openProject } = await import('../../framework/compiler/index.ts')
    const project = openProject(process.cwd())
    let writing: ReturnType<typeof holdSignals> | undefined
    const { diagnostics, topologies } = await withProgress('Building', (show) =>
      project.build({
        out: flags.out,
        onProgress: ({ stage, topology }) => {
          if (stage === 'write') writing = holdSignals()
          show(topology === undefined ? stage : `${stage} ${topology}`)
        },
      }),
    ).finally(() => writing?.release())
    await project.writeDeclarations()
    const built = topologies.map(({ name, source, folder, sizesBytes }) => ({
      name,
      source,
      folder: relative(process.cwd(), folder),
      sizesBytes,
    }))
    const format = flags.json ? 'json' : flags.format
    await reportDiagnostics(diagnostics, { strict: flags.strict, format }, { topologies: built })
    if (format !== 'pretty') return
    for (const { source, folder } of topologies) this.log(`${source} → ${relative(process.cwd(), folder)}`)
  }
}
