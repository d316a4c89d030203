// Commands of the plugins that millrace.config.ts names, as commands of oclif: with `--help`, errors and exit codes like the built-in ones. They are looked for only
// where the first word is none of Millrace's own, and for the list of all commands and their completion, for which what was read once is kept in .millrace until a file changes.

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command as PluginCommand } from '../framework/index.ts'
import type { CommandData } from './kept-commands.ts'
import { Config, type Interfaces } from './oclif.ts'

const configFile = 'millrace.config.ts'

/** What to give to oclif's `run`: `bin` itself, if no plugin's commands are asked for. */
export async function withPluginCommands(argv: readonly string[], bin: string): Promise<Config | string> {
  const [word] = argv
  const isList = word === undefined || word === '--help' || word === 'completion'
  if (!isList && word.startsWith('-')) return bin
  if (!namesPlugins()) return bin
  const config = await Config.load(bin)
  const own = new Set([...config.commandIDs, ...config.topics.map(({ name }) => name)].map((id) => id.split(':')[0] ?? ''))
  if (!isList && own.has(word)) return bin
  try {
    const commands = await readCommands(isList, own)
    config.plugins.set('millrace-plugins', await oclifPlugin(config, commands))
    return config
  } catch (error) {
    // The built-in commands are there all the same.
    process.stderr.write(`warning: There are no commands of plugins: ${error instanceof Error ? error.message : String(error)}\n`)
    return bin
  }
}

interface FoundCommand extends CommandData {
  /** undefined: only its help is known. */
  readonly command: PluginCommand | undefined
}

function namesPlugins(): boolean {
  try {
    return readFileSync(configFile, 'utf8').includes('plugins')
  } catch {
    return false
  }
}

/** `own` are the first words of Millrace's commands. Throws if a plugin has one of them. */
async function readCommands(onlyHelp: boolean, own: ReadonlySet<string>): Promise<readonly FoundCommand[]> {
  const { keepCommands, keptCommands } = await import('./kept-commands.ts')
  const kept = onlyHelp ? keptCommands() : undefined
  if (kept !== undefined) return kept.map((data) => ({ ...data, command: undefined }))
  const [{ loadConfigWithFiles }, { namedParts, pluginSet }] = await Promise.all([
    import('../framework/compiler/load-config.ts'),
    import('../framework/plugins/plugin-set.ts'),
  ])
  const { config, files } = await loadConfigWithFiles(resolve(configFile)).catch((error: unknown) => {
    throw new Error(`${configFile} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  })
  const plugins = pluginSet([], (config as { readonly plugins?: unknown } | undefined)?.plugins)
  const found = namedParts(plugins, 'commands').map(({ plugin, name, part }) => {
    const { summary, description, examples, args, flags, usesBroker } = part
    const text = { summary, description, examples, args, flags, usesBroker }
    return { plugin, id: name, command: part, ...text }
  })
  const taken = found.flatMap(({ plugin, id }) => {
    const word = id.split(':')[0] ?? ''
    return own.has(word) ? [`the plugin ${plugin} has ${id.replaceAll(':', ' ')}, and \`millrace ${word}\` is Millrace's own.`] : []
  })
  if (taken.length > 0) throw new Error(`${taken.join(' ')} A plugin's commands begin with a word of its own, such as its name.`)
  keepCommands(
    files,
    found.map(({ command: _command, ...data }) => data),
  )
  return found
}

/** The commands as one plugin of oclif. */
async function oclifPlugin(config: Config, commands: readonly FoundCommand[]): Promise<Interfaces.Plugin> {
  const { commandClass } = await import('./plugin-command.ts')
  const loadable = commands.map((found) => {
    const made = commandClass(found, found.command)
    return { ...made.cached, load: async () => made.class }
  })
  return {
    _base: '',
    alias: 'millrace-plugins',
    commandIDs: loadable.map(({ id }) => id),
    commands: loadable,
    commandsDir: undefined,
    findCommand: (async (id: string) => loadable.find((command) => command.id === id)?.load()) as Interfaces.Plugin['findCommand'],
    hasManifest: false,
    hooks: {},
    isRoot: false,
    load: async () => {},
    moduleType: 'module',
    name: 'millrace-plugins',
    options: { root: join(config.root, 'plugins') },
    pjson: config.pjson,
    root: join(config.root, 'plugins'),
    topics: [...new Map(commands.map(({ id, plugin }) => [id.split(':')[0] ?? '', plugin]))].map(([name, plugin]) => ({
      name,
      description: `Commands of the plugin ${plugin}.`,
    })),
    type: 'core',
    valid: true,
    version: config.version,
  }
}
