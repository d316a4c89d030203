// millrace topic list: what there is.

import { brokersFlag, withBroker } from '../../connect.ts'
import { jsonFlag } from '../../json-flag.ts'
import { Command } from '../../oclif.ts'
import { jsonOf, tableOf } from '../../tables.ts'

export class TopicList extends Command {
  static override summary = 'List the topics.'
  static override examples = ['<%= config.bin %> topic list', '<%= config.bin %> topic list --json --brokers kafka-1:9092']
  static override flags = { json: jsonFlag, brokers: brokersFlag }

  async run(): Promise<void> {
    const { flags } = await this.parse(TopicList)
    const found = await withBroker(flags.brokers, async ({ admin }) => admin.topics(await admin.topicNames()))
    const topics = [...found.values()].map(({ name, partitions }) => ({ name, partitions }))
    if (flags.json) return this.log(jsonOf(topics))
    if (topics.length === 0) return this.log('There are no topics.')
    this.log(
      await tableOf(
        ['Topic', 'Partitions'],
        topics.map(({ name, partitions }) => [name, partitions]),
      ),
    )
  }
}
