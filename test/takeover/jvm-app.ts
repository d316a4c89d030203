// The Kafka Streams side of a takeover, compiled with Maven into .cache when it is first asked for, and run to its end.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { buildWithMaven } from '../real-kafka/maven.ts'

const pom = join(import.meta.dirname, 'jvm', 'pom.xml')
const runMsMax = 150_000

export interface JvmRun {
  readonly stdout: string
  readonly stderr: string
}

/** Rejects with what Java said if it fails. */
export async function runOnJvm(brokers: string, application: string, stateDir: string, prefix: string): Promise<JvmRun> {
  const classpath = buildWithMaven(pom, 'takeover-jvm')
  const options = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']
  const child = spawn('java', [...options, '-cp', classpath, 'takeover.Takeover', brokers, application, stateDir, prefix])
  onTestFinished(() => void child.kill('SIGKILL'))
  const run = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    run.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    run.stderr += text
  })
  return await new Promise((done, fail) => {
    const overdue = setTimeout(() => child.kill('SIGKILL'), runMsMax)
    child.on('error', fail)
    child.on('close', (code) => {
      clearTimeout(overdue)
      if (code === 0) done(run)
      else fail(new Error(`The Kafka Streams app ${application} ended with ${code}:\n${run.stdout}${run.stderr}`))
    })
  })
}
