// millrace state scan: rows of a store of an app, by ranges of keys and of time.

import { Command, Flags } from '../../oclif.ts'
import { appFlag, eachRow, partitionFlag, questionFor, staleFlag, storeArgument, timeFlags } from '../../running-state.ts'
import { dirFlag, readStoppedApp, topologyFlag } from '../../stopped-state.ts'

export class StateScan extends Command {
  static override summary = 'Show rows of a store of an app.'
  static override description =
    'As lines of JSON, in the order of the serialized keys, one partition behind the other: between two keys, with a prefix, or between two times. Only the partitions that this instance has.'
  static override examples = [
    '<%= config.bin %> state scan delays --prefix J --limit 10',
    '<%= config.bin %> state scan hourly --time-from 1700000000000 --reverse',
  ]
  static override args = { store: storeArgument }
  static override flags = {
    app: appFlag,
    dir: dirFlag,
    topology: topologyFlag,
    from: Flags.string({ description: 'the first key', helpValue: 'KEY' }),
    to: Flags.string({ description: 'the last key, included', helpValue: 'KEY' }),
    prefix: Flags.string({ description: 'what keys begin with, where they are strings', helpValue: 'TEXT' }),
    ...timeFlags,
    reverse: Flags.boolean({ description: 'the last rows first' }),
    partition: partitionFlag,
    limit: Flags.integer({ description: 'at most so many rows', default: 1_000, min: 0, helpValue: 'N' }),
    stale: staleFlag,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(StateScan)
    const { 'time-from': timeFrom, 'time-to': timeTo, from, to, prefix, reverse, partition, limit, stale } = flags
    const parameters = { timeFrom, timeTo, from, to, prefix, reverse, partition, limit, stale }
    const question = questionFor(args.store, parameters)
    if (flags.dir !== undefined) return await readStoppedApp(flags.dir, flags.topology, question)
    await eachRow(flags.app, question, (line) => this.log(line))
  }
}
