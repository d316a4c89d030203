#!/usr/bin/env node
// The program `millrace`: finds the command, runs it, and turns what went wrong into one message and an exit code.

import { fileURLToPath } from 'node:url'
import { asOclifReads } from './command-words.ts'
import { nodeVersionProblem } from './node-version.ts'
import { run, settings } from './oclif.ts'
import { watchOutput } from './output-errors.ts'
import { withPluginCommands } from './plugin-commands.ts'
import { reportError } from './report-error.ts'

// The commands run as they were built; oclif need not look for TypeScript sources.
settings.enableAutoTranspile = false

const tooOld = nodeVersionProblem(process.versions.node)
if (tooOld !== undefined) {
  process.stderr.write(`error: ${tooOld}\n`)
  process.exit(1)
}

const words = process.argv.slice(2)
watchOutput(words[0], process)
try {
  const argv = asOclifReads(words)
  await run(argv, await withPluginCommands(argv, fileURLToPath(import.meta.url)))
} catch (error) {
  process.exitCode = reportError(error, process.stderr)
}
