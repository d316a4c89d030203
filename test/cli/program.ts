// Projects as a user has them, in the ignored cache folder of this repository, and `millrace` run in them as a user runs it: as a program.

import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { onTestFailed, onTestFinished } from 'vitest'

const root = resolve(import.meta.dirname, '..', '..')
const bin = join(root, 'build', 'cli', 'bin.js')
const runSecondsMax = 60
const saidMax = 4_000

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A project with these files, or a copy of a template; removed when the test ends. `millrace` and what it depends on resolve as after `npm install`. */
export function projectOf(content: string | Readonly<Record<string, string>>): string {
  mkdirSync(join(root, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(root, '.cache', 'project-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules', 'millrace'), 'dir')
  if (typeof content === 'string') {
    cpSync(join(root, 'templates', content), folder, { recursive: true })
  } else {
    cpSync(join(root, 'templates', 'tumbling-sum', 'tsconfig.json'), join(folder, 'tsconfig.json'))
    for (const [file, text] of Object.entries({ 'package.json': '{ "type": "module" }\n', ...content })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
  }
  return folder
}

export function millrace(args: readonly string[], folder: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return node([bin, ...args], folder, environment)
}

/** Started, with its standard input open. */
export function startMillrace(args: readonly string[], folder: string, environment: Readonly<Record<string, string>> = {}): ChildProcess {
  return startNode([bin, ...args], folder, environment, 'pipe')
}

/** Runs a program of Node to its end, which has to come within a minute. */
export async function node(args: readonly string[], folder: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = startNode(args, folder, environment)
  let isOverdue = false
  const overdue = setTimeout(() => {
    isOverdue = true
    child.kill('SIGKILL')
  }, runSecondsMax * 1000)
  const ended = await endOf(child)
  clearTimeout(overdue)
  if (isOverdue) throw new Error(`It still ran after ${runSecondsMax} s.\n${ended.stdout}${ended.stderr}`)
  return ended
}

/** Starts it; killed when the test ends, if it runs still. What it has said is printed if the test fails. */
export function startNode(
  args: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
  stdin: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', ...environment },
    stdio: [stdin, 'pipe', 'pipe'],
  })
  const output = outputOf(child)
  onTestFailed(() => console.error(`${args.join(' ')} said last:\n${output.stdout.slice(-saidMax)}${output.stderr.slice(-saidMax)}`))
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  })
  return child
}

export function endOf(child: ChildProcess): Promise<Ended> {
  const output = outputOf(child)
  return new Promise((done, fail) => {
    child.on('error', fail)
    child.on('close', (code) => done({ code, ...output }))
  })
}

const outputs = new WeakMap<ChildProcess, { stdout: string; stderr: string }>()

/** What it has said since it was first asked for; it grows. */
function outputOf(child: ChildProcess): { readonly stdout: string; readonly stderr: string } {
  const known = outputs.get(child)
  if (known !== undefined) return known
  const output = { stdout: '', stderr: '' }
  outputs.set(child, output)
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  return output
}

/** `millrace broker`, as soon as it listens. */
export async function startBroker(folder: string, data: string, port = 0) {
  const process = startMillrace(['broker', '--port', String(port), '--data', data], folder)
  const address = new Promise<string>((resolve) => {
    let output = ''
    process.stdout?.on('data', (text) => {
      output += String(text)
      const found = /Listening on ([\d.:]+),/.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  const ended = endOf(process)
  return { process, ended, address: await Promise.race([address, ended.then(({ stderr }) => Promise.reject(new Error(stderr)))]) }
}

/** Where an app answers probes and questions, as it says in its log. */
export function urlOf({ stderr }: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    stderr!.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const url = /at (http:\/\/[^/]+)\/livez/.exec(text)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
}
