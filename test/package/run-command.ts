// Runs a program to its end, as one step of a check that has a name.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..', '..')

/** Gives stdout; on failure the error has all that was printed. */
export async function run(
  step: string,
  [command = '', ...args]: readonly string[],
  cwd = root,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const started = performance.now()
  const child = spawn(command, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${step} failed with ${code}\n${stdout}${stderr}`)
  console.log(`${step}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return stdout
}
