// One run of one side of the benchmark: a process that reads the input to its end and says what it measured of itself, and what can be seen from
// outside, the same way for both sides: when its first output lay on the broker.

import { spawn } from 'node:child_process'
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
  const started = performance.now()
  const [command = '', ...args] = run.command
  const child = spawn(command, args, { env: { ...process.env, ...run.environment }, stdio: ['ignore', 'pipe', 'inherit'] })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
  const overdue = setTimeout(() => child.kill('SIGKILL'), runSecondsMax * 1000)

  let firstOutputSeconds = Number.NaN
  let running = true
  const watching = (async () => {
    while (running) {
      if ((await recordsIn(admin, run.outputTopic)) > 0) {
        firstOutputSeconds = (performance.now() - started) / 1000
        return
      }
      await delay(pollEveryMs)
    }
  })()
  const code = await ended
  clearTimeout(overdue)
  if (code !== 0) throw new Error(`${run.command.join(' ')} ended with ${code}\n${stdout}`)
  // What a process wrote as it ended shows at the next look.
  await Promise.race([watching, delay(2000)])
  running = false
  await watching

  const report = await run.report(stdout)
  return {
    ...report,
    recordsPerSecond: report.recordsIn / report.seconds,
    recordsOut: await recordsIn(admin, run.outputTopic),
    firstOutputSeconds,
  }
}

/** How many records a topic got since it was made. */
export async function recordsIn(admin: Admin, topic: string): Promise<number> {
  const partitions = await admin.fetchTopicOffsets(topic)
  return partitions.reduce((total, { high }) => total + Number(high), 0)
}
