// The edit loop of millrace dev, measured from outside: a topology is saved again and again while records come in, and what counts is how long it takes until the first
// result of the new version is on the screen. Needs npm alone:
//
//   npm run build && node --import ./scripts/typescript.mjs test/bench/dev-loop.ts [edits]

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'

const root = resolve(import.meta.dirname, '..', '..')
const edits = Number(process.argv[2] ?? 20)
const waitMsMax = 60_000
const recordEveryMs = 20

interface Loop {
  readonly topology: string
  /** A text of the topology file, and what takes its place; `version` shows in every result. */
  readonly edit: (text: string, version: number) => string
  readonly input: { readonly topic: string; readonly value: string }
}

const loops: readonly Loop[] = [
  {
    topology: 'word-count',
    edit: (text, version) => text.replace('({ count })', `({ count, version: ${version} })`),
    input: { topic: 'lines', value: 'to be or not to be' },
  },
]

for (const loop of loops) await measure(loop)

async function measure({ topology, edit, input }: Loop): Promise<void> {
  const folder = project(topology)
  const dev = spawn(process.execPath, [join(root, 'build', 'cli', 'bin.js'), 'dev', '--port', '0'], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((done) => dev.once('close', done))
  let shown = ''
  for (const stream of [dev.stdout, dev.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (shown += text))
  const seen = async (text: string): Promise<number> => {
    const deadline = performance.now() + waitMsMax
    while (!shown.includes(text)) {
      if (performance.now() > deadline || dev.exitCode !== null) throw new Error(`It never showed ${text}, but:\n${shown}`)
      await delay(2)
    }
    return performance.now()
  }
  try {
    const startedMs = performance.now()
    const cold = (await seen(`${topology} runs, `)) - startedMs
    const stopFeeding = await feed(/Broker at (\S+),/.exec(shown)![1]!, input.topic, input.value)
    const file = join(folder, 'topologies', `${topology}.ts`)
    const text = readFileSync(file, 'utf8')
    const running: number[] = []
    const results: number[] = []
    for (let version = 1; version <= edits; version++) {
      shown = ''
      writeFileSync(file, edit(text, version))
      const savedMs = performance.now()
      running.push((await seen(`rebuilt ${topology} in `)) - savedMs)
      results.push((await seen(`"version":${version}}`)) - savedMs)
    }
    await stopFeeding()
    console.log(`${topology}: cold start ${(cold / 1000).toFixed(1)} s; ${edits} edits, in ms (min, median, max)`)
    console.log(`  from save until the new app runs:     ${spread(running)}`)
    console.log(`  from save until its first result:     ${spread(results)}`)
  } finally {
    dev.kill('SIGINT')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

function project(template: string): string {
  mkdirSync(join(root, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, '.cache', 'dev-loop-'))
  cpSync(join(root, 'templates', template), folder, { recursive: true })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'millrace'), 'dir')
  return folder
}

/** Sends a record every few milliseconds until it is told to stop. */
async function feed(address: string, topic: string, value: string): Promise<() => Promise<void>> {
  const producer = new Kafka({ brokers: [address], clientId: 'dev-loop', logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  let feeding = true
  const fed = (async (): Promise<void> => {
    while (feeding) {
      await producer.send({ topic, messages: [{ value }] })
      await delay(recordEveryMs)
    }
  })()
  return async () => {
    feeding = false
    await fed
    await producer.disconnect()
  }
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((left, right) => left - right)
  return [sorted[0]!, sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!].map((value) => value.toFixed(0)).join(', ')
}
