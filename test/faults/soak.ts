// npm run soak -- [--minutes 30] [--seed S] [--side millrace|jvm] [--rate 1500] [--session-timeout-ms 10000]
//
// Three instances under load, on three brokers: each minute one is killed with -9, and another fault of the seed follows. Ends with 1 where anything was lost, came
// twice, or ended by itself. Needs Java and Maven.

import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type FaultRunReport, faultKinds, isNothing, removeLogs, runFaults } from './fault-run.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    side: { type: 'string', default: 'millrace' },
    rate: { type: 'string', default: '1500' },
    'session-timeout-ms': { type: 'string', default: '10000' },
  },
})
if (values.side !== 'millrace' && values.side !== 'jvm') {
  console.error('--side is millrace or jvm.')
  process.exit(2)
}
const minutes = Number(values.minutes)
// What ends this process ends brokers and instances too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
const startedMs = performance.now()
const passed = () => (performance.now() - startedMs) / 1000

const report = await runFaults({
  side: values.side,
  seed: Number(values.seed),
  perSecond: Number(values.rate),
  // Of Kafka Streams' default there is no number here: it is the side's own.
  sessionTimeoutMs: values['session-timeout-ms'] === 'default' ? undefined : Number(values['session-timeout-ms']),
  say: (text) => console.log(`${passed().toFixed(0).padStart(5)} s  ${text}`),
  async script(faults, random) {
    const others = faultKinds.filter((kind) => kind !== 'kill')
    for (let minute = 1; minute <= minutes; minute++) {
      const endMs = performance.now() + 60_000
      await faults.happen('kill')
      await delay(random.between(0, 5_000))
      await faults.happen(minute <= others.length ? others[minute - 1]! : random.oneOf(others))
      await delay(Math.max(0, endMs - performance.now()))
    }
  },
})
print(report)

function print({ records, faults, takeoverSeconds, endedByThemselves, differences, usage, folder }: FaultRunReport): void {
  const sorted = [...takeoverSeconds].sort((left, right) => left - right)
  console.log(`\n${records} events, ${minutes} minutes, seed ${values.seed}`)
  console.log(
    Object.entries(faults)
      .map(([kind, count]) => `${kind} ${count}`)
      .join(', '),
  )
  if (sorted.length > 0) console.log(`taken over within ${sorted.map((seconds) => seconds.toFixed(1)).join(', ')} s`)
  if (usage !== undefined) {
    const { rssMegabytes: rss, openFiles, megabytesPerMinute: slope, megabytesPerSpan: spans } = usage
    console.log(
      `memory of the first instance: ${rss.atFirst} MB, at last ${rss.atLast} MB, at most ${rss.peak} MB, slope ${slope?.toFixed(2) ?? 'unknown'} MB/min`,
    )
    console.log(`mean of every five minutes: ${spans.join(', ')} MB`)
    console.log(`open files of it: ${openFiles.atFirst}, at last ${openFiles.atLast}, at most ${openFiles.peak}`)
  }
  for (const [what, { lost, twice, examples }] of Object.entries(differences))
    console.log(`${what}: ${lost} lost, ${twice} twice${examples.length > 0 ? `; ${examples.join('; ')}` : ''}`)
  const isWell = endedByThemselves.length === 0 && Object.values(differences).every(isNothing)
  console.log(isWell ? 'All is well.' : `It is not well. The logs of the instances are in ${folder}.`)
  for (const why of endedByThemselves) console.log(why)
  if (isWell) removeLogs(report)
  process.exitCode = isWell ? 0 : 1
}
