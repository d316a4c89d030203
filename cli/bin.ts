#!/usr/bin/env node
// The program `millrace`: finds the command, runs it, and turns what went wrong into one message and an exit code.

import { run, settings } from './oclif.ts'
import { reportError } from './report-error.ts'

// The commands run as they were built; oclif need not look for TypeScript sources.
settings.enableAutoTranspile = false

try {
  await run(process.argv.slice(2), import.meta.url)
} catch (error) {
  process.exitCode = reportError(error, process.stderr)
}
