// What the user sees of an error, and the exit code that goes with it: 1 if the work failed, 2 if the command line or a setting was wrong. A stack is shown only
// of what nobody expected.

import { isMillraceError } from '../framework/errors.ts'
import { commandLineProblem } from './command-line-problem.ts'
import { Errors } from './oclif.ts'

export function reportError(error: unknown, stderr: Pick<NodeJS.WriteStream, 'write'>): number {
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? 1
  if (isMillraceError(error) && error.kind !== 'bug') {
    stderr.write(`error: ${error.message}\n`)
    return error.code === 'settings-invalid' || error.code === 'broker-address-invalid' ? 2 : 1
  }
  if (error instanceof Errors.CLIError) {
    stderr.write(`error: ${commandLineProblem(error)}\n`)
    return error.oclif.exit ?? 2
  }
  if (isOfSystem(error)) {
    stderr.write(`error: ${systemProblem(error)}\n`)
    return 1
  }
  stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return 1
}

/** Errors of files and sockets: a disk that is full, a folder that cannot be written. They are nobody's bug. */
export function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

/** In a sentence, with Node's own words where ours would say no more. */
export function systemProblem(error: NodeJS.ErrnoException): string {
  const place = error.path ?? 'what was being written'
  switch (error.code) {
    case 'ENOSPC':
      return error.path === undefined ? 'the disk is full.' : `The disk is full: ${place} cannot be written. Make room and try again.`
    case 'EFBIG':
      return `${place} cannot be written: a file may not become so large here (ulimit -f).`
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `This user may not write ${place}. Change its permissions, or name another place.`
    default:
      return `${error.message}.`
  }
}
