// How an app is, read out of its parts: whether its loop turns, its group has it, its state is there, and its tasks get on. Time without progress is added up from look
// to look, so that a thread that was held up for long is not said to be stuck once it goes on.

import type { GroupMember } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Health, HealthReport, TaskTrouble } from '../ports/health.ts'
import type { AppState } from './app-state.ts'
import type { Processing } from './processing.ts'
import type { Restoration } from './restoration.ts'
import type { RunningTask } from './running-task.ts'
import type { StreamsProducer } from './streams-producer.ts'
import type { TaskInputs } from './task-inputs.ts'
import type { TaskSet } from './task-set.ts'
import type { WorkCursor } from './work-cursor.ts'

/** The parts of an app while it runs. */
export interface WatchedParts {
  readonly tasks: TaskSet
  readonly inputs: TaskInputs
  readonly member: GroupMember
  readonly restoration: Restoration
  readonly processing: Processing
  readonly producer: Pick<StreamsProducer, 'full'>
}

/** Who watches looks every second. */
const lookMsMax = 2_000

interface Progress {
  readonly mark: number
  /** How long it was so. */
  readonly forMs: number
}

export class AppHealth implements Health {
  readonly work: WorkCursor | undefined
  /** Undefined until the app has them. */
  parts: WatchedParts | undefined
  private readonly clock: Clock
  private readonly settings: { readonly healthStuckMs: number; readonly sessionTimeoutMs: number }
  private readonly state: () => AppState
  private entered: { readonly state: AppState; readonly atMs: number }
  /** By task: how far each was when it last got on, as far as somebody looked. */
  private readonly progress = new Map<string, Progress>()
  private turning: Progress = { mark: 0, forMs: 0 }
  private lookedMs: number

  constructor(clock: Clock, settings: AppHealth['settings'], state: () => AppState, work: WorkCursor | undefined) {
    this.clock = clock
    this.settings = settings
    this.state = state
    this.work = work
    this.lookedMs = clock.monotonicMs()
    this.entered = { state: state(), atMs: this.lookedMs }
  }

  /** The app is in another state. */
  stateChanged(): void {
    this.entered = { state: this.state(), atMs: this.clock.monotonicMs() }
  }

  read(): HealthReport {
    const nowMs = this.clock.monotonicMs()
    const passedMs = Math.min(lookMsMax, nowMs - this.lookedMs)
    this.lookedMs = nowMs
    const { parts, entered } = this
    const { state } = entered
    const common = { state, forMs: nowMs - entered.atMs }
    if (parts === undefined) return { ...common, group: undefined, tasks: 0, restore: undefined, turnAgeMs: undefined, stuckTasks: [] }
    const { member, tasks, restoration, processing } = parts
    const isRunning = state === 'running'
    this.turning = after(this.turning, processing.turnedMs, isRunning, passedMs)
    return {
      ...common,
      group: { state: member.state, heartbeatAgeMs: member.heartbeatAgeMs, sessionTimeoutMs: this.settings.sessionTimeoutMs },
      tasks: tasks.all.length,
      restore: state === 'restoring' ? { remainingRecords: restoration.remainingRecords } : undefined,
      turnAgeMs: isRunning ? this.turning.forMs : undefined,
      stuckTasks: this.stuckTasks(parts, isRunning, passedMs),
    }
  }

  private stuckTasks({ tasks, inputs, producer }: WatchedParts, isRunning: boolean, passedMs: number): readonly TaskTrouble[] {
    const behind = new Set(inputs.standing().flatMap(({ taskId, lag }) => (lag > 0 ? [taskId] : [])))
    const all = tasks.all
    for (const taskId of this.progress.keys()) if (!all.some(({ planned }) => planned.id === taskId)) this.progress.delete(taskId)
    return all.flatMap((running) => {
      const { planned, task } = running
      const hasWork = isRunning && task !== undefined && (task.hasRecords || behind.has(planned.id))
      const progress = after(this.progress.get(planned.id), task?.processed ?? 0, hasWork, passedMs)
      this.progress.set(planned.id, progress)
      const { forMs } = progress
      return forMs < this.settings.healthStuckMs ? [] : [{ taskId: planned.id, forMs, why: whyStuck(running, producer) }]
    })
  }
}

/** `counts`: whether there is anything to get on with. */
function after(before: Progress | undefined, mark: number, counts: boolean, passedMs: number): Progress {
  return before === undefined || before.mark !== mark || !counts ? { mark, forMs: 0 } : { mark, forMs: before.forMs + passedMs }
}

function whyStuck({ task, planned }: RunningTask, producer: Pick<StreamsProducer, 'full'>): TaskTrouble['why'] {
  if (task !== undefined && task.nextRetryMs < Infinity) return 'a record is tried again'
  if (producer.full) return 'the broker takes nothing'
  // mapAsync or a lookup has as many on their way as it may.
  if (task?.isHeldUp === true) return 'calls outside do not end'
  const hasCome = planned.inputs.some(({ topic, partition }) => (task?.bufferedBytes(topic, partition) ?? 0) > 0)
  return hasCome ? 'it waits for another input, or for a schema' : 'no records arrive'
}
