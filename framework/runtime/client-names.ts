// As whom a stream thread is known to the broker.

import type { Settings } from '../config.ts'

interface Named {
  readonly applicationId: string
  /** From 1. Default: 1. */
  readonly thread?: number
}

interface Transactional extends Named {
  readonly processId: string
  readonly settings: Pick<Settings, 'processingGuarantee' | 'groupInstanceId' | 'transactionTimeoutMs'>
}

/**
 * Undefined under at-least-once. Who has a group instance id is the same one after a restart: it takes over what it has left open at once. Of others the members that
 * stay end it.
 */
export function transactionalIdOf({ applicationId, processId, thread = 1, settings }: Transactional): string | undefined {
  const { groupInstanceId = processId, processingGuarantee } = settings
  return processingGuarantee === 'exactly_once_v2' ? `${applicationId}-${groupInstanceId}-${thread}` : undefined
}

/** Of a producer. */
export function transactional(of: Transactional): { readonly transactionalId?: string; readonly transactionTimeoutMs?: number } {
  const transactionalId = transactionalIdOf(of)
  return transactionalId === undefined ? {} : { transactionalId, transactionTimeoutMs: of.settings.transactionTimeoutMs }
}

/** As in Kafka Streams; metrics name threads so, and clients begin with it. */
export function threadName({ applicationId, thread = 1 }: Named): string {
  return `${applicationId}-StreamThread-${thread}`
}
