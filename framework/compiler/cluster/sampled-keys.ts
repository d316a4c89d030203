// Keys of a topic as they lie in Kafka: the last records of each partition, a few of each.

import type { Broker, Fetched, PartitionOffset } from '../../ports/broker.ts'
import { asOffset, partitionName } from '../../ports/record.ts'

export interface SampledKey {
  readonly partition: number
  readonly bytes: Uint8Array
}

const recordsOfPartitionMax = 100
const partitionsMax = 64
const bufferBytesMax = 8 * 1024 * 1024

/** Records without a key are left out. What is written meanwhile is not waited for. */
export async function sampledKeys(broker: Broker, topic: string, partitionCount: number): Promise<readonly SampledKey[]> {
  const partitions = Array.from({ length: Math.min(partitionCount, partitionsMax) }, (_, partition) => ({ topic, partition }))
  const starts = await broker.admin.startOffsets(partitions)
  const ends = new Map(
    (await broker.admin.endOffsets(partitions, { readCommitted: true })).map((end) => [partitionName(end), end.offset as number]),
  )
  const endOf = (one: Parameters<typeof partitionName>[0]): number => ends.get(partitionName(one)) ?? 0
  const positions = starts
    .map((start): PartitionOffset => ({ ...start, offset: asOffset(Math.max(start.offset, endOf(start) - recordsOfPartitionMax)) }))
    .filter((position) => position.offset < endOf(position))
  const open = new Set(positions.map(partitionName))
  const keys: SampledKey[] = []
  if (open.size === 0) return keys
  const fetcher = broker.fetcher({ clientId: 'millrace-check', readCommitted: true, bufferBytesMax })
  try {
    fetcher.assign(positions)
    while (open.size > 0) {
      await fetcher.arrived()
      for (const fetched of fetcher.take()) {
        if (open.has(partitionName(fetched)) && isReadTo(fetched, endOf(fetched), keys)) open.delete(partitionName(fetched))
      }
    }
  } finally {
    await fetcher.close()
  }
  return keys
}

/** Whether the partition has been read to its end, or cannot be read on: a sample may be smaller. */
function isReadTo(fetched: Fetched, end: number, keys: SampledKey[]): boolean {
  if (fetched.kind === 'problem') return true
  const { reader, partition } = fetched
  while (reader.next()) {
    const { bytes, keyStart, keyEnd } = reader
    if (keyStart >= 0) keys.push({ partition, bytes: Uint8Array.prototype.slice.call(bytes, keyStart, keyEnd) })
  }
  return reader.nextOffset >= end
}
