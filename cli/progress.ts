// A spinner on stderr for work that takes seconds; silent where stderr is no terminal, so that logs of CI have nothing of it.

import { ux } from './oclif.ts'

/** Runs the work. `show` says what it is at. */
export async function withProgress<T>(title: string, work: (show: (status: string) => void) => Promise<T>): Promise<T> {
  if (process.stderr.isTTY !== true) return work(() => {})
  ux.action.start(title)
  try {
    return await work((status) => {
      ux.action.status = status
    })
  } finally {
    ux.action.stop()
  }
}
