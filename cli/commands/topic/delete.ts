// millrace topic delete: one topic with all its records.

import { brokersFlag, partitionsOf, withBroker } from '../../connect.ts'
import { Args, Command } from '../../oclif.ts'

export class TopicDelete extends Command {
  static override summary = 'Delete a topic and all its records.'
  static override description = 'It asks nothing and cannot be undone. An app that reads the topic fails.'
  static override examples = ['<%= config.bin %> topic delete flights']
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the topic', required: true }) }
  static override flags = { brokers: brokersFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TopicDelete)
    await withBroker(flags.brokers, async (broker) => {
      await partitionsOf(broker, args.name)
      await broker.admin.deleteTopics([args.name])
    })
    this.log(`Deleted ${args.name}.`)
  }
}
