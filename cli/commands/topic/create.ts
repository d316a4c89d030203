// millrace topic create: one topic, with its partitions and settings.

import { brokersFlag, withBroker } from '../../connect.ts'
import { Args, Command, Errors, Flags } from '../../oclif.ts'

export class TopicCreate extends Command {
  static override summary = 'Create a topic.'
  static override description =
    "Topics that an app joins by key need equal numbers of partitions. Settings are Kafka's, such as cleanup.policy or retention.ms."
  static override examples = [
    '<%= config.bin %> topic create flights --partitions 4',
    '<%= config.bin %> topic create airports --partitions 4 --set cleanup.policy=compact',
  ]
  static override args = { name: Args.string({ ignoreStdin: true, description: 'what it is called', required: true }) }
  static override flags = {
    partitions: Flags.integer({ description: 'how many', required: true, min: 1, helpValue: 'N' }),
    'replication-factor': Flags.integer({ description: "copies of each; default: the broker's", min: 1, helpValue: 'N' }),
    set: Flags.string({ description: 'a setting; may be given several times', multiple: true, helpValue: 'NAME=VALUE' }),
    brokers: brokersFlag,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TopicCreate)
    const { name } = args
    const { partitions, 'replication-factor': replicationFactor = -1 } = flags
    const settings = Object.fromEntries((flags.set ?? []).map(settingOf))
    const outcome = await withBroker(flags.brokers, ({ admin }) => admin.createTopics([{ name, partitions, replicationFactor, settings }]))
    if (outcome.get(name) === 'exists') throw new Errors.CLIError(`There is a topic ${name} already; it is left as it is.`, { exit: 1 })
    this.log(`Created ${name} with ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}.`)
  }
}

function settingOf(text: string): [name: string, value: string] {
  const end = text.indexOf('=')
  if (end > 0) return [text.slice(0, end), text.slice(end + 1)]
  throw new Errors.CLIError(`${text} is no setting; write it as retention.ms=-1.`, { exit: 2 })
}
