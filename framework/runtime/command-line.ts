// The options of a built app.

import { settingsTable } from '../config.ts'
import { MillraceError } from '../errors.ts'
import { didYouMean } from './did-you-mean.ts'
import { variableOf } from './settings.ts'

export interface CommandLine {
  readonly untilEnd: boolean
  /** Where the summary goes: a file, or `-` for standard output. */
  readonly summary: string | undefined
  readonly help: boolean
  /** Does not run: makes the values of stores new that are of an old type. */
  readonly migrateState: boolean
  /** Of that, says only what would be done. */
  readonly dryRun: boolean
  /** Does not run: prints rows of a store, as a running app is asked for them, out of the state folder. */
  readonly readState: string | undefined
}

const options = ['--read-state', '--until-end', '--summary', '--migrate-state', '--dry-run', '--help']

/** Throws `option-unknown`. */
export function parseCommandLine(words: readonly string[]): CommandLine {
  let untilEnd = false
  let help = false
  let migrateState = false
  let dryRun = false
  let summary: string | undefined
  let readState: string | undefined
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    if (word === '--until-end') untilEnd = true
    else if (word === '--migrate-state') migrateState = true
    else if (word === '--dry-run') dryRun = true
    else if (word === '--help' || word === '-h') help = true
    else if (word === '--read-state') readState = stateQuery(words[++index])
    else if (word.startsWith('--summary=')) summary = word.slice('--summary='.length)
    else if (word === '--summary') {
      summary = words[++index]
      if (summary === undefined) throw new MillraceError('option-unknown', { problem: '--summary needs a file, or - for standard output.' })
    } else throw new MillraceError('option-unknown', { problem: `There is no option ${word}.${didYouMean(word, options)}` })
  }
  if (dryRun && !migrateState) throw new MillraceError('option-unknown', { problem: '--dry-run goes with --migrate-state.' })
  return { untilEnd, summary, help, migrateState, dryRun, readState }
}

function stateQuery(query: string | undefined): string {
  if (query !== undefined && /^\/state(\/|$)/.test(query) && URL.canParse(query, 'http://app')) return query
  throw new MillraceError('option-unknown', {
    problem: "--read-state needs a question as a running app is asked: '/state/delays?key=JFK'.",
  })
}

export function helpText(name: string): string {
  const settings = Object.entries(settingsTable).map(([setting, { description, default: value }]) => {
    const shown = value === undefined || value === '' ? '' : ` (${Array.isArray(value) ? value.join(',') : value})`
    const variable =
      settingsTable[setting as keyof typeof settingsTable].kind === 'secret' ? `${variableOf(setting)}[_FILE]` : variableOf(setting)
    return `  ${variable.padEnd(38)} ${description}${shown}`
  })
  return `Runs the topology ${name}.

Options:
  --until-end        process what is in the source topics now, commit and exit
  --summary FILE     write what was done as JSON when it ends; - is standard output
  --migrate-state    do not run: make the stored values new that are of an old type (stores with migrate), and exit
  --dry-run          with --migrate-state: say what would be done, and write nothing
  --read-state QUERY do not run: print rows of a store from the state folder, as a running app is asked: '/state/delays?key=JFK'
  --help             show this

Settings, from the environment (and from millrace.config.ts when it was built):
${settings.join('\n')}
  ${'MILLRACE_DEBUG'.padEnd(38)} show stacks of errors

Exit codes: 0 ended or stopped, 1 failed, 2 wrong options or settings, 130 and 143 ended at once by a second signal.
`
}
