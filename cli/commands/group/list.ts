// millrace group list: who reads.

import { brokersFlag, withBroker } from '../../connect.ts'
import { jsonFlag } from '../../json-flag.ts'
import { Command } from '../../oclif.ts'
import { jsonOf, tableOf } from '../../tables.ts'

export class GroupList extends Command {
  static override summary = 'List the consumer groups.'
  static override description = 'An app of Millrace is a group; its name is the application id.'
  static override examples = ['<%= config.bin %> group list', '<%= config.bin %> group list --json']
  static override flags = { json: jsonFlag, brokers: brokersFlag }

  async run(): Promise<void> {
    const { flags } = await this.parse(GroupList)
    const groups = await withBroker(flags.brokers, ({ admin }) => admin.groups())
    if (flags.json) return this.log(jsonOf(groups))
    if (groups.length === 0) return this.log('There are no groups.')
    this.log(
      await tableOf(
        ['Group', 'Protocol'],
        groups.map(({ groupId, protocolType }) => [groupId, protocolType === '' ? '-' : protocolType]),
      ),
    )
  }
}
