// The same topology on both sides, each as its users run it: a bundle that `millrace build` wrote, and classes that Maven compiled.

import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { buildWithMaven } from '../real-kafka/maven.ts'
import type { AppProgram } from './instance.ts'

const root = resolve(import.meta.dirname, '..', '..')
const project = join(import.meta.dirname, 'millrace')

export type Side = 'millrace' | 'jvm'

/** Builds the app of a side; gives what starts it. */
export function appOf(side: Side, environment: Readonly<Record<string, string>>): AppProgram {
  if (side === 'jvm') {
    const classpath = buildWithMaven(join(import.meta.dirname, 'jvm', 'pom.xml'), 'faults-jvm')
    // Three of them beside three brokers: small heaps, and the collector that costs least.
    const options = ['-XX:+UseSerialGC', '-Xmx256m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
    return { command: ['java', ...options, '-cp', classpath, 'faults.Accounts'], environment }
  }
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'build', 'cli', 'bin.js'), 'build'], {
    cwd: project,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The app could not be built:\n${stderr}`)
  return {
    command: [process.execPath, join(project, 'dist', 'accounts', 'app.mjs')],
    environment: { ...environment, MILLRACE_HEALTH_PORT: '0' },
  }
}
