// npm run takeover -- [--kills 10] [--guarantee exactly_once_v2] [--side millrace|jvm]
//
// How long a task stands still when the instance that runs it dies: two instances under load on an Apache Kafka with its own default for how often it looks for transactions
// that have timed out; again and again one of them is killed with -9, and the clock runs until every partition has committed more than before. The settings are
// the defaults of the side, but for the commit interval under at-least-once. Needs Java and Maven.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Random } from '../kit/random.ts'
import { appOf, type Side } from './app-programs.ts'
import { Instance } from './instance.ts'
import { Load } from './load.ts'
import { WatchedCluster } from './watched-cluster.ts'

const { values: options } = parseArgs({
  options: {
    kills: { type: 'string', default: '10' },
    guarantee: { type: 'string', default: 'exactly_once_v2' },
    side: { type: 'string', default: 'millrace' },
    seed: { type: 'string', default: '1' },
  },
})

const group = 'accounts'
const topics = ['fault-events', 'fault-copies', 'fault-keys', 'fault-accounts']
const waitMsMax = 180_000

const random = new Random(Number(options.seed))
const folder = mkdtempSync(join(tmpdir(), 'millrace-takeover-'))
const cluster = await WatchedCluster.start({ settings: { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': 10_000 } })
const app = appOf(options.side as Side, {
  MILLRACE_BROKERS: cluster.brokers,
  MILLRACE_APPLICATION_ID: group,
  MILLRACE_PROCESSING_GUARANTEE: options.guarantee,
  MILLRACE_COMMIT_INTERVAL_MS: '100',
})
const pair = ['one', 'other'].map((name) => new Instance(name, app, folder, (why) => console.error(why)))
process.once('exit', () => {
  for (const instance of pair) instance.killNow()
})
const getOn = async (from: ReadonlyMap<string, number>): Promise<number> => {
  const seconds = await cluster.secondsUntilAllGetOn(group, from, waitMsMax)
  if (seconds === undefined) throw new Error(`Not all partitions got on within ${waitMsMax / 1_000} s; logs in ${folder}`)
  return seconds
}

const taken: number[] = []
try {
  await cluster.createTopics(4, ...topics)
  const load = new Load(cluster.client, 'fault-events', 500, random)
  load.start()
  for (const instance of pair) instance.start()
  await getOn(new Map([0, 1, 2, 3].map((partition) => [`fault-events-${partition}`, 0])))
  for (let kill = 0; kill < Number(options.kills); kill++) {
    // At any time between two heartbeats.
    await settled(random.between(8_000, 13_000))
    const from = await cluster.committed(group)
    const mortal = pair[kill % 2]!
    await mortal.kill()
    const seconds = await getOn(from)
    taken.push(seconds)
    console.log(`kill ${kill + 1}: ${seconds.toFixed(1)} s`)
    mortal.start()
  }
  await load.stop()
} finally {
  for (const instance of pair) instance.killNow()
  await cluster.stop()
}
taken.sort((left, right) => left - right)
const [least, middle, most] = [taken[0]!, taken[Math.floor(taken.length / 2)]!, taken.at(-1)!]
console.log(
  `${options.side}, ${options.guarantee}: ${taken.length} kills, taken over after ${least.toFixed(1)} to ${most.toFixed(1)} s, median ${middle.toFixed(1)} s`,
)
rmSync(folder, { recursive: true, force: true })

/** Until the one that was started last has its tasks, and has run for a while. */
async function settled(forMs: number): Promise<void> {
  const untilMs = performance.now() + forMs
  do await getOn(await cluster.committed(group))
  while (performance.now() < untilMs)
}
