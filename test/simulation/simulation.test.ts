import { describe, expect, it } from 'vitest'
import { simulate } from './simulation.ts'
import { workloads } from './workloads.ts'

describe('the simulation', () => {
  it('does the same again from the same seed', async () => {
    const [first, second] = [await simulate({ seed: 7 }), await simulate({ seed: 7 })]
    expect(second).toEqual(first)
    expect(first.trace.length).toBeGreaterThan(20)
  })

  it.each(Array.from({ length: 25 }, (_, index) => index + 1))('comes to what it has to, whatever happens (seed %i)', async (seed) => {
    const { problems, trace } = await simulate({ seed })
    expect(problems, trace.join('\n')).toEqual([])
  })

  it.each([1, 2, 3])('with sessions, timers, calls outside and the like comes to what a test driver gives (seed %i)', async (seed) => {
    const { problems, trace } = await simulate({ seed, workload: workloads.stores })
    expect(problems, trace.join('\n')).toEqual([])
  })
})
