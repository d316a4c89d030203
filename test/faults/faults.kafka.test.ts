// Some faults of each kind, in an order that the seed says; the long form is `npm run soak`.

import { expect, test } from 'vitest'
import type { Random } from '../kit/random.ts'
import { type FaultKind, faultKinds, removeLogs, runFaults } from './fault-run.ts'

/** Brokers that start, faults, and readers that wait for what may still come: on a machine that is busy. */
const timeoutMs = 600_000

test('three instances on three brokers lose nothing and do nothing twice, whatever is killed, frozen or moved', {
  timeout: timeoutMs,
}, async () => {
  const seed = Number(process.env.MILLRACE_FAULTS_SEED ?? Date.now() % 1_000_000)
  const report = await runFaults({
    side: 'millrace',
    seed,
    perSecond: 1_500,
    recordsMin: 100_000,
    sessionTimeoutMs: 6_000,
    say: (text) => console.log(text),
    async script(faults, random) {
      for (const kind of shuffled([...faultKinds, 'kill', 'kill a broker'], random)) await faults.happen(kind)
    },
  })
  const nothing = { lost: 0, twice: 0, examples: [] }
  const hint = `seed ${seed}, logs in ${report.folder}`
  expect(report.differences, hint).toEqual({
    'store byKey': nothing,
    'store byAccount': nothing,
    'fault-copies': nothing,
    'fault-keys': nothing,
    'fault-accounts': nothing,
  })
  expect(report.endedByThemselves, hint).toEqual([])
  expect(report.records).toBeGreaterThan(99_000)
  removeLogs(report)
})

function shuffled(kinds: readonly FaultKind[], random: Random): FaultKind[] {
  const left = [...kinds]
  return kinds.map(() => left.splice(random.below(left.length), 1)[0]!)
}
