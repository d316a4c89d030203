// What the user sees of an error, and the exit code that goes with it: 1 if the work failed, 2 if the command line or a setting was wrong. A stack is shown only
// of what nobody expected.

import { isMillraceError } from '../framework/errors.ts'
import { didYouMean } from '../framework/runtime/did-you-mean.ts'
import { Errors } from './oclif.ts'

export function reportError(error: unknown, stderr: Pick<NodeJS.WriteStream, 'write'>): number {
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? 1
  if (isMillraceError(error) && error.kind !== 'bug') {
    stderr.write(`error: ${error.message}\n`)
    return error.code === 'settings-invalid' ? 2 : 1
  }
  if (error instanceof Errors.CLIError) {
    stderr.write(`error: ${commandLineProblem(error)}\n`)
    return error.oclif.exit ?? 2
  }
  stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
}

function commandLineProblem(error: Errors.CLIError): string {
  if (!isUnknownFlag(error)) return error.message
  const known = Object.entries(error.parse.input.flags).flatMap(([flag, { allowNo }]) =>
    allowNo ? [`--${flag}`, `--no-${flag}`] : [`--${flag}`],
  )
  const suggestions = error.flags.map((flag) => didYouMean(flag, known)).join('')
  return `There is no option ${error.flags.join(', ')}.${suggestions}\nSee more with --help`
}

/** oclif's NonExistentFlagsError, which its index does not export. */
interface UnknownFlag {
  readonly flags: readonly string[]
  readonly parse: { readonly input: { readonly flags: Readonly<Record<string, { readonly allowNo?: boolean }>> } }
}

function isUnknownFlag(error: Errors.CLIError): error is Errors.CLIError & UnknownFlag {
  return error.constructor.name === 'NonExistentFlagsError'
}
