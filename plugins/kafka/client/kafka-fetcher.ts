// The Fetcher of the Broker port. It reads ahead: to each leader of assigned partitions one fetch is on its way, as long as less than `bufferBytesMax` lies
// here untaken. An answer is handed out as it came; its records are read by who takes it.
//
// A partition is in one of these states:
//
//   assigned ──fetch──→ fetching ──records, nothing──→ assigned
//                          ├── not the leader, no answer … ──→ waiting ──pause, new metadata──→ assigned
//                          └── out of range, deleted ──→ problem (told once, then left until it is assigned anew)
//
// What arrives for a partition that was assigned away or moved meanwhile is dropped. No error ends the loop; only what no trying again mends
// (authorisation, no broker at all for `retryTimeoutMs`) is thrown by the next `take`.

import {
  asOffset,
  type Fetched,
  type Fetcher,
  type FetcherOptions,
  MillraceError,
  type PartitionOffset,
  type Timer,
  type TopicPartition,
} from '../../../framework/index.ts'
import type { ResponseOf } from '../wire/api.ts'
import { apis } from '../wire/apis.ts'
import { errorCode, isRetriable, isStaleMetadata } from '../wire/error-codes.ts'
import { offsetBehind } from '../wire/record-batch.ts'
import { RecordBatchReader } from '../wire/record-batch-reader.ts'
import type { ClusterClient } from './cluster-client.ts'
import { isAuthorizationCode, NoAnswer, RefusedRequest } from './faults.ts'
import { Signal } from './signal.ts'
import { byTopic } from './topic-partitions.ts'

interface AssignedPartition extends TopicPartition {
  /** Where the next fetch begins. */
  position: number
  state: 'assigned' | 'fetching' | 'waiting' | 'problem'
  paused: boolean
  /** Fetched and not taken yet. */
  bufferedBytes: number
  /** Since when the cluster does not know the topic. */
  missingSinceMs: number | undefined
}

type PartitionAnswer = ResponseOf<typeof apis.fetch>['responses'][number]['partitions'][number]

export class KafkaFetcher implements Fetcher {
  readonly #cluster: ClusterClient
  readonly #options: FetcherOptions
  /** In the order in which they are fetched: who has got something goes to the end. */
  #assigned: AssignedPartition[] = []
  #ready: Fetched[] = []
  #bufferedBytes = 0
  readonly #fetchingFrom = new Set<number>()
  #failure: Error | undefined
  readonly #arrival = new Signal()
  #retryTimer: Timer | undefined
  #retries = 0
  /** When a broker answered last. */
  #answeredAtMs: number
  #closed = false

  constructor(cluster: ClusterClient, options: FetcherOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#answeredAtMs = cluster.clock.monotonicMs()
  }

  assign(positions: readonly PartitionOffset[]): void {
    const before = this.#assigned
    this.#assigned = positions.map((wanted) => {
      const kept = before.find((one) => one.partition === wanted.partition && one.topic === wanted.topic)
      const stays = kept !== undefined && (wanted.offset < 0 || (kept.state !== 'problem' && wanted.offset === this.#takenUpTo(kept)))
      return stays ? kept : newlyAssigned(wanted)
    })
    const isAssigned = (fetched: Fetched) =>
      this.#assigned.some((one) => (one.bufferedBytes > 0 || one.state === 'problem') && isOf(fetched, one))
    this.#ready = this.#ready.filter(isAssigned)
    this.#bufferedBytes = this.#assigned.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0)
    this.#answeredAtMs = this.#cluster.clock.monotonicMs()
    this.#fetchMore()
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const one of this.#these(partitions)) one.paused = true
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const one of this.#these(partitions)) one.paused = false
    this.#fetchMore()
  }

