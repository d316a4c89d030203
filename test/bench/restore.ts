// npm run bench:restore -- [--records 5000000] [--keys 1000000] [--guarantee exactly_once_v2] [--brokers HOST:PORT]
//
// How an app comes back, Millrace beside Kafka Streams on one Kafka: with nothing on its disk, so that it reads its whole changelog, and after kill -9 with what was on
// its disk then. Both have the same topology, changelog, settings and input; a static member each, so that no session timeout is waited for. The clock runs from the
// start of the process to the first output on the broker. Needs Java and Maven.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { type Admin, Kafka, logLevel, Partitioners } from 'kafkajs'
import { startKafka } from '../real-kafka/cluster.ts'
import { buildSides, jvmClasspath, loadRecords, megabytes, millraceProject, perSecond } from './both-sides.ts'
import { recordsIn } from './measure.ts'

const { values: options } = parseArgs({
  options: {
    records: { type: 'string', default: '5000000' },
    keys: { type: 'string', default: '1000000' },
    guarantee: { type: 'string', default: 'at_least_once' },
    brokers: { type: 'string' },
  },
})

const partitions = 4
const [input, output] = ['restore-events', 'restore-output']
const waitSecondsMax = 300
const pollEveryMs = 20
const sides = {
  'Kafka Streams': { id: 'restore-jvm', command: ['java', '-cp', jvmClasspath, 'bench.RestoreBench'] },
  Millrace: { id: 'restore-millrace', command: ['node', join(millraceProject, 'dist', 'bench-restore', 'app.mjs')] },
} as const
type Side = keyof typeof sides

interface Comeback {
  readonly restoredRecords: number
  readonly restoreSeconds: number
  readonly firstOutputSeconds: number
  readonly rssPeakBytes: number
}

class Bench {
  readonly #brokers: string
  readonly #kafka: Kafka
  readonly #admin: Admin

  constructor(brokers: string) {
    this.#brokers = brokers
    this.#kafka = new Kafka({ brokers: [brokers], clientId: 'bench-restore', logLevel: logLevel.ERROR })
    this.#admin = this.#kafka.admin()
  }

  async run(): Promise<void> {
    await this.#admin.connect()
    const topics = [input, output].map((topic) => ({ topic, numPartitions: partitions }))
    await this.#admin.createTopics({ topics, waitForLeaders: true })
    const table = new Table({
      head: ['', 'restored', 'rate', 'peak RSS', 'first output', 'after kill -9: restored', 'first output'],
      style: { head: [], border: [] },
    })
    for (const side of Object.keys(sides) as Side[]) {
      console.error(`${side}: loading its changelog`)
      loadRecords(this.#brokers, `${sides[side].id}-latest-changelog`, partitions, Number(options.records), Number(options.keys))
      const folder = await mkdtemp(join(tmpdir(), 'millrace-restore-'))
      try {
        const cold = await this.#comeBack(side, folder)
        console.error(`${side}, from the changelog: ${JSON.stringify(cold)}`)
        const warm = await this.#comeBack(side, folder)
        console.error(`${side}, after kill -9: ${JSON.stringify(warm)}`)
        if (cold.restoredRecords < Number(options.records)) throw new Error(`${side} restored ${cold.restoredRecords} records only`)
        table.push([
          side,
          String(cold.restoredRecords),
          perSecond(cold.restoredRecords / cold.restoreSeconds),
          megabytes(cold.rssPeakBytes),
          `${cold.firstOutputSeconds.toFixed(1)} s`,
          String(warm.restoredRecords),
          `${warm.firstOutputSeconds.toFixed(1)} s`,
        ])
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }
    await this.#admin.disconnect()
    console.log(`${options.records} changelog records of ${options.keys} keys, ${options.guarantee}`)
    console.log(table.toString())
  }

  /** Starts the app, waits for its first output, lets it commit, and kills it. */
  async #comeBack(side: Side, folder: string): Promise<Comeback> {
    const { id, command } = sides[side]
    await this.#sendOneToEachPartition()
    const before = await recordsIn(this.#admin, output)
    const startedMs = performance.now()
    const app = start(command, {
      MILLRACE_BROKERS: this.#brokers,
      MILLRACE_APPLICATION_ID: id,
      MILLRACE_STATE_DIR: folder,
      MILLRACE_GROUP_INSTANCE_ID: 'the-only-one',
      MILLRACE_PROCESSING_GUARANTEE: options.guarantee,
      MILLRACE_COMMIT_INTERVAL_MS: '100',
      MILLRACE_CACHE_BYTES_MAX: '0',
    })
    try {
      await this.#until(app, 'output', async () => (await recordsIn(this.#admin, output)) > before)
      const firstOutputSeconds = (performance.now() - startedMs) / 1000
      const rssPeakBytes = app.rssPeakBytes()
      await this.#until(app, 'all is committed', () => this.#isCommitted(id))
      // Kafka Streams notes the position of its store with a commit that comes after.
      await delay(1_000)
      const [, restored, seconds] = [...app.output().matchAll(/Restored (\d+) records in ([\d.]+) s/g)].at(-1) ?? []
      return { restoredRecords: Number(restored ?? 0), restoreSeconds: Number(seconds ?? 0), firstOutputSeconds, rssPeakBytes }
    } finally {
      await app.kill()
    }
  }

  async #sendOneToEachPartition(): Promise<void> {
    const producer = this.#kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    const messages = Array.from({ length: partitions }, (_, partition) => ({ partition, key: `fresh-${partition}`, value: 'fresh' }))
    await producer.send({ topic: input, messages })
    await producer.disconnect()
  }

  async #isCommitted(groupId: string): Promise<boolean> {
    const [committed] = await this.#admin.fetchOffsets({ groupId, topics: [input] })
    const ends = await this.#admin.fetchTopicOffsets(input)
    return ends.every(({ partition, high }) => committed?.partitions.find((one) => one.partition === partition)?.offset === high)
  }

  async #until(app: RunningApp, what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadlineMs = performance.now() + waitSecondsMax * 1000
    while (!(await isSo())) {
      if (app.hasEnded() || performance.now() > deadlineMs) throw new Error(`Waited in vain until ${what}:\n${app.output()}`)
      await delay(pollEveryMs)
    }
  }
}

interface RunningApp {
  output(): string
  hasEnded(): boolean
  rssPeakBytes(): number
  kill(): Promise<void>
}

function start([program = '', ...args]: readonly string[], environment: Readonly<Record<string, string>>): RunningApp {
  const child: ChildProcess = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  process.once('exit', () => child.kill('SIGKILL'))
  return {
    output: () => output,
    hasEnded,
    rssPeakBytes: () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
    async kill() {
      if (hasEnded()) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

console.error('building both sides')
buildSides()
const kafka = options.brokers === undefined ? await startKafka({ heap: '1g' }) : undefined
try {
  await new Bench(options.brokers ?? kafka!.address).run()
} finally {
  await kafka?.stop()
}
