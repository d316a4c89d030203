// What a task needs of the settings of its app.

import type { Settings } from '../config.ts'
import type { TaskSettings } from './task-options.ts'

export function taskSettings(settings: Settings): TaskSettings {
  const { deserializationExceptionHandler, processingExceptionHandler, productionExceptionHandler, processingRetriesExhausted } = settings
  const { processingRetriesMax: retriesMax, processingRetryBackoffMs: backoffMs, processingRetryBackoffMsMax: backoffMsMax } = settings
  const { validate, deadLetterTopic, stateDir } = settings
  const { closedWindowsIntervalMs: closedWindowsMs, unmatchedIntervalMs: unmatchedMs } = settings
  return {
    deserializationExceptionHandler,
    processingExceptionHandler,
    productionExceptionHandler,
    processingRetriesExhausted,
    retries: { retriesMax, backoffMs, backoffMsMax },
    validate,
    appConfigs: settings,
    stateDir,
    emitIntervals: { closedWindowsMs, unmatchedMs },
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
  }
}
