// A command of the CLI as plain data, so that a plugin needs no library for command lines. The CLI gives it `--help`, checks what is typed, and ends with the
// exit codes of its own commands.

import type { Broker } from './broker.ts'

export interface Command {
  /** What it does, in a sentence: shown in lists of commands. */
  readonly summary: string
  readonly description?: string
  /** What stands behind `millrace `: `acme report flights --since 1h`. */
  readonly examples?: readonly string[]
  /** What is typed without a flag, in the order in which it is typed. */
  readonly args?: Readonly<Record<string, CommandArgument>>
  readonly flags?: Readonly<Record<string, CommandFlag>>
  /** Whether it has the flag `--brokers`, which `withBroker` heeds. Default: false. */
  readonly usesBroker?: boolean
  run(context: CommandContext): Promise<void> | void
}

export interface CommandArgument {
  readonly description: string
  readonly required?: boolean
}

export type CommandFlag =
  | { readonly kind: 'boolean'; readonly description: string; readonly short?: string }
  | {
      readonly kind: 'text'
      readonly description: string
      readonly short?: string
      /** What the value is called in the help: `TOPIC`. */
      readonly value?: string
      readonly required?: boolean
      readonly default?: string
      readonly choices?: readonly string[]
      /** May be given several times. */
      readonly multiple?: boolean
    }
  /** A whole number. */
  | {
      readonly kind: 'number'
      readonly description: string
      readonly short?: string
      readonly value?: string
      readonly required?: boolean
      readonly default?: number
      readonly min?: number
      readonly max?: number
    }

export type CommandFlagValue = string | number | boolean | readonly string[] | undefined

export interface CommandContext<Args = Readonly<Record<string, string | undefined>>, Flags = Readonly<Record<string, CommandFlagValue>>> {
  readonly args: Args
  readonly flags: Flags
  /** What `millrace.config.ts` of the folder exports; empty without one. */
  readonly config: Readonly<Record<string, unknown>>
  /** Writes a line to standard output. */
  log(line: string): void
  /** Writes a line to standard error. */
  warn(line: string): void
  /** Ends the command with a message for its user, without a stack: with 1 the work failed (the default), with 2 what was typed is wrong. */
  fail(message: string, exitCode?: 1 | 2): never
  /** Connects to the broker of `--brokers`, MILLRACE_BROKERS or the configuration, and closes the connection at the end. */
  withBroker<T>(use: (broker: Broker) => Promise<T>): Promise<T>
}
