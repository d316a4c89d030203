// Apache Kafka as Maven Central has it, in .cache/kafka: fetched once, complete or not there at all, so that a second run needs no network.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const version = '4.3.1'
const pom = fileURLToPath(new URL('pom.xml', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache/kafka', import.meta.url))

export interface JavaRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Java with Kafka's classes: its server and its tools. */
export class KafkaDistribution {
  readonly #library: string

  constructor(library: string) {
    this.#library = library
  }

  /** Fetches the jars if they are not there. Throws one line that says what is missing. */
  static fetch(): KafkaDistribution {
    if (!runs('java', ['-version'])) throw new Error('Apache Kafka needs Java 17 or later: there is no `java` on the PATH.')
    const library = join(cache, version)
    if (!existsSync(library)) copyDependencies(library)
    return new KafkaDistribution(library)
  }

  /** Starts a main class, such as `kafka.Kafka`. */
  start(mainClass: string, args: readonly string[], options: readonly string[] = []): ChildProcess {
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
    return spawn('java', [quiet, ...options, '-cp', join(this.#library, '*'), mainClass, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  }

  /** Runs a main class, such as `org.apache.kafka.tools.ConsoleProducer`, to its end. */
  run(mainClass: string, args: readonly string[], input: string | Uint8Array = ''): Promise<JavaRun> {
    // One compiler thread and the serial collector: a tool that lives for two seconds starts faster so.
    const child = this.start(mainClass, args, ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'])
    const output = { stdout: '', stderr: '' }
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text
    })
    child.stdin?.end(input)
    return new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, ...output }))
    })
  }
}

function copyDependencies(library: string): void {
  if (!runs('mvn', ['--version'])) throw new Error('Apache Kafka is fetched with Maven: there is no `mvn` on the PATH.')
  mkdirSync(cache, { recursive: true })
  const partial = mkdtempSync(join(cache, 'partial-'))
  try {
    const result = spawnSync(
      'mvn',
      ['--batch-mode', '--quiet', '--file', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`],
      {
        encoding: 'utf8',
      },
    )
    if (result.status !== 0) throw new Error(`Maven could not fetch Apache Kafka ${version}: ${lastLine(result.stdout + result.stderr)}`)
    // Two runs may fetch at once; whoever comes second finds the jars there.
    if (!existsSync(library)) renameSync(partial, library)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0
}

function lastLine(text: string): string {
  return (
    text
      .trim()
      .split('\n')
      .findLast((line) => line.includes('ERROR')) ?? text.trim().slice(-300)
  )
}
