// Fetch: whole record batches as they lie in the logs, in the order of the request, up to its limits. With less than `minBytes` at hand the answer waits for more, and
// for `maxWaitMs` at most. Readers of committed records get nothing behind the last stable offset, and are told which transactions of what they get were aborted. Nobody gets a fetch session (KIP-227): with session id 0 in the answer clients send whole requests.

import type { Clock } from '../../../../framework/index.ts'
import type { RequestOf, ResponseInput } from '../../wire/api.ts'
import { errorCode, type ProtocolErrorName } from '../../wire/error-codes.ts'
import { fetch } from '../../wire/messages/data.ts'
import { offsetBehind } from '../../wire/record-batch.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { type Caller, type Route, route } from '../route.ts'
import type { Catalogue } from '../topics/catalogue.ts'

interface FetchParts {
  readonly catalogue: Catalogue
  readonly clock: Clock
  /** Of all records of an answer. */
  readonly bytesMax: number
}

type FetchRequest = RequestOf<typeof fetch>
type FetchResponse = ResponseInput<typeof fetch>
type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

interface Collected {
  readonly response: FetchResponse
  readonly sizeBytes: number
  readonly hasError: boolean
}

const noRecords = Buffer.alloc(0)

export function fetchRoute(parts: FetchParts): Route {
  return route(fetch, async (request, caller) => {
    if (request.sessionId !== 0) return { throttleTimeMs: 0, errorCode: errorCode.FETCH_SESSION_ID_NOT_FOUND, responses: [] }
    const first = collect(request, parts)
    const missingBytes = request.minBytes - first.sizeBytes
    if (first.hasError || missingBytes <= 0 || request.maxWaitMs <= 0) return first.response
    await moreArrives(request, missingBytes, caller, parts)
    return collect(request, parts).response
  })
}

function collect(request: FetchRequest, { catalogue, bytesMax }: FetchParts): Collected {
  const limit = Math.min(bytesMax, request.maxBytes)
  let sizeBytes = 0
  let hasError = false
  const responses = request.topics.map(({ topic, partitions }) => {
    const answers = partitions.map(({ partition, fetchOffset, partitionMaxBytes }): PartitionAnswer => {
      const log = catalogue.log(topic, partition)
      // The first batch of an answer may be larger than the limits: otherwise its reader would never get past it (KIP-74).
      const end = isCommittedOnly(request) ? log?.lastStableOffset : undefined
      const records = log?.read(fetchOffset, Math.min(partitionMaxBytes, limit - sizeBytes), sizeBytes === 0, end)
      if (log !== undefined && records !== undefined) {
        sizeBytes += records.length
        const answer = partitionAnswer(partition, 'NONE', log, records)
        if (end === undefined) return answer
        return { ...answer, abortedTransactions: log.abortedBetween(fetchOffset, offsetBehind(records, fetchOffset)) }
      }
      hasError = true
      return partitionAnswer(partition, log === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'OFFSET_OUT_OF_RANGE', log, noRecords)
    })
    return { topic, partitions: answers }
  })
  return { response: { throttleTimeMs: 0, responses }, sizeBytes, hasError }
}

function partitionAnswer(
  partitionIndex: number,
  error: ProtocolErrorName,
  log: PartitionLog | undefined,
  records: Buffer,
): PartitionAnswer {
  return {
    partitionIndex,
    errorCode: errorCode[error],
    highWatermark: log?.endOffset ?? -1,
    lastStableOffset: log?.lastStableOffset ?? -1,
    logStartOffset: log?.startOffset ?? -1,
    abortedTransactions: null,
    records,
  }
}

function isCommittedOnly({ isolationLevel }: FetchRequest): boolean {
  return isolationLevel === 1
}

/** Resolves when so many bytes have been appended to the partitions of the request, when its time is up, or when nobody waits any more. */
function moreArrives(request: FetchRequest, bytes: number, caller: Caller, { catalogue, clock }: FetchParts): Promise<void> {
  return new Promise((resolve) => {
    let missing = bytes
    const calledOff: (() => void)[] = []
    const done = (): void => {
      for (const callOff of calledOff) callOff()
      resolve()
    }
    const arrived = (log: PartitionLog): ((sizeBytes: number) => void) => {
      let stable = log.lastStableOffset
      return (sizeBytes) => {
        // What a transaction writes is nothing to a reader of committed records before it ends.
        if (isCommittedOnly(request) && log.lastStableOffset === stable && sizeBytes !== Number.POSITIVE_INFINITY) return
        stable = log.lastStableOffset
        missing -= sizeBytes
        if (missing <= 0) done()
      }
    }
    for (const { topic, partitions } of request.topics) {
      for (const { partition } of partitions) {
        const log = catalogue.log(topic, partition)
        if (log !== undefined) calledOff.push(log.onAppend(arrived(log)))
      }
    }
    const timer = clock.after(request.maxWaitMs, done)
    calledOff.push(() => timer.cancel(), caller.onGone(done))
  })
}
