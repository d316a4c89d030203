// SIGTERM and SIGINT end an app in order; a second one ends it at once. A reader of its output that goes away ends it too.

import type { Logger } from '../ports/logger.ts'

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const

export function stopOnSignals(host: NodeJS.Process, app: { stop(): void }, logger: Logger): { forget(): void } {
  let stopping = false
  const onSignal = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (stopping) host.exit(exitCodes[signal])
    stopping = true
    logger.log('info', `${signal}: finishing the current records and committing. Once more ends at once, without a commit.`)
    app.stop()
  }
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error
    app.stop()
  }
  host.on('SIGINT', onSignal)
  host.on('SIGTERM', onSignal)
  host.stdout.on('error', onOutputError)
  return {
    forget: () => {
      host.off('SIGINT', onSignal)
      host.off('SIGTERM', onSignal)
      host.stdout.off('error', onOutputError)
    },
  }
}
