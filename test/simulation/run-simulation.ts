// npm run simulate -- --seeds A..B [--app streams|stores]: runs each seed with each app, and tells of those that end badly, with what happened. --trace: also of others.

import { parseArgs } from 'node:util'
import { simulate } from './simulation.ts'
import { type WorkloadName, workloads } from './workloads.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1..200' },
    app: { type: 'string', multiple: true, default: Object.keys(workloads) },
    trace: { type: 'boolean', default: false },
  },
})
const unknown = values.app.find((name) => !(name in workloads))
if (unknown !== undefined) {
  console.error(`There is no app ${unknown} to simulate: --app ${Object.keys(workloads).join('|')}.`)
  process.exit(2)
}
const range = /^(\d+)(?:\.\.(\d+))?$/.exec(values.seeds)
if (range === null) {
  console.error('Say which seeds: --seeds 1..200, or --seeds 17.')
  process.exit(2)
}
const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])]
let bad = 0
let events = 0
const startedMs = performance.now()
for (let seed = first; seed <= last; seed++) {
  for (const app of values.app) {
    const result = await simulate({ seed, workload: workloads[app as WorkloadName] })
    events += result.events
    if (result.problems.length === 0 && !values.trace) continue
    console.log(`seed ${seed}, ${app}:\n  ${result.problems.join('\n  ')}`)
    if (values.trace || bad === 0) console.log(result.trace.map((event) => `  ${event}`).join('\n'))
    if (result.problems.length > 0) bad++
  }
}
const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1)
console.log(
  `${last - first + 1} seeds, ${values.app.join(' and ')}, ${events} events, ${seconds} s: ${bad === 0 ? 'all is well' : `${bad} end badly`}.`,
)
process.exit(bad === 0 ? 0 : 1)
