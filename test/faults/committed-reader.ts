// What a topic holds, committed, read by Apache Kafka's own console consumer: the reference of what read_committed means.

import { createInterface } from 'node:readline'
import type { KafkaDistribution } from '../real-kafka/distribution.ts'

/** Longer than a transaction that nobody ends stays open. */
const idleMsMax = 15_000

export interface CommittedRecord {
  readonly partition: number
  readonly key: string
  readonly value: string
}

/** Reads from the beginning until nothing more has come for 15 s. */
export async function readCommitted(
  distribution: KafkaDistribution,
  brokers: string,
  topic: string,
  take: (record: CommittedRecord) => void,
): Promise<void> {
  const formatted = ['print.partition=true', 'print.key=true'].flatMap((property) => ['--formatter-property', property])
  const child = distribution.start(
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    [
      ...['--bootstrap-server', brokers, '--topic', topic, '--from-beginning', '--timeout-ms', String(idleMsMax)],
      ...['--isolation-level', 'read_committed', ...formatted],
    ],
    ['-XX:+UseSerialGC', '-Xmx192m'],
  )
  child.stdin?.end()
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4_000)
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let count = 0
  for await (const line of createInterface({ input: child.stdout! })) {
    const [, partition, key, value] = /^Partition:(\d+)\t([^\t]*)\t(.*)$/.exec(line) ?? []
    if (partition === undefined || key === undefined || value === undefined) throw new Error(`${topic} has the line ${line}`)
    take({ partition: Number(partition), key, value })
    count++
  }
  await ended
  if (!stderr.includes(`Processed a total of ${count} messages`)) throw new Error(`${topic} was not read to its end:\n${stderr}`)
}
