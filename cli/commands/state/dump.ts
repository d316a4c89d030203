// millrace state dump: all rows of a store of a running app.

import { Command } from '../../oclif.ts'
import { appFlag, eachRow, partitionFlag, staleFlag, storeArgument } from '../../running-state.ts'

export class StateDump extends Command {
  static override summary = 'Write all rows of a store of a running app.'
  static override description =
    'As lines of JSON, read while the app goes on: a row that is written meanwhile may be seen or not. Only the partitions that this instance has.'
  static override examples = ['<%= config.bin %> state dump delays --app localhost:8080 > delays.jsonl']
  static override args = { store: storeArgument }
  static override flags = { app: appFlag, partition: partitionFlag, stale: staleFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(StateDump)
    const { app, partition, stale } = flags
    await eachRow(app, args.store, { partition, stale }, (line) => this.log(line))
  }
}
