// What the probes make of how an app is.

import { expect, test } from 'vitest'
import type { HealthReport } from '../../framework/index.ts'
import { verdictOfLife, verdictOfReadiness } from '../../plugins/health-http/index.ts'

const well: HealthReport = {
  state: 'running',
  forMs: 60_000,
  group: { state: 'stable', heartbeatAgeMs: 1_000, sessionTimeoutMs: 45_000 },
  tasks: 2,
  restore: undefined,
  turnAgeMs: 20,
  stuckTasks: [],
}
const stuckTask = { taskId: '0_1', forMs: 40_000, why: 'the broker takes nothing' } as const

test.each([
  ['running', {}, 'alive', 'ready'],
  ['a task is stuck', { stuckTasks: [stuckTask] }, 'alive', 'task-stuck'],
  ['its loop does not turn', { turnAgeMs: 30_000 }, 'app-stuck', 'ready'],
  [
    'it waits for brokers that do not answer',
    { turnAgeMs: 60_000, group: { ...well.group!, heartbeatAgeMs: 60_000 } },
    'alive',
    'group-lost',
  ],
  ['expelled', { state: 'rebalancing', group: { ...well.group!, state: 'lost' } }, 'alive', 'group-lost'],
  ['no heartbeat is answered', { group: { ...well.group!, heartbeatAgeMs: 50_000 } }, 'alive', 'group-lost'],
  ['restoring', { state: 'restoring', restore: { remainingRecords: 7 }, turnAgeMs: undefined }, 'alive', 'restoring'],
  ['rebalancing', { state: 'rebalancing', turnAgeMs: undefined }, 'alive', 'rebalancing'],
  ['not begun', { state: 'created', group: undefined, turnAgeMs: undefined }, 'alive', 'starting'],
  ['stopping', { state: 'closing', turnAgeMs: undefined }, 'alive', 'closing'],
  ['failed', { state: 'failed', turnAgeMs: undefined }, 'failed', 'failed'],
] satisfies [string, Partial<HealthReport>, string, string][])('%s', (_what, change, life, readiness) => {
  const report = { ...well, ...change }
  expect(verdictOfLife(report, 30_000)).toEqual({ ok: life === 'alive', status: life })
  expect(verdictOfReadiness(report)).toEqual({ ok: readiness === 'ready', status: readiness })
})
