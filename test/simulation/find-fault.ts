// Runs seed after seed with a planted fault until one ends badly.

import type { PlantedSabotage } from './planted-faults.ts'
import { type SimulationResult, simulate } from './simulation.ts'
import type { Workload } from './workload.ts'

/** Undefined: no seed up to the last one has found it. */
export async function findFault(workload: Workload, sabotage: PlantedSabotage, lastSeed: number): Promise<SimulationResult | undefined> {
  for (let seed = 1; seed <= lastSeed; seed++) {
    const result = await simulate({ seed, workload, sabotage })
    if (result.problems.length > 0) return result
  }
  return undefined
}
