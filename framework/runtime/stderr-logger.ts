// Log lines on standard error: text for people, or JSON for machines.

import type { Clock } from '../ports/clock.ts'
import type { Logger, LogLevel } from '../ports/logger.ts'

export interface StderrLoggerOptions {
  /** Lower ones are left out. */
  readonly level: LogLevel
  readonly format: 'text' | 'json'
  readonly clock: Clock
  readonly stream: NodeJS.WritableStream
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

export class StderrLogger implements Logger {
  private readonly options: StderrLoggerOptions

  constructor(options: StderrLoggerOptions) {
    this.options = options
  }

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const { format, clock, stream } = this.options
    if (levels.indexOf(level) < levels.indexOf(this.options.level)) return
    const time = new Date(clock.now()).toISOString()
    const line = format === 'json' ? JSON.stringify({ time, level, message, ...fields }) : `${time} ${level.padEnd(5)} ${message}`
    stream.write(`${line}\n`)
  }
}
