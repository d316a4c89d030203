// An exactly_once_v2 app of three instances under constant load, on three brokers, and faults drawn from a seed: instances killed with -9, frozen beyond their session
// and resumed (zombies), brokers killed and started again, leaders moved, state folders deleted. At the end a reader of committed records and the stores of the app
// have to have what the oracle makes of the input.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Random } from '../kit/random.ts'
import { appOf, type Side } from './app-programs.ts'
import { readCommitted } from './committed-reader.ts'
import { Instance, type Row } from './instance.ts'
import { Load } from './load.ts'
import { type Comparison, type Difference, Oracle } from './oracle.ts'
import { Usage, type UsageReport } from './usage.ts'
import { WatchedCluster } from './watched-cluster.ts'

const partitions = 4
const instances = 3
const group = 'accounts'
const topics = { input: 'fault-events', copies: 'fault-copies', keys: 'fault-keys', accounts: 'fault-accounts' } as const
const takeoverMsMax = 120_000
/** Three JVMs that start at once, on a machine that is busy. */
const startMsMax = 300_000
const drainMsMax = 180_000

export const faultKinds = ['kill', 'kill and delete state', 'freeze', 'kill a broker', 'move leaders'] as const
export type FaultKind = (typeof faultKinds)[number]

export interface FaultRunOptions {
  readonly side: Side
  readonly seed: number
  readonly perSecond: number
  /** So many events at least, however soon the faults are over. */
  readonly recordsMin?: number
  /** Of the group; undefined is the default of the side. */
  readonly sessionTimeoutMs?: number
  /** Draws the faults and their times, until it ends. */
  readonly script: (faults: Faults, random: Random) => Promise<void>
  readonly say: (text: string) => void
}

export interface FaultRunReport {
  readonly records: number
  readonly faults: Readonly<Record<FaultKind, number>>
  /** From a kill until each partition of the killed instance, and all others, had committed more; of those after which the instance stayed away until then. */
  readonly takeoverSeconds: readonly number[]
  /** How often an instance ended that nobody had ended. */
  readonly endedByThemselves: readonly string[]
  /** By what was compared: outputs and stores. Empty ones are as they should be. */
  readonly differences: Readonly<Record<string, Difference>>
  readonly usage: UsageReport | undefined
  /** With the logs of instances; removed by who has read them. */
  readonly folder: string
}

export interface Faults {
  /** Does one; gives when it is over, and everybody runs again. */
  happen(kind: FaultKind): Promise<void>
}

export async function runFaults(options: FaultRunOptions): Promise<FaultRunReport> {
  const { side, seed, perSecond, recordsMin = 0, sessionTimeoutMs, script, say } = options
  const random = new Random(seed)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-faults-'))
  say(`${side}, seed ${seed}: starting three brokers`)
  const cluster = await WatchedCluster.start()
  const endedByThemselves: string[] = []
  const environment = {
    MILLRACE_BROKERS: cluster.brokers,
    MILLRACE_APPLICATION_ID: group,
    MILLRACE_PROCESSING_GUARANTEE: 'exactly_once_v2',
    MILLRACE_COMMIT_INTERVAL_MS: '100',
    MILLRACE_CACHE_BYTES_MAX: '0',
    ...(sessionTimeoutMs === undefined ? {} : { MILLRACE_SESSION_TIMEOUT_MS: String(sessionTimeoutMs) }),
  }
  const app = appOf(side, environment)
  const all = Array.from({ length: instances }, (_, index): Instance => {
    const instance: Instance = new Instance(`instance-${index + 1}`, app, folder, (why) => {
      say(why)
      endedByThemselves.push(why)
      // As a supervisor would.
      setTimeout(() => instance.start(), 1_000)
    })
    return instance
  })
  const killAll = () => {
    for (const instance of all) instance.killNow()
  }
  process.once('exit', killAll)
  // The first is never killed, so that its memory can be watched over all of the run.
  const usage = new Usage(all[0]!)
  try {
    await cluster.createTopics(partitions, ...Object.values(topics))
    const load = new Load(cluster.client, topics.input, perSecond, random)
    load.start()
    for (const instance of all) instance.start()
    await untilAllRun(cluster)
    say('all run; the faults begin')
    usage.start()
    const happened = new HappeningFaults(cluster, all, random, sessionTimeoutMs ?? (side === 'jvm' ? 45_000 : 10_000), say)
    await script(happened, random)
    while (load.sent < recordsMin) await delay(100)
    await load.stop()
    say(`${load.sent} events sent, ${load.retried} batches more than once; waiting until all is done`)
    const { records, differences } = await verify(cluster, all, say)
    usage.stop()
    return {
      records,
      faults: happened.counts,
      takeoverSeconds: happened.takeoverSeconds,
      endedByThemselves,
      differences,
      usage: usage.report(),
      folder,
    }
  } finally {
    usage.stop()
    killAll()
    process.off('exit', killAll)
    await cluster.stop()
  }
}

