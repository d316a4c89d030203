// Runs the tours of README.md and docs/getting-started.md as they stand there, command by command, in an empty folder with an empty home: what a newcomer types has to
// work, and to show what the page says it shows.
//
// Of a page, the blocks marked `sh` are run, in order, by one shell each, in the folder where the one before ended. A block marked `text` is what the commands before it
// print: its lines have to come in that order, others may come between, and `…` stands for anything. A command with the comment `# until Ctrl-C` runs on while the
// following ones do, and ends with the page.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..', '..')
const secondsMax = 120
const untilCtrlC = /\s+# until Ctrl-C.*$/

interface Block {
  readonly kind: 'sh' | 'text'
  readonly text: string
}

const pages = [{ file: 'README.md', from: '## A tour of five minutes' }]

async function walk(file: string, from: string): Promise<void> {
  const text = readFileSync(join(root, file), 'utf8')
  const start = text.indexOf(`${from}\n`)
  if (start < 0) throw new Error(`${file} has no section "${from}"`)
  const end = text.indexOf('\n## ', start + 1)
  const blocks = [...text.slice(start, end < 0 ? undefined : end).matchAll(/^```(sh|text)\n([\s\S]*?)^```$/gm)]
  if (blocks.length === 0) throw new Error(`the section "${from}" of ${file} shows nothing to run`)
  const tour = new Tour()
  try {
    for (const [, kind = '', content = ''] of blocks) await tour.take({ kind: kind as Block['kind'], text: content })
    await tour.end()
    console.log(`${file}: ${blocks.length} blocks`)
  } finally {
    await tour.close()
  }
}

class Tour {
  private readonly folder = mkdtempSync(join(tmpdir(), 'millrace-tour-'))
  /** Where the package lies, as the pages say. */
  private cwd = join(this.folder, 'work')
  private readonly background: Running[] = []
  /** What the last command printed, or prints still. */
  private last: Running | undefined

  constructor() {
    mkdirSync(join(this.folder, 'home'))
    mkdirSync(this.cwd)
    execFileSync('npm', ['pack', '--silent', '--pack-destination', this.cwd], { cwd: root })
  }

  async take({ kind, text }: Block): Promise<void> {
    if (kind === 'text') return this.expect(text.trimEnd().split('\n'))
    const started = performance.now()
    const command = text.trimEnd()
    if (untilCtrlC.test(command)) {
      this.last = new Running(command.replace(untilCtrlC, ''), this.cwd, this.environment())
      this.background.push(this.last)
      return
    }
    const placeFile = join(this.folder, 'place')
    this.last = new Running(`${command}\npwd > '${placeFile}'`, this.cwd, this.environment())
    const code = await this.last.ended()
    if (code !== 0) throw new Error(`ended with ${code}:\n${command}\n${this.last.output}`)
    this.cwd = readFileSync(placeFile, 'utf8').trim()
    console.log(`${((performance.now() - started) / 1000).toFixed(1)} s  ${command.split('\n').join('; ')}`)
  }

  /** Everything that ran on ends in order. */
  async end(): Promise<void> {
    for (const running of this.background.splice(0)) {
      running.interrupt()
      // npx and the shell die of the signal that reaches them too; what they started says how it ended.
      await running.ended()
      if (!running.output.includes('Stopped; everything is committed.'))
        throw new Error(`not ended in order by Ctrl-C:\n${running.command}\n${running.output}`)
    }
  }

  async close(): Promise<void> {
    for (const running of this.background) running.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async expect(lines: readonly string[]): Promise<void> {
    const { last } = this
    if (last === undefined) throw new Error(`nothing was run before ${lines[0]}`)
    const deadline = Date.now() + secondsMax * 1_000
    for (;;) {
      const missing = firstMissing(lines, last.output)
      if (missing === undefined) return
      if (last.hasEnded || Date.now() > deadline) throw new Error(`"${missing}" was not printed by:\n${last.command}\nbut:\n${last.output}`)
      await last.printsMore()
    }
  }

  private environment(): NodeJS.ProcessEnv {
    return { ...process.env, HOME: join(this.folder, 'home'), NO_COLOR: '1' }
  }
}

class Running {
  readonly command: string
  output = ''
  hasEnded = false
  private readonly child: ChildProcess
  private readonly exit: Promise<number | null>

  constructor(command: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.command = command
    // A group of its own, so that Ctrl-C reaches what the shell has started, as in a terminal.
    this.child = spawn('bash', ['-euo', 'pipefail', '-c', command], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    }
    this.exit = once(this.child, 'close').then(([code]) => {
      this.hasEnded = true
      return code as number | null
    })
  }

  async ended(): Promise<number | null> {
    const overdue = setTimeout(() => this.kill(), secondsMax * 1_000)
    const code = await this.exit
    clearTimeout(overdue)
    return code
  }

  async printsMore(): Promise<void> {
    await Promise.race([
      once(this.child.stdout!, 'data'),
      once(this.child.stderr!, 'data'),
      this.exit,
      new Promise((done) => setTimeout(done, 1_000)),
    ])
  }

  interrupt(): void {
    this.signal('SIGINT')
  }

  kill(): void {
    this.signal('SIGKILL')
  }

  private signal(signal: NodeJS.Signals): void {
    if (!this.hasEnded) process.kill(-this.child.pid!, signal)
  }
}

/** The first of the lines that does not come behind the ones before it. */
function firstMissing(lines: readonly string[], output: string): string | undefined {
  let from = 0
  const printed = output.split('\n')
  for (const line of lines) {
    const pattern = new RegExp(`^${line.trim().split('…').map(escaped).join('.*')}$`)
    const at = printed.findIndex((text, index) => index >= from && pattern.test(text.trim()))
    if (at < 0) return line
    from = at + 1
  }
  return undefined
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

for (const { file, from } of pages) await walk(file, from)
