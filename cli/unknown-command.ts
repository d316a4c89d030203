// The hook that oclif calls for a word that is no command.

import { didYouMean } from '../framework/runtime/did-you-mean.ts'
import { Errors, type Hook } from './oclif.ts'

export const unknownCommand: Hook<'command_not_found'> = async ({ id, config }) => {
  // oclif writes `topic:create` for what people type as two words.
  const commands = config.commandIDs.filter((command) => command !== '').map((command) => command.replaceAll(':', ' '))
  const typed = id.replaceAll(':', ' ')
  const suggestion = didYouMean(typed, commands)
  throw new Errors.CLIError(`There is no command ${typed}.${suggestion}\nThe commands: ${commands.join(', ')}. See more with --help`, {
    exit: 2,
  })
}
