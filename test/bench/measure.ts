// One run of one side of the benchmark: a process that reads the input to its end and says what it measured of itself, and what can be seen from
// outside, the same way for both sides: when its first output lay on the broker.

import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Admin } from 'kafkajs'

export interface Run {
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly outputTopic: string
  /** What the process says of itself, from its stdout. */
  readonly report: (stdout: string) => Promise<Report> | Report
}

export interface Report {
  readonly recordsIn: number
  /** From the first record handed to the topology until all outputs are acknowledged and all offsets committed. */
  readonly seconds: number
  readonly rssPeakBytes: number
}

export interface Measured extends Report {
  readonly recordsPerSecond: number
  readonly recordsOut: number
  /** From the start of the process. */
  readonly firstOutputSeconds: number
}

const pollEveryMs = 50
const runSecondsMax = 300

export async function measure(admin: Admin, run: Run): Promise<Measured> {
  const before = await recordsIn(admin, run.outputTopic)
  const started = performance.now()
  const running = new RunningProcess(run)
  try {
    const firstOutputSeconds = firstOutput(admin, run.outputTopic, before, running.ended).then((at) => (at - started) / 1000)
    const { code, stdout } = await running.ended
    if (code !== 0) throw new Error(`${run.command.join(' ')} ended with ${code}\n${stdout}`)
    const report = await run.report(stdout)
    return {
      ...report,
      recordsPerSecond: report.recordsIn / report.seconds,
      recordsOut: (await recordsIn(admin, run.outputTopic)) - before,
      firstOutputSeconds: await firstOutputSeconds,
    }
  } finally {
    running.kill()
  }
}

class RunningProcess {
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string }>
  readonly #child: ChildProcess

  constructor({ command: [command = '', ...args], environment }: Run) {
    const child = spawn(command, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    const overdue = setTimeout(() => child.kill('SIGKILL'), runSecondsMax * 1000)
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => {
        clearTimeout(overdue)
        resolve({ code, stdout })
      })
    })
  }

  kill(): void {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL')
  }
}

/** When the topic first had more than `before` records; looked for until the process has ended, and once after it. */
async function firstOutput(admin: Admin, topic: string, before: number, ended: Promise<unknown>): Promise<number> {
  let running = true
  const stop = (): void => {
    running = false
  }
  ended.then(stop, stop)
  for (;;) {
    const last = !running
    if ((await recordsIn(admin, topic)) > before) return performance.now()
    if (last) return Number.NaN
    await delay(pollEveryMs)
  }
}

/** How many records a topic got since it was made. */
export async function recordsIn(admin: Admin, topic: string): Promise<number> {
  const partitions = await admin.fetchTopicOffsets(topic)
  return partitions.reduce((total, { high }) => total + Number(high), 0)
}
