// The texts of docs/cli.md and docs/configuration.md, from the commands and the table of settings, and the schema of manifests, from their type.

import { type Command, Config } from '@oclif/core'
import { MillraceCommandHelp } from '../cli/help.ts'
import { type SettingSpec, settingsTable } from '../framework/config.ts'
import { variableOf } from '../framework/runtime/settings.ts'
import { diagnosticPages } from './diagnostic-pages.ts'
import { manifestSchemaFile, manifestSchemaText } from './manifest-schema.ts'

/** By file, relative to the repository. The package has to be built: the commands are those of the program. */
export async function generatedPages(root: string): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['docs/cli.md', await cliPage(root)],
    ['docs/configuration.md', configurationPage()],
    [manifestSchemaFile, manifestSchemaText(root)],
    ...diagnosticPages(root),
  ])
}

// ------------------------------------------------------------------------------------------------------------ commands

/** The width is in columns: what fits beside a table of contents on a page. */
const helpOptions = { maxWidth: 100, stripAnsi: true, docopts: true }

async function cliPage(root: string): Promise<string> {
  const config = await Config.load({ root })
  const commands = config.commands.filter(({ hidden }) => !hidden).sort((a, b) => (a.id < b.id ? -1 : 1))
  const rows = commands.map((command) => `| [\`millrace ${typed(command.id)}\`](#millrace-${anchor(command.id)}) | ${summaryOf(command)} |`)
  return [
    '# The command line',
    '<!-- Made from the commands by `npm run docs`. -->',
    ['| command | what it does |', '|---|---|', ...rows].join('\n'),
    exitCodes,
    ...commands.map((command) => sectionOf(command, config)),
    '',
  ].join('\n\n')
}

const exitCodes = `Exit codes: 0 done; 1 failed, and the message says why; 2 the command line or a setting is wrong, and nothing was started; 130 and 143 ended at once by a
second Ctrl-C or SIGTERM, where the first one stops in order. Colours are for terminals: \`NO_COLOR=1\` or a pipe turns them off.`

function sectionOf(command: Command.Loadable, config: Config): string {
  const help = new MillraceCommandHelp({ ...command, id: typed(command.id) }, config, helpOptions).generate()
  return `## millrace ${typed(command.id)}\n\n${summaryOf(command)}\n\n\`\`\`text\n${plain(help).trimEnd()}\n\`\`\``
}

function summaryOf({ summary = '' }: Command.Loadable): string {
  return summary
}

/** oclif writes `topic:create` for what people type as two words. */
function typed(id: string): string {
  return id.replaceAll(':', ' ')
}

function anchor(id: string): string {
  return id.replaceAll(':', '-')
}

/** Spaces at the ends of lines show as changes wherever an editor takes them away. */
function plain(text: string): string {
  return text.replaceAll(/[ \t]+$/gm, '')
}

// ------------------------------------------------------------------------------------------------------------ settings

function configurationPage(): string {
  const rows = Object.entries(settingsTable).map(([name, spec]) => rowOf(name, spec))
  return `# Configuration

<!-- Made from framework/config.ts by \`npm run docs\`. -->

Settings have Kafka Streams' names in camel case, units last, and its defaults. Each can be set in \`millrace.config.ts\` and, in a container, by its
environment variable, which wins:

\`\`\`ts
import { defineConfig } from 'millrace'

export default defineConfig({ brokers: ['kafka-1:9092', 'kafka-2:9092'], commitIntervalMs: 5_000 })
\`\`\`

\`\`\`sh
MILLRACE_BROKERS=kafka-1:9092 MILLRACE_COMMIT_INTERVAL_MS=5000 node dist/my-topology/app.mjs
\`\`\`

A wrong value, or a variable that nearly is a setting, ends an app before it starts, with exit code 2 and all such problems at once. What is in the configuration
when a topology is built is in its bundle.

| setting | environment | default | what it is |
|---|---|---|---|
${rows.join('\n')}

\`MILLRACE_DEBUG=1\` shows stacks of errors. Plugins are named in \`plugins: [...]\`, in the configuration only; see [plugins](plugins.md). So is
what topologies may cost, \`budget: { internalTopics: 4 }\`; see [what a topology costs](cost.md).
`
}

function rowOf(name: string, spec: SettingSpec): string {
  const file = spec.kind === 'secret' ? ` or \`${variableOf(name)}_FILE\`` : ''
  return `| \`${name}\` | \`${variableOf(name)}\`${file} | ${defaultOf(spec)} | ${spec.description}${rangeOf(spec)} |`
}

function defaultOf({ default: value }: SettingSpec): string {
  if (value === undefined || value === '') return ''
  return `\`${Array.isArray(value) ? value.join(',') : String(value)}\``
}

function rangeOf(spec: SettingSpec): string {
  if (spec.kind === 'choice') return `: ${spec.choices.map((choice) => `\`${choice}\``).join(', ')}`
  if (spec.kind === 'number') return `; at least ${spec.min}`
  return ''
}
