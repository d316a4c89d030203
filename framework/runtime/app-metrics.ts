// The metrics of an app, read out of what its parts count anyway. Names, groups and tags are Kafka Streams' (StreamsMetricsImpl, ThreadMetrics, TaskMetrics,
// NamedCacheMetrics; consumer metrics for lag and heartbeat) wherever it has the number.

import type { DropReason } from '../operators/dropped-records.ts'
import { Sink } from '../operators/sink.ts'
import type { GroupMember } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Metric, Metrics, MetricTags } from '../ports/metrics.ts'
import { type AppState, appStates } from './app-state.ts'
import type { Committer } from './committer.ts'
import type { Processing } from './processing.ts'
import type { Restoration } from './restoration.ts'
import type { RunningTask } from './running-task.ts'
import type { StandbyTasks } from './standby-tasks.ts'
import type { TaskInputs } from './task-inputs.ts'
import { restoredOf, type TaskSet } from './task-set.ts'
import type { TaskStates } from './task-states.ts'

/** The parts of an app while it runs. */
export interface MeasuredParts {
  readonly tasks: TaskSet
  readonly states: TaskStates
  readonly standbys: StandbyTasks
  readonly inputs: TaskInputs
  readonly committer: Committer
  readonly member: GroupMember
  readonly processing: Processing
  readonly restoration: Restoration
}

export class AppMetrics implements Metrics {
  /** Undefined until the app has them. */
  parts: MeasuredParts | undefined
  private readonly threadTags: MetricTags
  private readonly state: () => AppState

  private readonly clock: Clock

  constructor(threadName: string, state: () => AppState, clock: Clock) {
    this.clock = clock
    this.threadTags = { 'thread-id': threadName }
    this.state = state
  }

  read(): readonly Metric[] {
    const { parts } = this
    const states = stateMetrics(this.state())
    if (parts === undefined) return states
    return [
      ...states,
      ...this.ofThread(parts),
      ...parts.tasks.all.flatMap((task) => this.ofTask(task, parts)),
      ...this.ofStandbys(parts),
      ...this.ofInputs(parts),
    ]
  }

  private ofThread({ tasks, states, standbys, committer, member, processing, inputs }: MeasuredParts): readonly Metric[] {
    const { threadTags: tags } = this
    const group = 'stream-thread-metrics'
    const totals = tasks.totals()
    const nowMs = this.clock.monotonicMs()
    return [
      counter(group, 'process-total', 'records processed, of repartition topics too', tags, totals.processed),
      counter(group, 'process-ms-total', 'milliseconds that processing took', tags, processing.processMs),
      gauge(group, 'process-latency-avg', 'milliseconds for a record, over the last minute', tags, processing.latency.average(nowMs)),
      gauge(
        group,
        'process-latency-max',
        'milliseconds for a record, in the slowest slice of the last minute',
        tags,
        processing.latency.max(nowMs),
      ),
      counter(group, 'poll-total', 'times that records were there when the fetcher was asked', tags, inputs.polls),
      counter(group, 'punctuate-total', 'punctuations', tags, totals.punctuations),
      counter(group, 'commit-total', 'commits', tags, committer.commits),
      counter(group, 'commit-ms-total', 'milliseconds that commits took, without writing the state', tags, committer.commitMs),
      gauge(group, 'commit-latency-max', 'milliseconds of the longest commit', tags, committer.commitMsMax),
      counter(group, 'task-created-total', 'tasks opened here', tags, tasks.opened),
      counter(group, 'task-closed-total', 'tasks closed here', tags, tasks.closed),
      gauge(group, 'task-count', 'tasks that this instance has', tags, tasks.all.length),
      counter(group, 'records-in-total', 'records taken from source topics and elements', tags, totals.recordsIn),
      counter(group, 'records-out-total', "records sent to users' topics", tags, totals.recordsOut),
      counter(group, 'restore-total', 'changelog records restored', tags, totals.restoredRecords),
      gauge(group, 'standby-task-count', 'states that this instance keeps up to date for other instances', tags, standbys.all.length),
      counter(group, 'update-total', 'changelog records read into standbys', tags, standbys.records),
      ...[...totals.dropped].map(([reason, count]) => dropped(group, { ...tags, reason }, count)),
      gauge('stream-state-metrics', 'memory-store-bytes', 'size of the stores in memory of all tasks', tags, states.memoryBudget.bytes),
      gauge(
        'stream-state-metrics',
        'suppress-buffer-bytes',
        'size of what suppress() holds back in all tasks',
        tags,
        states.suppressBudget.bytes,
      ),
      gauge(
        'stream-record-cache-metrics',
        'cache-size-bytes-total',
        'size of the record caches of all stores',
        tags,
        states.cacheBudget.bytes,
      ),
      gauge(
        'consumer-coordinator-metrics',
        'last-heartbeat-seconds-ago',
        'seconds since the group coordinator answered a heartbeat',
        tags,
        member.heartbeatAgeMs / 1_000,
      ),
    ]
  }

