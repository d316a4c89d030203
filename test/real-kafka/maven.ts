// Java that is built with Maven, once a test run, into .cache.

import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'

const cache = resolve(import.meta.dirname, '..', '..', '.cache')
const built = new Set<string>()

/** Compiles a project whose pom builds into `.cache/<folder>`. Gives the class path of it and of what it needs; throws what Maven says. */
export function buildWithMaven(pom: string, folder: string): string {
  const target = join(cache, folder)
  if (!built.has(pom)) {
    const goals = ['compile', 'dependency:copy-dependencies']
    const { status, stdout, stderr, error } = spawnSync('mvn', ['--quiet', '--batch-mode', '--file', pom, ...goals], { encoding: 'utf8' })
    if (error !== undefined) throw new Error(`${pom} is built with Maven: ${error.message}`)
    if (status !== 0) throw new Error(`Maven could not build ${pom}:\n${stdout}${stderr}`)
    built.add(pom)
  }
  return [join(target, 'classes'), join(target, 'lib', '*')].join(':')
}
