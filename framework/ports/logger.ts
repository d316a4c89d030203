// What the app says to its operator. Messages are sentences; what varies goes into the fields as well, for machines.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface Logger {
  log(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void
}

export const silentLogger: Logger = { log: () => {} }
