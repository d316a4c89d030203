// Runs seed after seed with a planted fault until one ends badly.

import { plantedFaults } from './planted-faults.ts'
import { type SimulationResult, simulate } from './simulation.ts'

/** Undefined: no seed up to the last one has found it. */
export async function findFault(name: string, lastSeed: number): Promise<SimulationResult | undefined> {
  for (let seed = 1; seed <= lastSeed; seed++) {
    const result = await simulate({ seed, sabotage: plantedFaults[name]! })
    if (result.problems.length > 0) return result
  }
  return undefined
}
