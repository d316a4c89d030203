// millrace run: the built bundle, in this process, so that signals and the exit code are its own.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { builtFolder } from '../built-topology.ts'
import { Args, Command } from '../oclif.ts'
import { changedSinceBuilt } from '../stale-build.ts'

export class Run extends Command {
  static override summary = 'Run a topology that was built.'
  static override description =
    'Runs dist/<topology>/app.mjs in this process. What follows the name goes to the app: --until-end processes what is in the source topics now, commits and exits; --summary FILE ' +
    'writes what was done as JSON when it ends (- is standard output); --help lists all settings, which come from the environment, such as MILLRACE_BROKERS, MILLRACE_APPLICATION_ID and ' +
    'MILLRACE_STATE_DIR, and from millrace.config.ts as it was built. It runs until Ctrl-C or SIGTERM, which finish the current records, commit and exit 0; a second one ends at once, with ' +
    '130 or 143, without a commit.'
  static override examples = [
    '<%= config.bin %> run flight-delays',
    '<%= config.bin %> run flight-delays --help',
    '<%= config.bin %> run flight-delays --until-end --summary -',
    'MILLRACE_BROKERS=kafka-1:9092 <%= config.bin %> run flight-delays',
  ]
  static override usage = 'run [TOPOLOGY] [OPTIONS OF THE APP]'
  static override args = {
    topology: Args.string({ ignoreStdin: true, description: 'the name given to topology(); may be left out if only one is built' }),
  }
  /** The flags are the app's: they are handed on as they are. */
  static override strict = false

  async run(): Promise<void> {
    // cli/command-words.ts puts the `--` there.
    const [first, ...rest] = this.argv.filter((word, index) => index !== 1 || word !== '--')
    const named = first !== undefined && !first.startsWith('-')
    const folder = builtFolder(named ? first : undefined)
    const app = join(folder, 'app.mjs')
    const [changed, ...others] = changedSinceBuilt(folder)
    if (changed !== undefined) {
      const files = others.length === 0 ? `${changed} has` : `${changed} and ${others.length} more have`
      this.logToStderr(`warning: ${files} changed since this was built; millrace build makes it anew.`)
    }
    // The app parses them; oclif would warn, into what the app prints, that nobody does.
    this.parsed = true
    process.argv = [process.execPath, app, ...(named || first === undefined ? rest : [first, ...rest])]
    await import(pathToFileURL(app).href)
  }
}
