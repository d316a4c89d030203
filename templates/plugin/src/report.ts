// A command: millrace payments report TOPIC.

import { defineCommand } from 'millrace'

export const report = defineCommand({
  summary: 'Say how many records a topic holds.',
  examples: ['payments report bank.payments', 'payments report bank.payments --least 1'],
  args: { topic: { description: 'of which', required: true } },
  flags: { least: { kind: 'number', description: 'fail if there are fewer', value: 'N', default: 0, min: 0 } },
  usesBroker: true,
  async run({ args: { topic }, flags, log, fail, withBroker }) {
    const records = await withBroker(async ({ admin }) => {
      const found = (await admin.topics([topic])).get(topic)
      if (found === undefined) return fail(`There is no topic ${topic}.`)
      const partitions = Array.from({ length: found.partitions }, (_, partition) => ({ topic, partition }))
      const [starts, ends] = await Promise.all([admin.startOffsets(partitions), admin.endOffsets(partitions)])
      const sum = (offsets: readonly { readonly offset: number }[]): number => offsets.reduce((total, { offset }) => total + offset, 0)
      return sum(ends) - sum(starts)
    })
    log(`${topic}: ${records} records`)
    if (records < flags.least) fail(`That is fewer than ${flags.least}.`)
  },
})
