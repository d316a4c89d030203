// Ctrl-C and SIGTERM for commands that run until somebody has had enough.

const signals = ['SIGINT', 'SIGTERM'] as const

/** Resolves at the first one; after it a second ends the process at once, as if nobody listened. */
export function stopSignal(): Promise<'stopped'> {
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of signals) process.off(signal, stop)
      resolve('stopped')
    }
    for (const signal of signals) process.on(signal, stop)
  })
}

/** `| head` has had enough: that is an end like any other. */
export function readerGone(): Promise<'stopped'> {
  return new Promise((resolve, reject) => {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? resolve('stopped') : reject(error)))
  })
}

/**
 * From now on a signal waits until `release` is called, and then ends the process as it would have: for work that must not be left half done and takes no time
 * to speak of.
 */
export function holdSignals(): { release(): void } {
  let held: NodeJS.Signals | undefined
  const hold = (signal: NodeJS.Signals): void => {
    held ??= signal
  }
  for (const signal of signals) process.on(signal, hold)
  return {
    release() {
      for (const signal of signals) process.off(signal, hold)
      if (held !== undefined) process.kill(process.pid, held)
    },
  }
}
