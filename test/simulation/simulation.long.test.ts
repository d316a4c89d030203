// 200 seeds of each guarantee; and faults planted at the ports of the runtime, each of which has to be found within 200 seeds.

import { expect, it, vi } from 'vitest'
import { plants } from './plants.ts'
import { simulate } from './simulate.ts'

vi.setConfig({ testTimeout: 300_000 })

it.each(['exactly_once_v2', 'at_least_once'] as const)('200 seeds of %s', async (guarantee) => {
  for (let seed = 0; seed < 200; seed++) expect((await simulate(seed, { guarantee })).problems, `seed ${seed}`).toEqual([])
})

it.each(plants.map((plant) => [plant.name, plant] as const))('finds that %s', async (_, plant) => {
  let found: readonly string[] = []
  for (let seed = 0; seed < 200 && found.length === 0; seed++) found = (await simulate(seed, { plant })).problems
  expect(found).not.toEqual([])
})