  take(): readonly Fetched[] {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#ready.length === 0) return []
    const taken = this.#ready
    this.#ready = []
    this.#bufferedBytes = 0
    for (const one of this.#assigned) one.bufferedBytes = 0
    this.#fetchMore()
    return taken
  }

  arrived(): Promise<void> {
    if (this.#ready.length > 0 || this.#failure !== undefined || this.#closed) return Promise.resolve()
    return this.#arrival.next()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#retryTimer?.cancel()
    this.#assigned = []
    this.#cluster.close()
    this.#arrival.fire()
  }

  // ----------------------------------------------------------------------------------------------------------- the loop

  /** Sends a fetch to each leader that has none on its way and something to give. */
  #fetchMore(): void {
    if (this.#closed || this.#failure !== undefined || this.#bufferedBytes >= this.#options.bufferBytesMax) return
    const byLeader = new Map<number, AssignedPartition[]>()
    let leaderless = false
    for (const one of this.#assigned) {
      // Who has a full portion here already leaves the room to others.
      if (one.state !== 'assigned' || one.paused || one.bufferedBytes >= this.#cluster.settings.partitionFetchBytesMax) continue
      const leader = this.#cluster.leaderOf(one.topic, one.partition)
      if (leader === undefined) {
        one.state = 'waiting'
        leaderless = true
      } else if (!this.#fetchingFrom.has(leader)) byLeader.set(leader, [...(byLeader.get(leader) ?? []), one])
    }
    for (const [leader, partitions] of byLeader) void this.#fetch(leader, partitions)
    if (leaderless) this.#retryLater()
  }

  /** Never rejects: whatever goes wrong is kept, or tried again. */
  async #fetch(leader: number, partitions: readonly AssignedPartition[]): Promise<void> {
    this.#fetchingFrom.add(leader)
    for (const one of partitions) one.state = 'fetching'
    const requested = new Map(partitions.map((one) => [one, one.position]))
    try {
      const answer = await this.#request(leader, partitions)
      this.#answeredAtMs = this.#cluster.clock.monotonicMs()
      if (answer.errorCode !== errorCode.NONE) throw new RefusedRequest(answer.errorCode, 'Fetch', 'all partitions')
      this.#accept(answer, requested)
    } catch (error) {
      if (error instanceof NoAnswer || (error instanceof RefusedRequest && isRetriable(error.code))) this.#wait(partitions, error)
      else this.#fail(this.#cluster.asPortError(error))
    } finally {
      this.#fetchingFrom.delete(leader)
      // What the answer did not mention is fetched again.
      for (const one of partitions) if (one.state === 'fetching') one.state = 'assigned'
      this.#fetchMore()
    }
  }

  #request(leader: number, partitions: readonly AssignedPartition[]): Promise<ResponseOf<typeof apis.fetch>> {
    const { fetchWaitMsMax, fetchBytesMax, partitionFetchBytesMax } = this.#cluster.settings
    const topics = byTopic(partitions, ({ partition, position }) => {
      return { partition, fetchOffset: position, partitionMaxBytes: partitionFetchBytesMax }
    })
    const room = Math.min(fetchBytesMax, this.#options.bufferBytesMax - this.#bufferedBytes)
    const request = {
      replicaId: -1,
      maxWaitMs: fetchWaitMsMax,
      minBytes: 1,
      maxBytes: Math.max(1, room),
      isolationLevel: this.#options.readCommitted ? 1 : 0,
      topics: topics.map(({ name, partitions: ones }) => ({ topic: name, partitions: ones })),
    }
    return this.#cluster.send(leader, apis.fetch, request, fetchWaitMsMax)
  }

  #accept(answer: ResponseOf<typeof apis.fetch>, requested: ReadonlyMap<AssignedPartition, number>): void {
    for (const { topic, partitions } of answer.responses) {
      for (const partition of partitions) {
        const one = this.#assigned.find((assigned) => assigned.partition === partition.partitionIndex && assigned.topic === topic)
        if (one === undefined || requested.get(one) !== one.position) continue
        if (partition.errorCode === errorCode.NONE) this.#acceptRecords(one, partition)
        else this.#acceptError(one, partition.errorCode)
      }
    }
    if (this.#assigned.every(({ state }) => state !== 'waiting')) this.#retries = 0
  }

  #acceptRecords(one: AssignedPartition, partition: PartitionAnswer): void {
    one.state = 'assigned'
    one.missingSinceMs = undefined
    const { records } = partition
    if (records === null || records.length === 0) return
    const reader = new RecordBatchReader(records, one.position, {
      abortedTransactions: this.#options.readCommitted ? (partition.abortedTransactions ?? []) : [],
      checkCrc: this.#cluster.settings.checkCrcs,
    })
    one.position = offsetBehind(records, one.position)
    one.bufferedBytes += records.length
    this.#bufferedBytes += records.length
    this.#assigned.push(...this.#assigned.splice(this.#assigned.indexOf(one), 1))
    this.#give({
      kind: 'records',
      topic: one.topic,
      partition: one.partition,
      reader,
      sizeBytes: records.length,
      highWatermark: asOffset(partition.highWatermark),
      lastStableOffset: asOffset(partition.lastStableOffset < 0 ? partition.highWatermark : partition.lastStableOffset),
    })
  }

