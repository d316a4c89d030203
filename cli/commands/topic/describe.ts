// millrace topic describe: how far each partition reaches, and the settings.

import { brokersFlag, partitionsOf, withBroker } from '../../connect.ts'
import { jsonFlag } from '../../json-flag.ts'
import { Args, Command } from '../../oclif.ts'
import { jsonOf, tableOf } from '../../tables.ts'

export class TopicDescribe extends Command {
  static override summary = 'Show the partitions and settings of a topic.'
  static override description =
    'Start and end are offsets: of the oldest record that is kept, and of the next one to come. In a compacted topic there are fewer records than offsets.'
  static override examples = ['<%= config.bin %> topic describe flights', '<%= config.bin %> topic describe flights --json']
  static override args = { name: Args.string({ ignoreStdin: true, description: 'the topic', required: true }) }
  static override flags = { json: jsonFlag, brokers: brokersFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TopicDescribe)
    const { partitions, settings } = await withBroker(flags.brokers, async (broker) => {
      const count = await partitionsOf(broker, args.name)
      const all = Array.from({ length: count }, (_, partition) => ({ topic: args.name, partition }))
      const [starts, ends, settings] = await Promise.all([
        broker.admin.startOffsets(all),
        broker.admin.endOffsets(all),
        broker.admin.topicSettings(args.name),
      ])
      const startOf = new Map(starts.map(({ partition, offset }) => [partition, offset]))
      const partitions = [...ends]
        .sort((left, right) => left.partition - right.partition)
        .map(({ partition, offset }) => ({ partition, startOffset: startOf.get(partition) ?? offset, endOffset: offset }))
      return { partitions, settings: [...settings].sort(([left], [right]) => (left < right ? -1 : 1)) }
    })
    if (flags.json) return this.log(jsonOf({ name: args.name, partitions, settings: Object.fromEntries(settings) }))
    const rows = partitions.map(({ partition, startOffset, endOffset }) => [partition, startOffset, endOffset])
    this.log(`${await tableOf(['Partition', 'Start', 'End'], rows)}\n\n${await tableOf(['Setting', 'Value'], settings)}`)
  }
}
