// How fast `millrace check` is: an edit under --watch in a project of 50 topologies, and a cold check of the flights project beside `tsc --noEmit` on the same files.
// Medians, by the clock and by the processor's user time, because other programs of the machine change the first more than the second. Needs npm alone:
//
//   npm run bench:check [edits] [cold runs]

import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { manyTopologies, topologyFile, topologyText } from './many-topologies.ts'

const root = resolve(import.meta.dirname, '..', '..')
const millrace = join(root, 'build', 'cli', 'bin.js')
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const [edits = 20, coldRuns = 5] = process.argv.slice(2).map(Number)
const topologies = 50
/** Edits before the machine has compiled what it runs, which are not counted. */
const warmUp = 5
/** Linux counts processor time in hundredths of a second. */
const tickMs = 10
const limits = { editMs: 300, coldFactor: 1.3, coldExtraMs: 1000 }

console.log(`${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`)
await measureEdits()
await measureCold()

interface Time {
  readonly wallMs: number
  readonly userMs: number
}

async function measureEdits(): Promise<void> {
  const { folder, remove } = manyTopologies(topologies)
  const watch = spawn(process.execPath, [millrace, 'check', '--watch', '--json'], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const lines = createInterface({ input: watch.stdout })[Symbol.asyncIterator]()
    const answer = async (): Promise<number> => {
      const { value, done } = await lines.next()
      if (done === true) throw new Error('millrace check --watch has ended')
      const { diagnostics } = JSON.parse(value) as { diagnostics: unknown[] }
      return diagnostics.length
    }
    const startedMs = performance.now()
    const problems = await answer()
    console.log(`${topologies} topologies, cold: ${(performance.now() - startedMs).toFixed(0)} ms, ${problems} diagnostics`)
    const times: Time[] = []
    for (let edit = 0; edit < edits + warmUp; edit++) {
      const index = (edit * 7) % topologies
      // What is made ready for the next edit is no part of this one; nobody saves twice in a moment.
      await delay(1000)
      const before = { wallMs: performance.now(), userMs: userMsOf(watch) }
      writeFileSync(topologyFile(folder, index), topologyText(index, 16 + edit))
      await answer()
      if (edit >= warmUp) times.push({ wallMs: performance.now() - before.wallMs, userMs: userMsOf(watch) - before.userMs })
    }
    print('an edit, from saved to answered', times, `below ${limits.editMs} ms`)
  } finally {
    // Its time would count as that of the first program behind it.
    const ended = new Promise((done) => watch.once('exit', done))
    watch.kill()
    await ended
    remove()
  }
}

async function measureCold(): Promise<void> {
  const folder = flights()
  try {
    const check: Time[] = []
    const types: Time[] = []
    for (let run = 0; run < coldRuns; run++) {
      // In turns, so that a busy moment of the machine strikes both.
      types.push(await timed([tsc, '--noEmit', '-p', 'tsconfig.same.json'], folder))
      check.push(await timed([millrace, 'check'], folder))
    }
    print('flights: tsc --noEmit', types, 'to compare')
    const [wall, user] = [limit(median(types.map(({ wallMs }) => wallMs))), limit(median(types.map(({ userMs }) => userMs)))]
    print('flights: millrace check, cold', check, `below 1.3 × tsc + 1 s: ${wall.toFixed(0)} ms, ${user.toFixed(0)} ms user`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function limit(tscMs: number): number {
  return limits.coldFactor * tscMs + limits.coldExtraMs
}

/** The template, and the files that a check of it reads for tsc: its topologies and the configuration. */
function flights(): string {
  const folder = mkdtempSync(join(root, '.cache', 'bench-check-'))
  cpSync(join(root, 'templates', 'flight-delays'), folder, { recursive: true })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'millrace'), 'dir')
  writeFileSync(
    join(folder, 'tsconfig.same.json'),
    JSON.stringify({ extends: './tsconfig.json', include: ['topologies', 'millrace.config.ts'] }),
  )
  return folder
}

/** Runs a program of Node, which has to succeed. */
async function timed(args: readonly string[], cwd: string): Promise<Time> {
  const startedMs = performance.now()
  const before = childrenUserMs()
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  const code = await new Promise((done) => child.once('exit', done))
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`)
  return { wallMs: performance.now() - startedMs, userMs: childrenUserMs() - before }
}

/** User time of a process that runs. */
function userMsOf({ pid }: ChildProcess): number {
  return statOf(String(pid), 13)
}

/** User time of the children that have ended. */
function childrenUserMs(): number {
  return statOf('self', 15)
}

/** A field of /proc/<pid>/stat, counted from 0; the second one, the program's name, may have spaces. */
function statOf(pid: string, field: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[field - 2]) * tickMs
}

function print(what: string, times: readonly Time[], expected: string): void {
  const [walls, users] = [times.map(({ wallMs }) => wallMs), times.map(({ userMs }) => userMs)]
  const figures = `median ${median(walls).toFixed(0)} ms (${Math.min(...walls).toFixed(0)} to ${Math.max(...walls).toFixed(0)}), ${median(users).toFixed(0)} ms user`
  console.log(`${what}: ${figures}, ${times.length} runs; ${expected}`)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle - 0.5)] ?? 0)) / 2
}