export function removeLogs({ folder }: FaultRunReport): void {
  rmSync(folder, { recursive: true, force: true })
}

class HappeningFaults implements Faults {
  readonly counts: Record<FaultKind, number> = { kill: 0, 'kill and delete state': 0, freeze: 0, 'kill a broker': 0, 'move leaders': 0 }
  readonly takeoverSeconds: number[] = []
  readonly #cluster: WatchedCluster
  readonly #all: readonly Instance[]
  readonly #random: Random
  readonly #sessionTimeoutMs: number
  readonly #say: (text: string) => void
  #broker = 0

  constructor(cluster: WatchedCluster, all: readonly Instance[], random: Random, sessionTimeoutMs: number, say: (text: string) => void) {
    this.#cluster = cluster
    this.#all = all
    this.#random = random
    this.#sessionTimeoutMs = sessionTimeoutMs
    this.#say = say
  }

  async happen(kind: FaultKind): Promise<void> {
    const startedMs = performance.now()
    const what = await this.#make(kind)
    this.counts[kind]++
    this.#say(`${kind}: ${what}, ${((performance.now() - startedMs) / 1000).toFixed(1)} s`)
  }

  async #make(kind: FaultKind): Promise<string> {
    const random = this.#random
    const mortal = this.#all[1 + random.below(this.#all.length - 1)]!
    switch (kind) {
      case 'kill': {
        // It is back at once, or after the others have taken over.
        const isBackAtOnce = random.chance(0.5)
        const from = await this.#cluster.committed(group)
        await mortal.kill()
        if (!isBackAtOnce) {
          const seconds = await this.#cluster.secondsUntilAllGetOn(group, from, takeoverMsMax)
          this.takeoverSeconds.push(seconds ?? Number.POSITIVE_INFINITY)
          mortal.start()
          return `${mortal.name}, taken over after ${seconds?.toFixed(1) ?? 'more than 120'} s`
        }
        mortal.start()
        return `${mortal.name}, back at once`
      }
      case 'kill and delete state':
        await mortal.kill()
        await mortal.deleteState()
        mortal.start()
        return mortal.name
      case 'freeze': {
        const instance = random.oneOf(this.#all)
        instance.freeze()
        await delay(this.#sessionTimeoutMs + random.between(1_000, 6_000))
        instance.resume()
        return instance.name
      }
      case 'kill a broker': {
        const broker = this.#broker++ % this.#cluster.kafka.nodes.length
        await this.#cluster.killBroker(broker, random.between(0, 9_000))
        return `broker ${broker + 1}`
      }
      case 'move leaders':
        await this.#cluster.moveLeaders(random)
        return 'of all topics'
    }
  }
}

async function untilAllRun(cluster: WatchedCluster): Promise<void> {
  // All have joined when each partition of the input has been committed.
  const wanted = new Map(Array.from({ length: partitions }, (_, partition) => [`${topics.input}-${partition}`, 0]))
  if ((await cluster.secondsUntilAllGetOn(group, wanted, startMsMax)) === undefined) throw new Error('The app does not process its input.')
}

async function verify(
  cluster: WatchedCluster,
  all: readonly Instance[],
  say: (text: string) => void,
): Promise<Pick<FaultRunReport, 'records' | 'differences'>> {
  const { kafka, brokers } = cluster
  const oracle = new Oracle()
  await readCommitted(kafka.distribution, brokers, topics.input, oracle.takeInput)
  say(`the input holds ${oracle.records} events; comparing`)
  const differences: Record<string, Difference> = {}
  for (const store of ['byKey', 'byAccount'] as const) differences[`store ${store}`] = await settledState(all, store, oracle)
  for (const instance of all) {
    const code = await instance.stop()
    if (code !== 0 && code !== 143) differences[instance.name] = { lost: 0, twice: 0, examples: [`it ended with ${code}: ${instance.log}`] }
  }
  const outputs = {
    [topics.copies]: oracle.copies(),
    [topics.keys]: oracle.countsOf('byKey'),
    [topics.accounts]: oracle.countsOf('byAccount'),
  }
  const compare = async ([topic, { take, difference }]: readonly [string, Comparison]): Promise<void> => {
    await readCommitted(kafka.distribution, brokers, topic, take)
    differences[topic] = difference()
  }
  await Promise.all(Object.entries(outputs).map(compare))
  return { records: oracle.records, differences }
}

/** As soon as the stores have all, or as they are when they had time enough. */
async function settledState(all: readonly Instance[], store: 'byKey' | 'byAccount', oracle: Oracle): Promise<Difference> {
  const startedMs = performance.now()
  for (;;) {
    const rows: Row[][] = await Promise.all(all.map((instance) => instance.rows(store).catch(() => [])))
    const difference = oracle.state(store, rows.flat())
    if (isNothing(difference) || performance.now() - startedMs > drainMsMax) return difference
    await delay(500)
  }
}

export function isNothing({ lost, twice, examples }: Difference): boolean {
  return lost === 0 && twice === 0 && examples.length === 0
}
