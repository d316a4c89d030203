// What time it is for the windows of an operator, where that is not stream time alone. Idleness and the clock on the wall close windows too; what they decide
// does not follow from the input, so it is written down, in a store of one row with a changelog: up to which time windows are closed. Nothing goes back
// behind it, whether the records come again, the app was restarted, or the clock was set back.
//
//   open ──record──▶ a look is due ──nothing came for so long, or an end has passed──▶ decide: write, close ──windows are left──▶ a look is due

import type { WindowAside } from '../graph/operator-spec.ts'
import type { AggregationWindow, SessionWindow, SlidingWindow, WindowTiming } from '../graph/window-spec.ts'
import { noHeaders } from '../ports/record.ts'
import type { RowStore } from '../state/contract.ts'
import type { Flow } from './operator.ts'
import type { OperatorEnvironment, TaskWork } from './operator-environment.ts'

/** What the clock asks of the operator. All times are on the scale of the windows. */
export interface ClockedWindows {
  /** Up to where windows would be closed if nothing came any more that belongs to one of them: beyond all that hold a record; -1 if none does. */
  allClosedMs(): number
  /** Up to where windows are closed when it is so late. */
  closedAt(timeMs: number): number
  /** When the first window that is open at `closedMs` closes, at the earliest; Infinity if none holds a record. */
  nextCloseMs(closedMs: number): number
  /** Sends what is closed, if it is sent then. */
  sendUpTo(closedMs: number): void
}

interface Decision {
  readonly closedMs: number
  readonly because: 'idle' | 'wallClock'
  readonly wallClockMs: number
}

/** How long after a time a look may be at most: no clock has a time behind Java's. */
const neverMs = Number.MAX_SAFE_INTEGER
const rowKey = Buffer.from('closed').toString('latin1')

export class WindowClock {
  private readonly node: string
  private readonly timing: WindowTiming
  private readonly windows: ClockedWindows
  private readonly store: RowStore<Decision> | undefined
  private readonly work: TaskWork
  private decided: number
  private lastRecordMs = 0
  private dueMs = neverMs
  /** Whether what was decided before a restart may not have been sent: what a commit does not say is sent again. */
  private resends = false
  private look: { cancel(): void } | undefined

  constructor(
    node: string,
    { window, decisions }: { readonly window: WindowTiming; readonly decisions: string | undefined },
    environment: OperatorEnvironment,
    windows: ClockedWindows,
  ) {
    this.node = node
    this.timing = window
    this.windows = windows
    this.work = environment.work
    this.store = decisions === undefined ? undefined : environment.stores.rows<Decision>(decisions)
    this.decided = this.store?.get(rowKey)?.value.closedMs ?? -1
  }

  /** Before the first record: windows that were open before a restart wait for no record. */
  open(): void {
    if (this.store === undefined) return
    this.lastRecordMs = this.work.wallClock
    this.resends = this.decided >= 0
    if (this.resends || this.windows.allClosedMs() > this.decided) this.lookAt(this.lastRecordMs)
  }

  /** The time by which a record belongs to windows. It does not go back behind what was decided. */
  timeOf(record: Flow): number {
    return this.timing.time === 'processing' ? Math.max(this.work.wallClock, this.decided) : record.timestamp
  }

  /** Up to where windows are closed, when stream time says so and so far. */
  closedMs(byStreamTime: number): number {
    if (this.timing.closes?.kind === 'endOfInput') return -1
    return Math.max(byStreamTime, this.decided)
  }

  /**
   * A record has come into windows, the first of which closes at this time by the scale of the windows. Infinity: it was late for all of them; its partition is
   * not idle for that, and it may have moved stream time.
   */
  came(closesMs: number): void {
    if (this.store === undefined) return
    this.lastRecordMs = this.work.wallClock
    this.lookAt(this.isIdleTimed ? this.lastRecordMs + this.idleMs : closesMs)
  }

  private get isIdleTimed(): boolean {
    return this.timing.closes?.kind === 'idle'
  }

  private get idleMs(): number {
    return this.timing.closes?.kind === 'idle' ? this.timing.closes.idleMs : neverMs
  }

  /** At the latest then. An idle partition is looked at when its time is over, and again later if a record came meanwhile: not anew with each record. */
  private lookAt(timeMs: number): void {
    if (timeMs >= this.dueMs || timeMs >= neverMs) return
    this.look?.cancel()
    this.dueMs = timeMs
    this.look = this.work.schedule(this.node, { everyMs: neverMs, by: 'wallClock', startMs: Math.max(0, timeMs) }, () => this.due())
  }

  private due(): void {
    this.look?.cancel()
    this.look = undefined
    this.dueMs = neverMs
    const nowMs = this.work.wallClock
    if (this.resends) this.windows.sendUpTo(this.decided)
    this.resends = false
    if (this.isIdleTimed) {
      const idleAtMs = this.lastRecordMs + this.idleMs
      if (this.windows.allClosedMs() <= this.decided) return
      if (nowMs < idleAtMs) this.lookAt(idleAtMs)
      else this.decide(this.windows.allClosedMs(), 'idle', nowMs)
      return
    }
    if (this.windows.nextCloseMs(this.decided) <= nowMs) this.decide(this.windows.closedAt(nowMs), 'wallClock', nowMs)
    this.lookAt(this.windows.nextCloseMs(this.decided))
  }

  private decide(closedMs: number, because: Decision['because'], wallClockMs: number): void {
    if (closedMs <= this.decided) return
    this.decided = closedMs
    this.store!.put(rowKey, { closedMs, because, wallClockMs }, wallClockMs, noHeaders)
    this.windows.sendUpTo(closedMs)
  }
}

/** The clock of windows that need one. */
export function clockOf(
  node: string,
  { window, aside }: { readonly window: AggregationWindow | SlidingWindow | SessionWindow; readonly aside?: WindowAside },
  environment: OperatorEnvironment,
  windows: ClockedWindows,
): WindowClock | undefined {
  if (window.kind === 'unlimited' || (window.closes === undefined && window.time === undefined)) return undefined
  return new WindowClock(node, { window, decisions: aside?.decisions }, environment, windows)
}
