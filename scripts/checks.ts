// Runs checks one after the other, all of them whatever fails, and ends with `N passed, N failed`.
//
//   checks.ts GROUP CHECK...     runs the checks and keeps their counts under GROUP
//   checks.ts --sum GROUP...     prints the sum over groups that ran before; a group without counts is a failure
//
// A run of vitest counts its tests, every other check counts as one.

import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KafkaDistribution } from '../test/real-kafka/distribution.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const results = join(root, '.cache', 'checks')

interface Check {
  readonly command: readonly string[]
  readonly says: string
  readonly vitest?: boolean
  /** What has to be there before it can run; throws a line that says what is missing. */
  readonly prepare?: () => void
}

interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** What we read of vitest's JSON report. */
interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}

const checks: Readonly<Record<string, Check>> = {
  build: { command: ['node', 'scripts/build.mjs'], says: 'the package builds' },
  lint: { command: ['biome', 'ci', '--colors=off', '.'], says: 'biome finds nothing' },
  types: { command: ['tsc', '--noEmit', '-p', 'tsconfig.json'], says: 'everything type-checks' },
  imports: {
    command: ['depcruise', '--config', '.dependency-cruiser.mjs', 'framework', 'plugins', 'cli', 'test', 'scripts'],
    says: 'imports go one way',
  },
  unused: { command: ['knip', '--no-progress', '--no-config-hints'], says: 'nothing is unused' },
  tests: { command: ['vitest', 'run'], vitest: true, says: 'the tests' },
  package: {
    command: ['node', '--import', './scripts/typescript.mjs', 'test/package/check.ts'],
    says: 'the package, as a stranger gets it',
  },
  links: { command: ['remark', '--frail', '--quiet', '--no-stdout', '.'], says: 'no link of the documentation leads nowhere' },
  tour: {
    command: ['node', '--import', './scripts/typescript.mjs', 'test/package/tour.ts'],
    says: 'the tour of the README, command by command',
  },
  api: { command: ['typedoc', '--emit', 'none'], says: 'the API reference can be made' },
  long: {
    command: ['vitest', 'run', '--config', 'vitest.long.config.ts'],
    vitest: true,
    says: 'the tests that take minutes',
  },
  kafka: {
    command: ['vitest', 'run', '--config', 'vitest.kafka.config.ts'],
    vitest: true,
    prepare: () => void KafkaDistribution.fetch(),
    says: 'the tests on Apache Kafka',
  },
  templates: { command: ['vitest', 'run', '--config', 'vitest.templates.config.ts'], vitest: true, says: 'a project of each template' },
  container: { command: ['vitest', 'run', '--config', 'vitest.container.config.ts'], vitest: true, says: 'the images, built and run' },
}

const [group = '', ...names] = process.argv.slice(2)
process.exitCode = (group === '--sum' ? sum(names) : await run(group, names)) ? 0 : 1

async function run(group: string, names: readonly string[]): Promise<boolean> {
  mkdirSync(results, { recursive: true })
  rmSync(resultsOf(group), { force: true })
  const total = none()
  const lines: string[] = []
  for (const name of names) {
    const check = checks[name]
    if (check === undefined) throw new Error(`There is no check ${name}: ${Object.keys(checks).join(', ')}.`)
    const started = performance.now()
    console.log(`\n── ${name}: ${check.says}`)
    const counts = await runCheck(name, check)
    add(total, counts)
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6)
    lines.push(`${counts.failed === 0 ? 'passed' : 'FAILED'} ${seconds} s  ${name}${check.vitest ? ` (${spell(counts)})` : ''}`)
  }
  writeFileSync(resultsOf(group), JSON.stringify(total))
  console.log(`\n${lines.join('\n')}\n${spell(total)}`)
  return total.failed === 0
}

async function runCheck(name: string, check: Check): Promise<Counts> {
  try {
    check.prepare?.()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const report = join(results, `vitest-${name}.json`)
  rmSync(report, { force: true })
  const reporters = check.vitest ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : []
  const status = await exitCodeOf([...check.command, ...reporters])
  if (!check.vitest) return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 }
  const counts = countsOf(report)
  // A file that cannot be loaded or an unhandled rejection fails the run without failing a test.
  if (status !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

function countsOf(report: string): Counts {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }: VitestReport = JSON.parse(
      readFileSync(report, 'utf8'),
    )
    const unloadable = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
    return { passed: numPassedTests, failed: numFailedTests + unloadable, skipped: numPendingTests + numTodoTests }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

function exitCodeOf([command = '', ...args]: readonly string[]): Promise<number> {
  const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, PATH: path } })
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

function sum(groups: readonly string[]): boolean {
  const total = none()
  for (const group of groups) {
    try {
      add(total, JSON.parse(readFileSync(resultsOf(group), 'utf8')))
    } catch {
      console.log(`${group} did not run to its end`)
      add(total, { passed: 0, failed: 1, skipped: 0 })
    }
  }
  console.log(spell(total))
  return total.failed === 0
}

function none(): Counts {
  return { passed: 0, failed: 0, skipped: 0 }
}

function add(total: Counts, counts: Counts): void {
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped += counts.skipped
}

function spell({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

function resultsOf(group: string): string {
  return join(results, `${group}.json`)
}
