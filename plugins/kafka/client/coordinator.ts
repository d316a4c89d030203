// The broker that coordinates one group, or one transactional id: found when it is first needed, and found anew when it has moved.

import type { CommittedOffset } from '../../../framework/index.ts'
import type { ApiRequest, ApiResponse } from '../wire/api.ts'
import { apis } from '../wire/apis.ts'
import { errorCode } from '../wire/error-codes.ts'
import type { ClusterClient } from './cluster-client.ts'
import { check, NoAnswer, RefusedRequest } from './faults.ts'
import { byTopic } from './topic-partitions.ts'

/** Who commits: nobody (an administrator), or a member of a generation. */
export interface Committer {
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}

const groupKey = 0
/** For a transactional id. */
export const transactionKey = 1

const movedCodes: readonly number[] = [errorCode.NOT_COORDINATOR, errorCode.COORDINATOR_NOT_AVAILABLE]

export class Coordinator {
  readonly #cluster: ClusterClient
  readonly #key: string
  readonly #keyType: number
  #nodeId: number | undefined

  constructor(cluster: ClusterClient, key: string, keyType = groupKey) {
    this.#cluster = cluster
    this.#key = key
    this.#keyType = keyType
  }

  async send<RequestIn, ResponseOut>(
    api: ApiRequest<RequestIn, unknown> & ApiResponse<never, ResponseOut>,
    body: RequestIn,
    waitMs = 0,
  ): Promise<ResponseOut> {
    this.#nodeId ??= await this.#find()
    return this.#cluster.send(this.#nodeId, api, body, waitMs)
  }

  /** As ClusterClient's, and a coordinator that has moved or does not answer is looked for again. */
  withRetries<T>(attempt: () => Promise<T>, timeoutMs?: number): Promise<T> {
    return this.#cluster.withRetries(async () => {
      try {
        return await attempt()
      } catch (error) {
        this.forgetIfGone(error)
        throw error
      }
    }, timeoutMs)
  }

  forgetIfGone(error: unknown): void {
    if (error instanceof NoAnswer || (error instanceof RefusedRequest && movedCodes.includes(error.code))) this.#nodeId = undefined
  }

  async commit(committer: Committer, offsets: readonly CommittedOffset[]): Promise<void> {
    const topics = byTopic(offsets, ({ partition, offset, metadata }) => {
      return { partitionIndex: partition, committedOffset: offset, committedMetadata: metadata }
    })
    const answer = await this.send(apis.offsetCommit, { groupId: this.#key, ...committer, topics })
    for (const topic of answer.topics) {
      for (const { partitionIndex, errorCode: code } of topic.partitions) {
        check(code, 'OffsetCommit', `group ${this.#key}, ${topic.name}-${partitionIndex}`)
      }
    }
  }

  async #find(): Promise<number> {
    const answer = await this.#cluster.sendToAny(apis.findCoordinator, {
      key: this.#key,
      keyType: this.#keyType,
      coordinatorKeys: [this.#key],
    })
    const { errorCode: code, errorMessage, nodeId } = answer.coordinators[0] ?? answer
    check(code, 'FindCoordinator', this.#key, errorMessage)
    await this.#cluster.learnOf(nodeId)
    return nodeId
  }
}
