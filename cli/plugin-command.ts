// One command of a plugin, which is plain data, as a class of oclif.

import type { CommandContext, CommandFlag, CommandFlagValue, Command as PluginCommand } from '../framework/index.ts'
import { brokersFlag, readConfig, withBroker } from './connect.ts'
import type { CommandData } from './kept-commands.ts'
import { Args, Command, Errors, Flags, type Interfaces } from './oclif.ts'

export interface OclifCommand {
  readonly class: Command.Class
  /** What oclif shows in help without loading the command. */
  readonly cached: Command.Cached
}

/** Without `command` it can only be shown. */
export function commandClass(data: CommandData, command: PluginCommand | undefined): OclifCommand {
  const { id, summary, description, examples = [] } = data
  const args = argsOf(data)
  const flags = flagsOf(data)
  const statics = {
    summary: plain(summary),
    ...(description === undefined ? {} : { description: plain(description) }),
    examples: examples.map((example) => `<%= config.bin %> ${plain(example)}`),
  }
  class OfPlugin extends Command {
    static override id = id
    static override args = args
    static override flags = flags

    async run(): Promise<void> {
      const parsed = await this.parse(OfPlugin)
      await command?.run(await contextOf(parsed.args, { ...emptyLists(data), ...parsed.flags }, (line) => this.log(line)))
    }
  }
  Object.assign(OfPlugin, statics)
  const cached = { id, ...statics, args, flags, aliases: [], hiddenAliases: [], hidden: false, strict: true, pluginName: data.plugin }
  return { class: OfPlugin as unknown as Command.Class, cached: cached as unknown as Command.Cached }
}

/** oclif takes texts for EJS templates, and some of them twice. */
function plain(text: string): string {
  return text.replaceAll('<%', '< %')
}

/** For flags that may be given several times and are not. */
function emptyLists({ flags = {} }: CommandData): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(flags).flatMap(([name, flag]) => (flag.kind === 'text' && flag.multiple ? [[name, []]] : [])))
}

function argsOf({ args = {} }: CommandData): Interfaces.ArgInput {
  return Object.fromEntries(
    Object.entries(args).map(([name, { description, required = false }]) => [
      name,
      { ...Args.string({ ignoreStdin: true, description: plain(description), required }), name, type: 'option' },
    ]),
  )
}

function flagsOf({ flags = {}, usesBroker = false }: CommandData): Interfaces.FlagInput {
  const all = Object.entries(flags).map(([name, flag]) => [name, flagOf(flag)] as const)
  const withBrokers = usesBroker ? [...all, ['brokers', brokersFlag] as const] : all
  return Object.fromEntries(withBrokers.map(([name, flag]) => [name, { ...flag, name }]))
}

function flagOf(flag: CommandFlag): Command.Flag {
  const { description, short } = flag
  const common = { description: plain(description), ...(short === undefined ? {} : { char: short as 'a' }) }
  switch (flag.kind) {
    case 'boolean':
      return Flags.boolean(common)
    case 'number':
      return Flags.integer({ ...common, ...ofValue(flag), ...defined({ min: flag.min, max: flag.max }) })
    case 'text': {
      const options = { ...common, ...ofValue(flag), ...defined({ options: flag.choices }) }
      if (flag.multiple !== true) return Flags.string(options)
      return Flags.string({ ...options, multiple: true, ...defined({ default: flag.default === undefined ? undefined : [flag.default] }) })
    }
  }
}

function ofValue<T>({ required = false, value, ...flag }: { readonly required?: boolean; readonly value?: string; readonly default?: T }) {
  return { required, ...defined({ helpValue: value, default: flag.default }) }
}

/** Without those that are undefined: oclif would take them for given. */
function defined<T extends object>(properties: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]: Exclude<T[Name], undefined>
  }
}

async function contextOf(args: object, flags: object, log: (line: string) => void): Promise<CommandContext> {
  const { brokers } = flags as { readonly brokers?: string }
  return {
    args: args as Readonly<Record<string, string | undefined>>,
    flags: flags as Readonly<Record<string, CommandFlagValue>>,
    config: await readConfig(),
    log,
    warn: (line) => void process.stderr.write(`${line}\n`),
    fail: (message, exit = 1) => {
      throw new Errors.CLIError(message, { exit })
    },
    withBroker: (use) => withBroker(brokers, use),
  }
}
