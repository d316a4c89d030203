// What becomes of the failures of a task: by its settings, or by the handlers of its topology.

import { DeadLetters } from '../operators/dead-letters.ts'
import type { DroppedRecords } from '../operators/dropped-records.ts'
import { Failures, type SourceBytes } from '../operators/failures.ts'
import { pathTo, readsTopic } from './task-graph.ts'
import type { TaskOptions } from './task-options.ts'

/** `isOwn`: whether the task has a source. */
export function taskFailures(
  options: TaskOptions,
  dropped: DroppedRecords,
  source: SourceBytes,
  isOwn: (source: SourceNodeOf) => boolean,
): Failures {
  const { id, applicationId, topology, settings, logger } = options
  const { deadLetterTopic } = settings
  return new Failures({
    taskId: id,
    policy: { ...settings, ...topology.errorHandlers },
    dropped,
    deadLetters: deadLetterTopic === undefined ? undefined : new DeadLetters(options.writer(deadLetterTopic), applicationId),
    source,
    pathTo: (node, topic) => pathTo(topology, node, (from) => isOwn(from) && readsTopic(from, topic, applicationId)),
    logger,
    ...(settings.retries === undefined ? {} : { retriesMax: settings.retries.retriesMax }),
  })
}

type SourceNodeOf = Parameters<typeof readsTopic>[0]
