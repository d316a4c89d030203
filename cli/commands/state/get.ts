// millrace state get: what a store of an app has for a key.

import { Args, Command, Flags } from '../../oclif.ts'
import { appFlag, eachRow, questionFor, staleFlag, storeArgument, timeFlags } from '../../running-state.ts'
import { dirFlag, readStoppedApp, topologyFlag } from '../../stopped-state.ts'

export class StateGet extends Command {
  static override summary = 'Show what a store of an app has for a key.'
  static override description =
    'As lines of JSON: one for a table, one for each window or session of the key. Keys that are strings are given as they are, others as JSON. A versioned store gives the present value, the one at a time (--at), or all between two times.'
  static override examples = [
    '<%= config.bin %> state get delays JFK --app localhost:8080',
    '<%= config.bin %> state get delays JFK --dir .millrace/state',
    '<%= config.bin %> state get hourly JFK --time-from 1700000000000 --time-to 1700003600000',
  ]
  static override args = {
    store: storeArgument,
    key: Args.string({ ignoreStdin: true, description: 'the key', required: true }),
  }
  static override flags = {
    app: appFlag,
    dir: dirFlag,
    topology: topologyFlag,
    ...timeFlags,
    at: Flags.integer({ description: 'of a versioned store, as it was then', min: 0, helpValue: 'MS' }),
    stale: staleFlag,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(StateGet)
    const { 'time-from': timeFrom, 'time-to': timeTo, at, stale } = flags
    const question = questionFor(args.store, { key: args.key, timeFrom, timeTo, at, stale })
    if (flags.dir !== undefined) return await readStoppedApp(flags.dir, flags.topology, question)
    await eachRow(flags.app, question, (line) => this.log(line))
  }
}
