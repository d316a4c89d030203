// Opens the states of tasks and standbys, within the budgets that those of a stream thread share. A folder that another process, or another thread, has open yet is
// waited for.

import { isMillraceError } from '../errors.ts'
import type { StoreKind } from '../graph/operator-spec.ts'
import { CacheBudget } from '../state/cached-rows.ts'
import type { RecordContext, TaskState } from '../state/contract.ts'
import { MemoryBudget } from '../state/memory-budget.ts'
import { openTaskState } from '../state/open-task-state.ts'
import type { AppParts } from './app-parts.ts'
import { StampingWriter } from './stamping-writer.ts'
import type { PlannedTask } from './topic-plan.ts'

/** How long a task waits for the instance that had it on this machine to close its state. */
const lockWaitMsMax = 30_000
const lockRetryMs = 200

/** Stores that log changes without a timestamp, as Kafka Streams' do. */
const writesWithoutTimestamp: readonly StoreKind[] = ['suppressBuffer', 'graceBuffer']

export class TaskStates {
  readonly cacheBudget: CacheBudget
  readonly memoryBudget: MemoryBudget
  readonly suppressBudget: MemoryBudget
  private readonly parts: AppParts

  constructor(parts: AppParts) {
    this.parts = parts
    const { cacheBytesMax, memoryStoreBytesMax, suppressBytesMax } = parts.settings
    this.cacheBudget = new CacheBudget(cacheBytesMax)
    this.memoryBudget = new MemoryBudget('memoryStoreBytesMax', 'Stores in memory', memoryStoreBytesMax)
    this.suppressBudget = new MemoryBudget('suppressBytesMax', 'Rows that suppress() holds back', suppressBytesMax)
  }

  /** `statesCount`: how many share what is kept before a commit. Undefined: interrupted. */
  async open(
    planned: PlannedTask,
    context: RecordContext,
    statesCount: number,
    interrupted: () => boolean,
  ): Promise<TaskState | undefined> {
    const { topology, applicationId, settings, engines, producer, clock, logger, wakeup } = this.parts
    const sub = topology.subTopologies.find(({ id }) => id === planned.subTopology)!
    // From when it was found locked: what the first look takes on a slow disk is no time waited.
    let deadlineMs: number | undefined
    while (!interrupted()) {
      try {
        return await openTaskState({
          stateDir: settings.stateDir,
          applicationId,
          taskId: planned.id,
          partition: planned.partition,
          stores: sub.stores.map((name) => topology.stores.get(name)!),
          engines,
          cacheBudget: this.cacheBudget,
          memoryBudget: this.memoryBudget,
          suppressBudget: this.suppressBudget,
          uncommittedBytesMax: settings.uncommittedBytesMax / statesCount,
          context,
          logger,
          changelogWriter: async (topic, { kind }) => {
            const writer = await producer.writer(topic)
            return writesWithoutTimestamp.includes(kind) ? new StampingWriter(writer, clock) : writer
          },
        })
      } catch (error) {
        if (!isMillraceError(error, 'state-locked')) throw error
        const nowMs = clock.monotonicMs()
        if (deadlineMs === undefined) {
          deadlineMs = nowMs + lockWaitMsMax
          logger.log('warn', `Waiting up to ${lockWaitMsMax / 1_000} s for another process: ${error.message}`)
        } else if (nowMs >= deadlineMs) throw error
        await wakeup.sleep(lockRetryMs)
      }
    }
    return undefined
  }
}
