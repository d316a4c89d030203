// Types a command by the arguments and flags that it says it has.

import type { Command, CommandArgument, CommandContext, CommandFlag } from '../ports/command.ts'

export type CommandArguments = Readonly<Record<string, CommandArgument>>
export type CommandFlags = Readonly<Record<string, CommandFlag>>

/** What `run` is given for arguments: one that is not required may be undefined. */
export type ArgumentValues<Args extends CommandArguments> = {
  readonly [Name in keyof Args]: Args[Name] extends { readonly required: true } ? string : string | undefined
}

/** What `run` is given for flags: a switch is true or false, any other flag without a default that is not required may be undefined. */
export type FlagValues<Flags extends CommandFlags> = { readonly [Name in keyof Flags]: FlagValue<Flags[Name]> }

type FlagValue<Flag extends CommandFlag> = Flag extends { readonly kind: 'boolean' }
  ? boolean
  : Flag extends { readonly multiple: true }
    ? readonly Typed<Flag>[]
    : Typed<Flag> | (Flag extends { readonly required: true } | { readonly default: string | number } ? never : undefined)

type Typed<Flag> = Flag extends { readonly kind: 'number' }
  ? number
  : Flag extends { readonly choices: readonly (infer Choice)[] }
    ? Choice
    : string

export interface CommandDefinition<Args extends CommandArguments, Flags extends CommandFlags>
  extends Omit<Command, 'args' | 'flags' | 'run'> {
  readonly args?: Args
  readonly flags?: Flags
  run(context: CommandContext<ArgumentValues<Args>, FlagValues<Flags>>): Promise<void> | void
}

/**
 * Defines a command of the CLI, for `commands` of a plugin: what `run` is given has the types of the arguments and flags. A flag that is left out is its default; a
 * flag that may be given several times is a list, which is empty if it is left out.
 *
 * @example
 * ```ts
 * import { defineCommand, definePlugin } from 'millrace'
 *
 * const partitions = defineCommand({
 *   summary: 'Say how many partitions a topic has.',
 *   examples: ['acme partitions flights', 'acme partitions flights --least 4'],
 *   args: { topic: { description: 'of which', required: true } },
 *   flags: { least: { kind: 'number', description: 'fail below so many', default: 1, min: 1 } },
 *   usesBroker: true,
 *   async run({ args, flags, log, fail, withBroker }) {
 *     const found = await withBroker((broker) => broker.admin.topics([args.topic]))
 *     const count = found.get(args.topic)?.partitions ?? 0
 *     if (count < flags.least) fail(`${args.topic} has ${count} partitions.`)
 *     log(String(count))
 *   },
 * })
 *
 * export const acme = () => definePlugin({ name: 'acme', commands: { 'acme:partitions': partitions } })
 * ```
 */
export function defineCommand<
  const Args extends CommandArguments = Record<never, never>,
  const Flags extends CommandFlags = Record<never, never>,
>(command: CommandDefinition<Args, Flags>): Command {
  return command as Command
}
