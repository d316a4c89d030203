import { describe, expect, it } from 'vitest'
import { findFault } from './find-fault.ts'
import { plantedFaults } from './planted-faults.ts'
import { simulate } from './simulation.ts'

const seeds = 200

describe('the simulation', () => {
  it(`finds nothing wrong with ${seeds} seeds`, { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { problems, trace } = await simulate({ seed })
      expect(problems, `seed ${seed}:\n${trace.join('\n')}`).toEqual([])
    }
  })

  it.each(Object.keys(plantedFaults))(`finds within ${seeds} seeds that %s`, { timeout: 120_000 }, async (name) => {
    expect(await findFault(name, seeds)).toBeDefined()
  })
})
