// What `millrace dev` and the process of an app tell each other.

import type { AppState } from '../../framework/runtime/app-state.ts'

/** To the process, once: which app it is. */
export interface AppOrder {
  /** The bundle. */
  readonly app: string
  /** Beside the environment that the process was started with. */
  readonly environment: Readonly<Record<string, string>>
}

/** From the process. */
export interface AppReport {
  readonly state: AppState
}
