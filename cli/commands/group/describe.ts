// millrace group describe: how far a group has come, and how far it is behind.

import type { Admin, GroupDescription } from '../../../framework/index.ts'
import { partitionName } from '../../../framework/ports/record.ts'
import { didYouMean } from '../../../framework/runtime/did-you-mean.ts'
import { brokersFlag, withBroker } from '../../connect.ts'
import { jsonFlag } from '../../json-flag.ts'
import { Args, Command, Errors } from '../../oclif.ts'
import { jsonOf, tableOf } from '../../tables.ts'

interface Progress {
  readonly topic: string
  readonly partition: number
  readonly committedOffset: number
  readonly endOffset: number
  /** Records between the two. */
  readonly lag: number
}

export class GroupDescribe extends Command {
  static override summary = 'Show how far a group has come in each partition.'
  static override description =
    'Lag is what lies between the committed offset and the end: records that are not processed yet, or processed and not yet committed. A partition of which nothing was committed is not shown.'
  static override examples = ['<%= config.bin %> group describe flight-delays', '<%= config.bin %> group describe flight-delays --json']
  static override args = {
    group: Args.string({ ignoreStdin: true, description: 'the group; of an app: its application id', required: true }),
  }
  static override flags = { json: jsonFlag, brokers: brokersFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GroupDescribe)
    const { group, progress } = await withBroker(flags.brokers, async ({ admin }) => ({
      group: await described(admin, args.group),
      progress: await progressOf(admin, args.group),
    }))
    const members = group.members.map(({ memberId, clientId, host }) => ({ memberId, clientId, host }))
    if (flags.json) return this.log(jsonOf({ groupId: group.groupId, state: group.state, members, partitions: progress }))
    this.log(`${group.groupId}: ${group.state}, ${members.length} ${members.length === 1 ? 'member' : 'members'}`)
    if (members.length > 0) {
      const rows = members.map(({ memberId, clientId, host }) => [memberId, clientId, host])
      this.log(`\n${await tableOf(['Member', 'Client', 'Host'], rows)}`)
    }
    if (progress.length === 0) return this.log('\nNothing is committed.')
    const rows = progress.map(({ topic, partition, committedOffset, endOffset, lag }) => [
      topic,
      partition,
      committedOffset,
      endOffset,
      lag,
    ])
    this.log(`\n${await tableOf(['Topic', 'Partition', 'Committed', 'End', 'Lag'], rows)}`)
    this.log(`\nLag in all: ${progress.reduce((total, { lag }) => total + lag, 0)}`)
  }
}

async function described(admin: Admin, groupId: string): Promise<GroupDescription> {
  const group = await admin.group(groupId)
  if (group !== undefined) return group
  const names = (await admin.groups()).map((known) => known.groupId)
  throw new Errors.CLIError(`There is no group ${groupId}.${didYouMean(groupId, names)} \`millrace group list\` shows all.`, { exit: 1 })
}

/** Kafka is asked for all partitions there are, and answers with those that have a commit. */
async function progressOf(admin: Admin, groupId: string): Promise<readonly Progress[]> {
  const topics = await admin.topics(await admin.topicNames())
  const all = [...topics.values()].flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
  )
  const committed = await admin.committed(groupId, all)
  // The end as the group sees it comes after the commit, so that a lag is never negative.
  const ends = await admin.endOffsets(committed)
  const endOf = new Map(ends.map((end) => [partitionName(end), end.offset]))
  return committed
    .map(({ topic, partition, offset }) => {
      const endOffset = endOf.get(partitionName({ topic, partition })) ?? offset
      return { topic, partition, committedOffset: offset, endOffset, lag: Math.max(0, endOffset - offset) }
    })
    .sort((left, right) => (left.topic === right.topic ? left.partition - right.partition : left.topic < right.topic ? -1 : 1))
}
