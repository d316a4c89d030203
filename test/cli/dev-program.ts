// `millrace dev` in a project, as a user has it in a terminal: what it has shown so far, edits, and Ctrl-C.

import type { ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import { startMillrace } from './program.ts'

const waitMsMax = 60_000

export class DevProgram {
  readonly #folder: string
  readonly #process: ChildProcess
  readonly #ended: Promise<number | null>
  #stdout = ''
  #stderr = ''

  constructor(folder: string, ...args: readonly string[]) {
    this.#folder = folder
    this.#process = startMillrace(['dev', ...(args.includes('--brokers') ? [] : ['--port', '0']), ...args], folder)
    this.#ended = new Promise((resolve) => this.#process.once('close', resolve))
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
  }

  get pid(): number {
    return this.#process.pid!
  }

  /** Waits until all of these have been shown, in whatever order; gives all that was shown since the last call. */
  async shows(...texts: readonly (string | RegExp)[]): Promise<string> {
    const shown = (): string => this.#stdout + this.#stderr
    const isThere = (text: string | RegExp): boolean => (typeof text === 'string' ? shown().includes(text) : text.test(shown()))
    await vi.waitUntil(() => texts.every(isThere) || this.#process.exitCode !== null, { timeout: waitMsMax, interval: 20 }).catch(() => {})
    const missing = texts.filter((text) => !isThere(text))
    if (missing.length > 0) throw new Error(`It never showed ${missing.join(', ')}, but:\n${shown()}`)
    const all = shown()
    this.#stdout = ''
    this.#stderr = ''
    return all
  }

  edit(file: string, from: string, to: string): void {
    const path = join(this.#folder, file)
    const text = readFileSync(path, 'utf8')
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
    writeFileSync(path, text.replace(from, to))
  }

  append(file: string, text: string): void {
    writeFileSync(join(this.#folder, file), text, { flag: 'a' })
  }

  /** Ctrl-C; gives the exit code. */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGINT')
    return this.#ended
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#ended
  }

  /** The processes it has started that live. */
  children(): number[] {
    return childrenOf(this.pid)
  }

  /** The one that has run for longest of those that are for apps: behind it another one waits. */
  app(): number {
    return Math.min(...this.children().filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('app-program')))
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((other) => parentOf(other) === pid)
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}

/** A process that has ended and was not waited for counts as gone. */
export function lives(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
  } catch {
    return false
  }
}
