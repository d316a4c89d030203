// What `millrace dev` shows. Standard output has what the project makes: the lines of print() and the records of sink topics. All else goes to standard error.

import { once } from 'node:events'
import { styleText } from 'node:util'
import { formatDiagnostics } from '../../framework/compiler/format-diagnostics.ts'
import type { Diagnostic } from '../../framework/compiler/index.ts'

type Style = Parameters<typeof styleText>[0]

const nameStyles: readonly Style[] = ['cyan', 'magenta', 'green', 'yellow', 'blue']

export class Screen {
  readonly #stdout: NodeJS.WriteStream
  readonly #stderr: NodeJS.WriteStream
  readonly #styles = new Map<string, Style>()

  constructor(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream) {
    this.#stdout = stdout
    this.#stderr = stderr
  }

  say(text: string): void {
    this.#stderr.write(`${text}\n`)
  }

  problem(text: string): void {
    this.#stderr.write(`${paint(this.#stderr, 'red', 'error:')} ${text}\n`)
  }

  warn(text: string): void {
    this.#stderr.write(`${paint(this.#stderr, 'yellow', 'warn:')} ${text}\n`)
  }

  /** In the form of `millrace check`. */
  diagnostics(diagnostics: readonly Diagnostic[]): void {
    this.#stderr.write(formatDiagnostics(diagnostics, { colours: hasColours(this.#stderr) }))
  }

  /** Resolves when there is room for more. */
  appLine(app: string, stream: 'stdout' | 'stderr', line: string): Promise<void> {
    const target = stream === 'stdout' ? this.#stdout : this.#stderr
    return write(target, `${this.#name(app, target)} | ${line}\n`)
  }

  /** Resolves when there is room for more. */
  record(topic: string, key: string, value: string): Promise<void> {
    return write(this.#stdout, `${this.#name(topic, this.#stdout)} ${paint(this.#stdout, 'bold', key)} ${value}\n`)
  }

  /** A name has the same colour wherever it stands. */
  #name(name: string, stream: NodeJS.WriteStream): string {
    const style = this.#styles.get(name) ?? nameStyles[this.#styles.size % nameStyles.length]!
    this.#styles.set(name, style)
    return paint(stream, style, name)
  }
}

function paint(stream: NodeJS.WriteStream, style: Style, text: string): string {
  return hasColours(stream) ? styleText(style, text) : text
}

function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR
}

async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (!stream.write(text) && !stream.destroyed) await once(stream, 'drain')
}
