// The topologies that `millrace build` has written to dist/, by name.

import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { didYouMean } from '../framework/runtime/did-you-mean.ts'
import { Errors } from './oclif.ts'

export function builtTopologies(): readonly string[] {
  return existsSync('dist') ? readdirSync('dist').filter((name) => existsSync(join('dist', name, 'app.mjs'))) : []
}

/** The folder of the one that is meant; without a name the only one. Throws with what was probably meant, or says that nothing is built. */
export function builtFolder(topology: string | undefined): string {
  const built = builtTopologies()
  if (built.length === 0) throw new Errors.CLIError('There is no dist/<topology>/app.mjs here. Run `millrace build` first.', { exit: 1 })
  if (topology === undefined) {
    const [only, ...others] = built
    if (only === undefined || others.length > 0) throw new Errors.CLIError(`Say which topology to run: ${built.join(', ')}.`, { exit: 2 })
    return resolve('dist', only)
  }
  if (!built.includes(topology)) {
    throw new Errors.CLIError(`No topology ${topology} is built.${didYouMean(topology, built)} In dist/: ${built.join(', ')}.`, { exit: 1 })
  }
  return resolve('dist', topology)
}
