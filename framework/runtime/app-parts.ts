// What the parts of an app share: its topology and settings, and its connections, one for each role.

import type { Settings } from '../config.ts'
import type { Topology } from '../graph/topology.ts'
import type { Admin, Fetcher } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { StateEngine } from '../ports/store.ts'
import type { Preparations } from './preparations.ts'
import type { StatePositions } from './state-positions.ts'
import type { StreamsProducer } from './streams-producer.ts'
import type { Wakeup } from './wakeup.ts'
import type { WorkCursor } from './work-cursor.ts'

export interface AppParts {
  readonly topology: Topology
  readonly applicationId: string
  readonly settings: Settings
  readonly engines: { readonly persistent: StateEngine; readonly memory: StateEngine }
  readonly admin: Admin
  readonly fetcher: Fetcher
  readonly restoreFetcher: Fetcher
  readonly producer: StreamsProducer
  readonly positions: StatePositions
  readonly clock: Clock
  readonly logger: Logger
  readonly print: (line: string) => void
  /** Ends the sleep of the app's loop. */
  readonly wakeup: Wakeup
  /** What partitions wait for before their next record can be read. */
  readonly preparations: Preparations
  /** Undefined: nobody watches. */
  readonly cursor: WorkCursor | undefined
}