  #acceptError(one: AssignedPartition, code: number): void {
    if (code === errorCode.OFFSET_OUT_OF_RANGE) this.#tell(one, 'offset out of range')
    else if (isAuthorizationCode(code) || !(isRetriable(code) || isStaleMetadata(code))) {
      this.#fail(this.#cluster.asPortError(new RefusedRequest(code, 'Fetch', one.topic)))
    } else this.#wait([one], new RefusedRequest(code, 'Fetch', `${one.topic}-${one.partition}`))
  }

  // ------------------------------------------------------------------------------------------------------ trying again

  #wait(partitions: readonly AssignedPartition[], reason: Error): void {
    for (const one of partitions) one.state = 'waiting'
    this.#cluster.logger.log('debug', 'Partitions could not be fetched, and are tried again', {
      clientId: this.#options.clientId,
      error: reason.message,
    })
    this.#retryLater()
  }

  #retryLater(): void {
    if (this.#retryTimer !== undefined || this.#closed) return
    const { retryBackoffMs, retryBackoffMsMax } = this.#cluster.settings
    const delayMs = this.#retries === 0 ? 0 : Math.min(retryBackoffMs * 2 ** Math.min(this.#retries, 10), retryBackoffMsMax)
    this.#retries++
    this.#retryTimer = this.#cluster.clock.after(delayMs, () => void this.#retry())
  }

  async #retry(): Promise<void> {
    const waiting = this.#assigned.filter(({ state }) => state === 'waiting')
    try {
      await this.#cluster.refresh([...new Set(waiting.map(({ topic }) => topic))])
      this.#answeredAtMs = this.#cluster.clock.monotonicMs()
      for (const one of waiting) this.#resumeOrMiss(one)
    } catch (error) {
      const silentMs = this.#cluster.clock.monotonicMs() - this.#answeredAtMs
      const passing = error instanceof NoAnswer && silentMs < this.#cluster.settings.retryTimeoutMs
      if (!passing && !this.#closed) this.#fail(this.#cluster.asPortError(error))
    } finally {
      this.#retryTimer = undefined
      if (this.#assigned.some(({ state }) => state === 'waiting')) this.#retryLater()
      this.#fetchMore()
    }
  }

  /** A topic counts as deleted when the cluster has not known it for a while: the news of a new one takes its time. */
  #resumeOrMiss(one: AssignedPartition): void {
    if (this.#cluster.leaderOf(one.topic, one.partition) !== undefined) {
      one.state = 'assigned'
      return
    }
    const now = this.#cluster.clock.monotonicMs()
    one.missingSinceMs ??= now
    if (now - one.missingSinceMs >= this.#cluster.settings.missingTopicTimeoutMs && !this.#cluster.knows(one.topic)) {
      this.#tell(one, 'topic deleted')
    }
  }

  // ------------------------------------------------------------------------------------------------------ handing out

  #tell(one: AssignedPartition, problem: 'offset out of range' | 'topic deleted'): void {
    one.state = 'problem'
    this.#give({ kind: 'problem', topic: one.topic, partition: one.partition, problem })
  }

  #give(fetched: Fetched): void {
    this.#ready.push(fetched)
    this.#arrival.fire()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#arrival.fire()
  }

  #these(partitions: readonly TopicPartition[]): AssignedPartition[] {
    return this.#assigned.filter((one) => partitions.some((wanted) => wanted.partition === one.partition && wanted.topic === one.topic))
  }

  /** The position as the owner knows it: before what lies here untaken. */
  #takenUpTo(one: AssignedPartition): number {
    const first = this.#ready.find((fetched) => fetched.kind === 'records' && isOf(fetched, one))
    return first?.kind === 'records' ? first.reader.nextOffset : one.position
  }
}

function newlyAssigned({ topic, partition, offset }: PartitionOffset): AssignedPartition {
  if (offset < 0) throw new MillraceError('position-unknown', { topic, partition })
  return { topic, partition, position: offset, state: 'assigned', paused: false, bufferedBytes: 0, missingSinceMs: undefined }
}

function isOf(fetched: Fetched, one: TopicPartition): boolean {
  return fetched.partition === one.partition && fetched.topic === one.topic
}
