// Records that the broker has refused for what they are, after they were sent: what becomes of one is decided where it was written, by a sink. Who writes to the topic
// without one is the app itself: a changelog that lacks a record would restore another state, and a dead letter is kept nowhere else.

import { Sink } from '../operators/sink.ts'
import type { RefusedRecord } from '../ports/broker.ts'
import type { RunningTask } from './running-task.ts'

/** Throws where the policy is to fail. Of several tasks of one sub-topology it is not known which has written it: the first one answers for it. */
export function refusedBy(tasks: readonly RunningTask[], refused: RefusedRecord): 'fail' | 'leave-out' | 'retry' {
  const sinks = tasks.flatMap(({ task }) => task?.operators.filter((operator): operator is Sink => operator instanceof Sink) ?? [])
  const sink = sinks.find(({ topic }) => topic === refused.topic) ?? sinks.find((one) => one.mayWriteTo(refused.topic))
  return sink?.refused(refused) ?? 'fail'
}
