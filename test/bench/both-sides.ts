// What all benchmarks beside Kafka Streams need: both sides built, input loaded, figures printed.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const jvm = join('.cache', 'bench-jvm')
export const jvmClasspath = `${join(jvm, 'classes')}:${join(jvm, 'lib', '*')}`
export const millraceProject = join('test', 'bench', 'millrace')

export function buildSides(): void {
  const goals = existsSync(join(jvm, 'lib')) ? ['compile'] : ['compile', 'dependency:copy-dependencies']
  run('mvn', ['-q', '-B', '-f', join('test', 'bench', 'jvm', 'pom.xml'), ...goals], '.')
  run('node', [join('..', '..', '..', 'build', 'cli', 'bin.js'), 'build'], millraceProject)
}

/** Makes the topic and fills it; the same records in each run. */
export function loadRecords(brokers: string, topic: string, partitions: number, records: number, keys: number): void {
  run('java', ['-cp', jvmClasspath, 'bench.LoadInput', brokers, topic, String(partitions), String(records), String(keys)], '.')
}

export function perSecond(rate: number): string {
  return `${Math.round(rate / 1000)} k/s`
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`
}

function run(name: string, args: readonly string[], folder: string): void {
  const { status, error } = spawnSync(name, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} failed${error === undefined ? '' : `: ${error.message}`}`)
}
