// Produce: one record batch for each partition, checked and appended as it is. Acknowledged when it is in the operating system's hands: with one node, acks=1 and acks=all
// are the same.

import type { Clock, Logger } from '../../../../framework/index.ts'
import type { RequestOf, ResponseInput } from '../../wire/api.ts'
import { errorCode } from '../../wire/error-codes.ts'
import { produce } from '../../wire/messages/data.ts'
import { batchHeaderBytes, batchSizeAt, readBatchHeader, transactionalFlag } from '../../wire/record-batch.ts'
import type { Appended, PartitionLog } from '../log/partition-log.ts'
import { StorageFull } from '../log/storage.ts'
import { type Route, route } from '../route.ts'
import type { Catalogue } from '../topics/catalogue.ts'
import type { TransactionCoordinator } from '../transactions/transaction-coordinator.ts'

interface ProduceParts {
  readonly catalogue: Catalogue
  readonly transactions: TransactionCoordinator
  readonly clock: Clock
  readonly logger: Logger
}

type PartitionAnswer = ResponseInput<typeof produce>['responses'][number]['partitionResponses'][number]

export function produceRoute(parts: ProduceParts): Route {
  return route(produce, (request) => {
    const response = answer(request, parts)
    return request.acks === 0 ? undefined : response
  })
}

function answer(request: RequestOf<typeof produce>, parts: ProduceParts): ResponseInput<typeof produce> {
  const responses = request.topicData.map(({ name, partitionData }) => {
    return { name, partitionResponses: partitionData.map(({ index, records }) => toPartition(name, index, records, request.acks, parts)) }
  })
  return { responses, throttleTimeMs: 0 }
}

function toPartition(topic: string, index: number, records: Buffer | null, acks: number, parts: ProduceParts): PartitionAnswer {
  if (acks < -1 || acks > 1) return refusal(index, { kind: 'refused', error: 'INVALID_REQUIRED_ACKS', message: `acks=${acks}` })
  const log = parts.catalogue.log(topic, index)
  if (log === undefined)
    return refusal(index, { kind: 'refused', error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `there is no ${topic}-${index}` })
  const bytes = records ?? Buffer.alloc(0)
  const problem = transactionProblem(topic, index, bytes, parts)
  const appended = problem ?? append(log, bytes, parts)
  if (appended.kind === 'refused') return refusal(index, appended)
  return {
    index,
    errorCode: errorCode.NONE,
    baseOffset: appended.baseOffset,
    logAppendTimeMs: appended.appendTimeMs,
    logStartOffset: log.startOffset,
  }
}

/** A transactional batch has to belong to a transaction that is open and knows the partition. */
function transactionProblem(topic: string, index: number, records: Buffer, { transactions }: ProduceParts): RefusedBatch | undefined {
  if (records.length < batchHeaderBytes || records[16] !== 2) return undefined
  const header = readBatchHeader(records, 0)
  const error = (header.attributes & transactionalFlag) === 0 ? undefined : transactions.produceProblem(header, topic, index)
  if (error === undefined) return undefined
  return { kind: 'refused', error, message: `producer ${header.producerId}, epoch ${header.producerEpoch}, has no transaction open here` }
}

function append(log: PartitionLog, records: Buffer, { clock, logger }: ProduceParts): Appended {
  const sizeBytes = batchSizeAt(records, 0) ?? 0
  if (sizeBytes < records.length && sizeBytes > 0) {
    return { kind: 'refused', error: 'INVALID_RECORD', message: 'a produce request has one record batch for each partition' }
  }
  try {
    return log.append(records, clock.now())
  } catch (error) {
    // The log is as it was before. What is wrong with the disk may pass, and others of its files may still be good.
    const message = error instanceof Error ? error.message : String(error)
    const full = error instanceof StorageFull
    logger.log('error', `Could not write to ${log.name}: ${message}${full ? ' Make room, and send it again.' : ''}`, { error, full })
    // A client tries a storage error again for two minutes, and its user sees nothing for so long; room does not make itself.
    return { kind: 'refused', error: full ? 'POLICY_VIOLATION' : 'KAFKA_STORAGE_ERROR', message }
  }
}

type RefusedBatch = Extract<Appended, { kind: 'refused' }>

function refusal(index: number, refused: RefusedBatch): PartitionAnswer {
  return {
    index,
    errorCode: errorCode[refused.error],
    errorMessage: refused.message,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
  }
}
