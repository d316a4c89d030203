// The hook that oclif calls for a word that is no command.

import { didYouMean } from '../framework/runtime/did-you-mean.ts'
import { unexpected } from './command-line-problem.ts'
import { Errors, type Hook } from './oclif.ts'

/** What may stand in the place of a command. */
const globalOptions = ['--help', '--version']

export const unknownCommand: Hook<'command_not_found'> = async ({ id, config }) => {
  throw unknownCommandProblem(id, config)
}

export function unknownCommandProblem(id: string, { commandIDs }: { readonly commandIDs: readonly string[] }): Error {
  // oclif writes `topic:create` for what people type as two words.
  const commands = commandIDs.filter((command) => command !== '').map((command) => command.replaceAll(':', ' '))
  return new Errors.CLIError(problemOf(id.replaceAll(':', ' '), commands), { exit: 2 })
}

function problemOf(typed: string, commands: readonly string[]): string {
  if (typed.startsWith('-')) return `There is no option ${typed}.${didYouMean(typed, globalOptions)}\nSee more with --help`
  // oclif takes the argument of a command that has none for a part of its name.
  const command = commands.find((name) => typed.startsWith(`${name} `))
  if (command !== undefined) return `${unexpected(typed.slice(command.length + 1).split(' '))}\nSee more with --help`
  return `There is no command ${typed}.${didYouMean(typed, [...commands, ...commands.map((name) => name.replace(/ .*/, ''))])}\nThe commands: ${commands.join(', ')}. See more with --help`
}