  private ofTask(running: RunningTask, { restoration }: MeasuredParts): readonly Metric[] {
    const { planned, state, task, endToEnd } = running
    const nowMs = this.clock.monotonicMs()
    const tags = { ...this.threadTags, 'task-id': planned.id }
    const group = 'stream-task-metrics'
    const ofState = [
      counter(group, 'restore-total', 'changelog records restored', tags, restoredOf(running)),
      gauge(
        group,
        'restore-remaining-records-total',
        'changelog records to be restored yet, at most',
        tags,
        restoration.remainingOf(running),
      ),
      gauge('stream-state-metrics', 'disk-size-bytes', 'size of the state on disk', tags, state.diskBytes),
      gauge(group, 'uncommitted-bytes', 'size of the state that is not committed yet', tags, state.uncommittedBytes),
    ]
    if (task === undefined) return ofState
    return [
      ...ofState,
      counter(group, 'process-total', 'records processed', tags, task.processed),
      counter(group, 'punctuate-total', 'punctuations', tags, task.punctuations),
      gauge(group, 'record-e2e-latency-avg', 'milliseconds from the newest timestamp taken to now', tags, endToEnd.average(nowMs)),
      gauge(group, 'record-e2e-latency-max', 'the largest of them in the last minute', tags, endToEnd.max(nowMs)),
      ...[...task.dropped.counts()].map(([reason, count]) => dropped(group, { ...tags, reason }, count)),
      ...task.operators.flatMap((operator) => (operator instanceof Sink ? [produced(tags, operator)] : [])),
      ...task.metrics.read(tags),
    ]
  }

  private ofStandbys({ standbys }: MeasuredParts): readonly Metric[] {
    const group = 'stream-standby-metrics'
    return standbys.all.flatMap(({ planned, state, lag }) => {
      const tags = { ...this.threadTags, 'task-id': planned.id }
      return [
        counter(group, 'update-total', 'changelog records read into the standby', tags, state.restore.records),
        gauge(group, 'records-lag', 'changelog records that the standby is short of, at most', tags, lag),
        gauge('stream-state-metrics', 'disk-size-bytes', 'size of the state on disk', tags, state.diskBytes),
      ]
    })
  }

  private ofInputs({ inputs }: MeasuredParts): readonly Metric[] {
    return inputs.standing().flatMap(({ topic, partition, taskId, lag, bufferedBytes }) => {
      const tags = { ...this.threadTags, 'task-id': taskId, topic, partition: String(partition) }
      return [
        gauge('consumer-fetch-manager-metrics', 'records-lag', 'records of the partition that are not processed yet', tags, lag),
        gauge('stream-task-metrics', 'input-buffer-bytes-total', 'size of what is fetched and not processed', tags, bufferedBytes),
      ]
    })
  }
}

export function stateMetrics(current: AppState): readonly Metric[] {
  return appStates.map((state) =>
    gauge('stream-metrics', 'state', '1 for the state that the app is in, 0 for the others', { state }, state === current ? 1 : 0),
  )
}

function dropped(group: string, tags: MetricTags & { readonly reason: DropReason }, count: number): Metric {
  return counter(group, 'dropped-records-total', 'records left out, by reason', tags, count)
}

/** Of a sink whose records choose their topics, `topic-name` is empty. */
function produced(tags: MetricTags, { name, topic = '', sent }: Sink): Metric {
  const ofSink = { ...tags, 'processor-node-id': name, 'topic-name': topic }
  return counter('stream-topic-metrics', 'records-produced-total', 'records written by a sink', ofSink, sent)
}

function counter(group: string, name: string, description: string, tags: MetricTags, value: number): Metric {
  return { group, name, kind: 'counter', description, tags, value }
}

function gauge(group: string, name: string, description: string, tags: MetricTags, value: number): Metric {
  return { group, name, kind: 'gauge', description, tags, value }
}
