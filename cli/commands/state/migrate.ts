// millrace state migrate: all values of an old type made new, while the app is stopped. The built app does it, which knows how.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { builtFolder } from '../../built-topology.ts'
import { jsonFlag } from '../../json-flag.ts'
import { Args, Command, Flags } from '../../oclif.ts'

export class StateMigrate extends Command {
  static override summary = 'Make the stored values of a stopped app new that are of an old type.'
  static override description =
    'Of stores with { store: { migrate: (old) => … } }. Without it each value is made new when it is read; afterwards `migrate` can be taken out of the topology. All instances have to be stopped. ' +
    'The new values are appended to the changelogs, with the timestamps of the old ones, and each instance takes them over at its next start. Interrupted, it can be run again: what is new stays. ' +
    'The version before may not be able to read the new values. The settings are those of the built app: MILLRACE_BROKERS, MILLRACE_APPLICATION_ID …; in a container: node app.mjs --migrate-state.'
  static override examples = ['<%= config.bin %> state migrate flight-delays --dry-run', '<%= config.bin %> state migrate flight-delays']
  static override args = {
    topology: Args.string({ ignoreStdin: true, description: 'the name given to topology(); may be left out if only one is built' }),
  }
  static override flags = {
    'dry-run': Flags.boolean({ description: 'say what would be done, and write nothing' }),
    json: jsonFlag,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(StateMigrate)
    const app = join(builtFolder(args.topology), 'app.mjs')
    const options = ['--migrate-state', ...(flags['dry-run'] ? ['--dry-run'] : []), ...(flags.json ? ['--summary', '-'] : [])]
    process.argv = [process.execPath, app, ...options]
    await import(pathToFileURL(app).href)
  }
}
