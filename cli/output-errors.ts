// Standard output that cannot be written. A reader that has had enough (`| head`) is an end like any other; a full disk is an error.

import { isOfSystem, systemProblem } from './report-error.ts'

/** Commands that run on when nobody reads, or have to put away things first: they look after a reader that goes away themselves. */
const endThemselves: readonly (string | undefined)[] = ['consume', 'dev', 'run', 'broker']

export function watchOutput(command: string | undefined, host: NodeJS.Process): void {
  // Before oclif's listener, which throws what it does not know.
  host.stdout.prependListener('error', (error) => {
    const isGone = isOfSystem(error) && error.code === 'EPIPE'
    if (isGone && endThemselves.includes(command)) return
    if (!isGone)
      host.stderr.write(`error: Standard output cannot be written: ${isOfSystem(error) ? systemProblem(error) : String(error)}\n`)
    host.exit(isGone ? 0 : 1)
  })
}
