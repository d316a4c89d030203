// millrace state dump: all rows of a store of an app.

import { Command } from '../../oclif.ts'
import { appFlag, eachRow, partitionFlag, questionFor, staleFlag, storeArgument } from '../../running-state.ts'
import { dirFlag, readStoppedApp, topologyFlag } from '../../stopped-state.ts'

export class StateDump extends Command {
  static override summary = 'Write all rows of a store of an app.'
  static override description =
    'As lines of JSON, read while the app goes on: a row that is written meanwhile may be seen or not. Only the partitions that this instance has.'
  static override examples = [
    '<%= config.bin %> state dump delays --app localhost:8080 > delays.jsonl',
    '<%= config.bin %> state dump delays --dir /var/lib/millrace',
  ]
  static override args = { store: storeArgument }
  static override flags = { app: appFlag, dir: dirFlag, topology: topologyFlag, partition: partitionFlag, stale: staleFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(StateDump)
    const { partition, stale } = flags
    const question = questionFor(args.store, { partition, stale })
    if (flags.dir !== undefined) return await readStoppedApp(flags.dir, flags.topology, question)
    await eachRow(flags.app, question, (line) => this.log(line))
  }
}
