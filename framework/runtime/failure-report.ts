// How a failure is told to whoever started the app: what happened and what to do, without a stack of ours.

import { isMillraceError } from '../errors.ts'

/** `debug`: with stacks and causes. */
export function describeFailure(error: unknown, debug: boolean): string {
  if (debug) return `millrace: ${stacksOf(error)}`
  if (isMillraceError(error)) return `millrace: ${error.message}`
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return `millrace: ${message}\nThis was not expected. Set MILLRACE_DEBUG=1 to see where it comes from, and please report it.`
}

function stacksOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.stack ?? error.message
  return error.cause === undefined ? own : `${own}\ncaused by: ${stacksOf(error.cause)}`
}
