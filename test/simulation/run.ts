// npm run simulate -- [--seeds A..B] [--guarantee at_least_once] [--trace]
//
// Runs the simulation for each seed and prints those that fail, with how to see them again.

import { parseArgs } from 'node:util'
import { simulate } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '0..200' },
    guarantee: { type: 'string', default: 'exactly_once_v2' },
    trace: { type: 'boolean', default: false },
  },
})
const [from, to] = values.seeds.split('..').map(Number)
const guarantee = values.guarantee === 'at_least_once' ? 'at_least_once' : 'exactly_once_v2'
let failed = 0
for (let seed = from ?? 0; seed < (to ?? (from ?? 0) + 1); seed++) {
  const { problems, trace } = await simulate(seed, { guarantee })
  if (values.trace) console.log(trace.join('\n'))
  if (problems.length === 0) continue
  failed++
  console.log(
    `Seed ${seed} (npm run simulate -- --seeds ${seed}..${seed + 1} --guarantee ${guarantee} --trace):\n  ${problems.join('\n  ')}`,
  )
}
console.log(`${(to ?? 0) - (from ?? 0) - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
