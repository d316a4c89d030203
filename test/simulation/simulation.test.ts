// The simulation itself: that it is the same at each run, with some seeds. simulation.long.test.ts has more and plants faults, `npm run simulate` has any seed.

import { describe, expect, it, vi } from 'vitest'
import { simulate } from './simulate.ts'

vi.setConfig({ testTimeout: 60_000 })

describe('the simulation', () => {
  it('runs the same way from the same seed', async () => {
    const [first, second] = [await simulate(7), await simulate(7)]
    expect(second.trace).toEqual(first.trace)
    expect(first.trace.length).toBeGreaterThan(20)
  })

  it('finds nothing wrong with exactly_once_v2', async () => {
    for (let seed = 0; seed < 5; seed++) expect((await simulate(seed)).problems, `seed ${seed}`).toEqual([])
  })

  it('misses nothing with at_least_once', async () => {
    for (let seed = 0; seed < 5; seed++) expect((await simulate(seed, { guarantee: 'at_least_once' })).problems, `seed ${seed}`).toEqual([])
  })
})
