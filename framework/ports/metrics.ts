// What an app tells of itself in numbers, named as Kafka Streams names its metrics where it has them. The app counts in plain fields on its way; a reporter asks for
// all of them when it wants to know, so that between two looks they cost nothing.

import type { Clock } from './clock.ts'
import type { Health } from './health.ts'
import type { Logger } from './logger.ts'
import type { Secret } from './secret.ts'
import type { StateReader } from './state-queries.ts'

export type MetricTags = Readonly<Record<string, string>>

export interface Metric {
  /** Kafka Streams' group: `stream-task-metrics`. */
  readonly group: string
  /** Kafka Streams' name: `process-total`. */
  readonly name: string
  /** A counter only grows while its tags are there; a gauge is how it stands now. */
  readonly kind: 'counter' | 'gauge'
  readonly description: string
  /** With Kafka Streams' names: `thread-id`, `task-id`, `topic`, `partition`. */
  readonly tags: MetricTags
  readonly value: number
}

export interface Metrics {
  /** All metrics as they are now. No two have the same group, name and tags; those of one name have the same kind, description and names of tags. */
  read(): readonly Metric[]
}

export interface ReporterContext {
  readonly applicationId: string
  readonly logger: Logger
  readonly clock: Clock
  readonly health: Health
  /** The stores of the app. */
  readonly state: StateReader
  readonly settings: HealthSettings
  /** All metrics as the text of a reporter that has them so; undefined if none does. */
  readonly scrape: () => Promise<MetricsText | undefined>
}

/** As `millrace.config.ts` names them. */
export interface HealthSettings {
  readonly healthPort: number | undefined
  readonly healthHost: string
  readonly healthStuckMs: number
  readonly loopDelayWarnMs: number
  readonly stateQueryToken: Secret | undefined
}

export interface MetricsText {
  /** Its content type. */
  readonly type: string
  readonly body: string
}

/** Tells somebody the metrics of an app: whenever it is asked, or from time to time. */
export interface MetricsReporter {
  /** Called before the app connects to its broker. What it rejects with ends the start. */
  start(metrics: Metrics, context: ReporterContext): Promise<void>
  /** Called once the app has ended or failed, also where `start` has rejected. */
  close(): Promise<void>
  /** All metrics as text, for those who ask over HTTP; only of a reporter that was started. */
  scrape?(): Promise<MetricsText>
}

/** Called for each app. */
export type MetricsReporterFactory = () => MetricsReporter
