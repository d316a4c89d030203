// Transactions over the wire: AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit, EndTxn.

import { errorCode } from '../../wire/error-codes.ts'
import { addOffsetsToTxn, addPartitionsToTxn, endTxn, txnOffsetCommit } from '../../wire/messages/transactions.ts'
import { type Route, route } from '../route.ts'
import type { Catalogue } from '../topics/catalogue.ts'
import type { TransactionCoordinator } from '../transactions/transaction-coordinator.ts'

interface TransactionRouteParts {
  readonly transactions: TransactionCoordinator
  readonly catalogue: Catalogue
}

export function addPartitionsToTxnRoute({ transactions }: TransactionRouteParts): Route {
  return route(addPartitionsToTxn, (request) => {
    const wanted = request.topics.flatMap(({ name, partitions }) => partitions.map((partition) => [name, partition] as const))
    const errors = transactions.addPartitions(request, wanted)
    const errorOf = new Map(wanted.map(([topic, partition], index) => [`${topic}-${partition}`, errorCode[errors[index]!]]))
    const results = request.topics.map(({ name, partitions }) => {
      const resultsByPartition = partitions.map((partitionIndex) => {
        return { partitionIndex, partitionErrorCode: errorOf.get(`${name}-${partitionIndex}`)! }
      })
      return { name, resultsByPartition }
    })
    return { throttleTimeMs: 0, results }
  })
}

export function addOffsetsToTxnRoute({ transactions }: TransactionRouteParts): Route {
  return route(addOffsetsToTxn, (request) => {
    return { throttleTimeMs: 0, errorCode: errorCode[transactions.addGroup(request, request.groupId)] }
  })
}

export function txnOffsetCommitRoute({ transactions, catalogue }: TransactionRouteParts): Route {
  return route(txnOffsetCommit, (request) => {
    const wanted = request.topics.flatMap(({ name, partitions }) => {
      return partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => {
        const committed = { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata: committedMetadata ?? '' }
        return { topic: name, partition: partitionIndex, ...committed }
      })
    })
    const known = wanted.filter(({ topic, partition }) => catalogue.log(topic, partition) !== undefined)
    const identity = { memberId: request.memberId, groupInstanceId: request.groupInstanceId, generation: request.generationId }
    const errors = transactions.commitOffsets(request, request.groupId, identity, known)
    const errorOf = new Map(known.map(({ topic, partition }, index) => [`${topic}-${partition}`, errorCode[errors[index]!]]))
    const topics = request.topics.map(({ name, partitions }) => {
      const answers = partitions.map(({ partitionIndex }) => {
        return { partitionIndex, errorCode: errorOf.get(`${name}-${partitionIndex}`) ?? errorCode.UNKNOWN_TOPIC_OR_PARTITION }
      })
      return { name, partitions: answers }
    })
    return { throttleTimeMs: 0, topics }
  })
}

export function endTxnRoute({ transactions }: TransactionRouteParts): Route {
  return route(endTxn, (request) => {
    return { throttleTimeMs: 0, errorCode: errorCode[transactions.end(request, request.committed)] }
  })
}
