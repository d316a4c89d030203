// millrace describe: the graph of each topology, for people, for tools and for diagrams.

import type { Manifest } from '../../framework/graph/manifest.ts'
import { didYouMean } from '../../framework/runtime/did-you-mean.ts'
import { mermaid } from '../mermaid.ts'
import { Args, Command, Errors, Flags } from '../oclif.ts'
import { printDiagnostics } from '../print-diagnostics.ts'
import { withProgress } from '../progress.ts'

interface Described {
  readonly name: string
  readonly description: string
  readonly manifest: unknown
}

export class Describe extends Command {
  static override summary = 'Show the graphs of the topologies of this project.'
  static override description =
    "text is the form of Kafka Streams' TopologyDescription, which its tools read; mermaid is a flowchart; json is the graph of manifest.json."
  static override examples = ['<%= config.bin %> describe', '<%= config.bin %> describe flight-delays --format mermaid']
  static override args = {
    topology: Args.string({ ignoreStdin: true, description: 'the name given to topology(); all of them if left out' }),
  }
  static override flags = {
    format: Flags.option({ options: ['text', 'mermaid', 'json'] as const, default: 'text', description: 'how' })(),
    json: Flags.boolean({ description: 'the same as --format json' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Describe)
    const { openProject } = await import('../../framework/compiler/index.ts')
    const project = openProject(process.cwd())
    const { diagnostics, topologies } = await withProgress('Reading', async () => ({
      diagnostics: await project.check(),
      topologies: await project.describe(),
    }))
    if (diagnostics.some(({ severity }) => severity === 'error')) return printDiagnostics(diagnostics, false, process.stderr)
    const wanted = args.topology === undefined ? topologies : [named(args.topology, topologies)]
    process.stdout.write(textOf(wanted, flags.json ? 'json' : flags.format))
  }
}

function named(name: string, topologies: readonly Described[]): Described {
  const found = topologies.find((topology) => topology.name === name)
  if (found !== undefined) return found
  const names = topologies.map((topology) => topology.name)
  throw new Errors.CLIError(`There is no topology ${name}.${didYouMean(name, names)} In topologies/: ${names.join(', ')}.`, { exit: 1 })
}

function textOf(topologies: readonly Described[], format: 'text' | 'mermaid' | 'json'): string {
  switch (format) {
    case 'text':
      return topologies.map(({ name, description }) => (topologies.length > 1 ? `${name}\n${description}\n` : description)).join('')
    case 'mermaid':
      // A comment before each, because a flowchart has no name.
      return topologies.map(({ name, manifest }) => `%% ${name}\n${mermaid(manifest as Manifest)}`).join('\n')
    case 'json':
      return `${JSON.stringify(Object.fromEntries(topologies.map(({ name, manifest }) => [name, manifest])), null, 2)}\n`
  }
}
