// ListOffsets: where a partition begins and ends, and which record is the first of a time.

import type { ResponseInput } from '../../wire/api.ts'
import { errorCode } from '../../wire/error-codes.ts'
import { listOffsets } from '../../wire/messages/data.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { type Route, route } from '../route.ts'
import type { Catalogue } from '../topics/catalogue.ts'

type PartitionAnswer = ResponseInput<typeof listOffsets>['topics'][number]['partitions'][number]

const latest = -1
const earliest = -2
const ofMaxTimestamp = -3
const readCommitted = 1

export function listOffsetsRoute({ catalogue }: { readonly catalogue: Catalogue }): Route {
  return route(listOffsets, (request) => {
    const topics = request.topics.map(({ name, partitions }) => {
      const answers = partitions.map(({ partitionIndex, timestamp }): PartitionAnswer => {
        const log = catalogue.log(name, partitionIndex)
        if (log === undefined) return { partitionIndex, errorCode: errorCode.UNKNOWN_TOPIC_OR_PARTITION, timestamp: -1, offset: -1 }
        const found = find(log, timestamp, request.isolationLevel === readCommitted)
        return { partitionIndex, errorCode: errorCode.NONE, timestamp: found.timestamp, offset: found.offset, leaderEpoch: 0 }
      })
      return { name, partitions: answers }
    })
    return { topics }
  })
}

function find(log: PartitionLog, timestamp: number, committed: boolean): { readonly offset: number; readonly timestamp: number } {
  const none = { offset: -1, timestamp: -1 }
  if (timestamp === latest) return { offset: committed ? log.lastStableOffset : log.endOffset, timestamp: -1 }
  if (timestamp === earliest) return { offset: log.startOffset, timestamp: -1 }
  if (timestamp === ofMaxTimestamp) return log.maxTimestamp < 0 ? none : (log.firstAtTime(log.maxTimestamp) ?? none)
  const found = timestamp < 0 ? undefined : log.firstAtTime(timestamp)
  return found === undefined || (committed && found.offset >= log.lastStableOffset) ? none : found
}
