// Log lines on standard error, by pino: JSON for machines, or text for people.

import { pino } from 'pino'
import type { Clock } from '../ports/clock.ts'
import type { Logger, LogLevel } from '../ports/logger.ts'

export interface StderrLoggerOptions {
  /** Lower ones are left out. */
  readonly level: LogLevel
  readonly format: 'text' | 'json'
  readonly clock: Clock
  readonly stream: NodeJS.WritableStream
}

/** Secrets are not given to a logger at all. Should a plugin hand on what it was configured with, these names are the last door. */
const secretNames = ['password', 'secret', 'token', 'authorization', 'sasl']

interface Line {
  readonly time: string
  readonly level: LogLevel
  readonly message: string
}

export function stderrLogger({ level, format, clock, stream }: StderrLoggerOptions): Logger {
  const lines = pino(
    {
      level,
      // What runs where is known to what collects the lines.
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: secretNames.flatMap((name) => [name, `*.${name}`]),
      serializers: { error: pino.stdSerializers.err },
    },
    format === 'json' ? stream : { write: (line) => stream.write(asText(JSON.parse(line))) },
  )
  return { log: (level, message, fields = {}) => lines[level](fields, message) }
}

function asText({ time, level, message }: Line): string {
  return `${time} ${level.padEnd(5)} ${message}\n`
}
