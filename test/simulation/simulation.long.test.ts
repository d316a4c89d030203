import { describe, expect, it } from 'vitest'
import { findFault } from './find-fault.ts'
import { plantedFaults } from './planted-faults.ts'
import { plantedInStores } from './planted-in-stores.ts'
import { simulate } from './simulation.ts'
import { type WorkloadName, workloads } from './workloads.ts'

const seeds = 200
const names = Object.keys(workloads) as WorkloadName[]

describe('the simulation', () => {
  it.each(names)(`finds nothing wrong with ${seeds} seeds (%s)`, { timeout: 600_000 }, async (name) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const { problems, trace } = await simulate({ seed, workload: workloads[name] })
      expect(problems, `seed ${seed}:\n${trace.join('\n')}`).toEqual([])
    }
  })

  it.each(Object.keys(plantedFaults))(`finds within ${seeds} seeds that %s`, { timeout: 120_000 }, async (name) => {
    expect(await findFault(workloads.streams, plantedFaults[name]!, seeds)).toBeDefined()
  })

  it.each(Object.keys(plantedInStores))(`finds within ${seeds} seeds that %s`, { timeout: 120_000 }, async (name) => {
    expect(await findFault(workloads.stores, plantedInStores[name]!, seeds)).toBeDefined()
  })
})
