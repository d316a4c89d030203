// How the requests of one client reach a memory cluster: at once, unless a simulation puts something between them.

import type { Clock } from '../../framework/index.ts'

/** What a client asks for that a fault may meet. */
export type MemoryRequest =
  | 'admin'
  | 'fence producers'
  | 'committed'
  | 'produce'
  | 'initialize'
  | 'add offsets'
  | 'end transaction'
  | 'commit offsets'

export interface MemoryNetwork {
  /** Of the process that the client runs in: its heartbeats go by it, so that none comes from a frozen one. Default: the cluster's. */
  readonly clock?: Clock
  /**
   * Carries out the request and gives its answer. It may do so later, or more than once, as a client does that has lost an answer: the same request twice is as
   * good as once. What the request throws is its answer.
   */
  send<T>(request: MemoryRequest, run: () => T): Promise<T>
}

export const directNetwork: MemoryNetwork = {
  send: async (_, run) => run(),
}
