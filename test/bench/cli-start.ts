// npm run bench:cli [-- --runs N]
//
// How long the CLI takes to say something, from the start of the process to its end: lowest, median and highest of so many runs, and what it loads for it. The
// line of an empty program of Node is what none can be below.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { filesLoadedBy } from '../cli/loaded-files.ts'

const { values } = parseArgs({ options: { runs: { type: 'string', default: '20' } } })
const runs = Number(values.runs)
const bin = join('build', 'cli', 'bin.js')
const programs: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['-e', '0'],
  'millrace --help': [bin, '--help'],
  'millrace topic list --help': [bin, 'topic', 'list', '--help'],
  'millrace new --list': [bin, 'new', '--list'],
}

if (!existsSync(bin)) throw new Error(`There is no ${bin}: run \`npm run build\` first.`)
if (!Number.isSafeInteger(runs) || runs < 1) throw new Error(`--runs must be a whole number, at least 1, not ${values.runs}`)

const table = new Table({ head: ['', 'min ms', 'median ms', 'max ms', 'files'], style: { head: [], border: [] } })
const loaded = new Map<string, readonly string[]>()
for (const [name, args] of Object.entries(programs)) {
  const times = Array.from({ length: runs }, () => timeOf(args)).sort((left, right) => left - right)
  const files = filesLoadedBy(args)
  loaded.set(name, files)
  table.push([name, ...[times[0], times[runs >> 1], times.at(-1)].map((ms) => Math.round(ms ?? 0)), files.length])
}
console.log(table.toString())
for (const [name, files] of loaded) if (files.length > 0) console.log(`\n${name} loads\n  ${files.join('\n  ')}`)

function timeOf(args: readonly string[]): number {
  const started = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`)
  return performance.now() - started
}
