// In place of a worker thread: its app in this one. What is said is copied, as from thread to thread.

import { startThreadApp } from '../../framework/runtime/thread-app.ts'
import type { FromThread, ThreadLink } from '../../framework/runtime/thread-messages.ts'

export function threadInProcess(options: Parameters<typeof startThreadApp>[0]): ThreadLink {
  const said: FromThread[] = []
  let take: ((message: FromThread) => void) | undefined
  const tell = (message: FromThread): void => {
    if (take === undefined) said.push(message)
    else take(structuredClone(message))
  }
  const { take: told, calls } = startThreadApp(options, tell, (error) => ({ message: String((error as Error).message), exitCode: 1 }))
  return {
    // Never before who sends has gone on, as between threads.
    send: (message) => queueMicrotask(() => told(structuredClone(message))),
    call: (call) => () => structuredClone(calls.answer(structuredClone(call))),
    listen: (listener) => {
      take = listener
      for (const message of said) listener(message)
    },
  }
}
