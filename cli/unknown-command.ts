// The hook that oclif calls for a word that is no command.

import { Errors, type Hook } from '@oclif/core'
import { didYouMean } from '../framework/runtime/did-you-mean.ts'

export const unknownCommand: Hook<'command_not_found'> = async ({ id, config }) => {
  const commands = config.commandIDs.filter((command) => command !== '')
  const suggestion = didYouMean(id, commands)
  throw new Errors.CLIError(`There is no command ${id}.${suggestion}\nThe commands: ${commands.join(', ')}. See more with --help`, {
    exit: 2,
  })
}
