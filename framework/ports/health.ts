// How an app is, for those who watch over it: a server for probes, say. Read when somebody asks.

export interface TaskTrouble {
  readonly taskId: string
  /** How long it has processed nothing, though there is something. */
  readonly forMs: number
  readonly why:
    | 'a record is tried again'
    | 'the broker takes nothing'
    | 'calls outside do not end'
    | 'no records arrive'
    | 'it waits for another input, or for a schema'
}

export interface HealthReport {
  /** As `app-state.ts` draws them: `starting`, `rebalancing`, `restoring`, `running` … */
  readonly state: string
  readonly forMs: number
  /** Undefined before the app has one. */
  readonly group:
    | {
        readonly state: string
        /** Since the coordinator last answered a heartbeat. */
        readonly heartbeatAgeMs: number
        readonly sessionTimeoutMs: number
      }
    | undefined
  readonly tasks: number
  /** Undefined if nothing is being restored. */
  readonly restore: { readonly remainingRecords: number } | undefined
  /** Since the loop that moves records has last turned; undefined where it does not run. */
  readonly turnAgeMs: number | undefined
  /** Tasks that have processed nothing for longer than `healthStuckMs`. */
  readonly stuckTasks: readonly TaskTrouble[]
}

/** What the app is at, in memory that another thread can read while this one does not answer. */
export interface WorkInView {
  /** Three numbers of 64 bits: the input, the offset, the operator. Input and operator are numbers that `names` translates; -1: none. */
  readonly shared: SharedArrayBuffer
  /** Calls back with each number and its name, those that are known already too. */
  onName(take: (number: number, name: string) => void): void
}

/** The event loop of a stream thread, which has a thread of its own. */
export interface WatchedLoop {
  /** As metrics name it: `counts-StreamThread-2`. */
  readonly name: string
  /** One number of 32 bits, which the thread counts up every `beatMs` while its loop turns. */
  readonly beats: SharedArrayBuffer
  readonly beatMs: number
  readonly work: WorkInView
}

export interface Health {
  read(): HealthReport
  /** Undefined if nobody asked for it by `healthPort`, and where stream threads do the work. */
  readonly work: WorkInView | undefined
  /** Calls back with each loop beside that of the thread that asks, those that are there already too; what is given back is called when it is gone. */
  onLoop?(begins: (loop: WatchedLoop) => () => void): void
}
