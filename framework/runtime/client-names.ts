// As whom a stream thread is known to the broker.

import type { Settings } from '../config.ts'

interface Named {
  readonly applicationId: string
  /** From 1. Default: 1. */
  readonly thread?: number
}

/**
 * Who has a group instance id is the same one after a restart: it takes over what it has left open at once. Of others the coordinator must think that they may
 * come back, until the transaction times out.
 */
export function transactional({
  applicationId,
  processId,
  thread = 1,
  settings,
}: Named & { readonly processId: string; readonly settings: Settings }): {
  transactionalId: string
  transactionTimeoutMs: number
} {
  const { groupInstanceId = processId, transactionTimeoutMs } = settings
  return { transactionalId: `${applicationId}-${groupInstanceId}-${thread}`, transactionTimeoutMs }
}

/** As in Kafka Streams; metrics name threads so, and clients begin with it. */
export function threadName({ applicationId, thread = 1 }: Named): string {
  return `${applicationId}-StreamThread-${thread}`
}
