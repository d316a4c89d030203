// What the state of an app means for whoever watches it. Alive: a restart would not help. Ready: it does its work. What is wrong has one word, so that a stuck
// loop, a lost group, a restore and a stuck task can be told apart by a program.

import type { HealthReport } from '../../framework/index.ts'

export interface Verdict {
  readonly ok: boolean
  /** `alive`, `ready`, or what is wrong: `app-stuck`, `failed`, `starting`, `rebalancing`, `restoring`, `group-lost`, `task-stuck`, `closing` … */
  readonly status: string
}

/**
 * Only of an app whose event loop turns; that it does not is found by the thread that asks. One whose heartbeats are not answered waits for its brokers in a commit, say, and would after
 * a restart; the client gives up by itself.
 */
export function verdictOfLife({ state, turnAgeMs, group }: HealthReport, stuckMs: number): Verdict {
  if (state === 'failed') return { ok: false, status: 'failed' }
  if (turnAgeMs !== undefined && turnAgeMs >= stuckMs && !isUnanswered(group)) return { ok: false, status: 'app-stuck' }
  return { ok: true, status: 'alive' }
}

export function verdictOfReadiness({ state, group, stuckTasks }: HealthReport): Verdict {
  const isLost = group?.state === 'lost' || (group?.state === 'stable' && isUnanswered(group))
  if (isLost && state !== 'closing' && state !== 'closed' && state !== 'failed') return { ok: false, status: 'group-lost' }
  if (state !== 'running') return { ok: false, status: state === 'created' ? 'starting' : state }
  if (stuckTasks.length > 0) return { ok: false, status: 'task-stuck' }
  return { ok: true, status: 'ready' }
}

function isUnanswered(group: HealthReport['group']): boolean {
  return group !== undefined && group.heartbeatAgeMs > group.sessionTimeoutMs
}
