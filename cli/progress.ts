// A spinner on stderr for work that takes longer than a second; silent where stderr is no terminal, so that logs of CI have nothing of it.

import { ux } from './oclif.ts'

/** Until then people wait without asking themselves what is going on, and what flashes by disturbs. */
const patienceMs = 700

/** Runs the work. `show` says what it is at. */
export async function withProgress<T>(title: string, work: (show: (status: string) => void) => Promise<T>): Promise<T> {
  if (process.stderr.isTTY !== true) return work(() => {})
  let status: string | undefined
  let shown = false
  const patience = setTimeout(() => {
    shown = true
    ux.action.start(title, status)
  }, patienceMs)
  try {
    return await work((next) => {
      status = next
      if (shown) ux.action.status = next
    })
  } finally {
    clearTimeout(patience)
    // Whatever comes next begins on a clean line.
    if (shown) ux.action.stop()
  }
}
