// What a task needs of the settings of its app.

import type { Settings } from '../config.ts'
import type { TaskSettings } from './task.ts'

export function taskSettings(settings: Settings): TaskSettings {
  const { onUndecodable, onCallbackFailure, validate, deadLetterTopic } = settings
  const { closedWindowsIntervalMs: closedWindowsMs, unmatchedIntervalMs: unmatchedMs } = settings
  return {
    onUndecodable,
    onCallbackFailure,
    validate,
    emitIntervals: { closedWindowsMs, unmatchedMs },
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
  }
}
