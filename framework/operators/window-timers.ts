// When the windows of a key end at the latest: by the operator's stream time, or by the clock on the wall. It lies in the rows of their store, so in
// its changelog; this is the order of it, in memory, made anew from the rows when the operator opens. Timers of one time are due in the order of their
// keys, whatever the order in which they were set, so that a restart changes nothing.

import type { BinaryKey } from '../state/contract.ts'
import type { TaskWork } from './operator-environment.ts'
import { PriorityQueue } from './priority-queue.ts'

interface Timer {
  readonly key: BinaryKey
  readonly dueMs: number
}

export type TimerScale = 'eventTime' | 'wallClock'

export class WindowTimers {
  private readonly node: string
  private readonly by: TimerScale
  private readonly work: TaskWork
  private readonly onDue: (key: BinaryKey, timeMs: number) => void
  private readonly dueByKey = new Map<BinaryKey, number>()
  /** Some of them do not hold any more: `dueByKey` says which do. */
  private readonly queue = new PriorityQueue<Timer>(({ dueMs }) => dueMs)
  private look: { cancel(): void } | undefined
  private lookMs = Infinity

  /** `onDue` is called with the key and the time, which is the clock's, and may set a new timer. */
  constructor(node: string, by: TimerScale, work: TaskWork, onDue: (key: BinaryKey, timeMs: number) => void) {
    this.node = node
    this.by = by
    this.work = work
    this.onDue = onDue
  }

  /** Takes the place of the key's timer, if it has one; undefined: there is none any more. */
  set(key: BinaryKey, dueMs: number | undefined): void {
    if (this.dueByKey.get(key) === dueMs) return
    if (dueMs === undefined) {
      this.dueByKey.delete(key)
      return
    }
    this.dueByKey.set(key, dueMs)
    this.queue.offer({ key, dueMs })
    if (this.by === 'wallClock') this.lookAt(dueMs)
  }

  /** Calls what is due at a time. A timer set meanwhile that is due too waits for the next call: so no timer can keep the task. */
  run(timeMs: number): void {
    if ((this.queue.peek()?.dueMs ?? Infinity) > timeMs) return
    const due: Timer[] = []
    for (let first = this.queue.peek(); first !== undefined && first.dueMs <= timeMs; first = this.queue.peek()) {
      this.queue.poll()
      if (this.dueByKey.get(first.key) === first.dueMs) due.push(first)
    }
    due.sort((a, b) => a.dueMs - b.dueMs || (a.key < b.key ? -1 : 1))
    for (const { key, dueMs } of due) {
      if (this.dueByKey.get(key) !== dueMs) continue
      this.dueByKey.delete(key)
      this.onDue(key, timeMs)
    }
  }

  private lookAt(timeMs: number): void {
    if (timeMs >= this.lookMs) return
    this.look?.cancel()
    this.lookMs = timeMs
    this.look = this.work.schedule(this.node, { everyMs: Number.MAX_SAFE_INTEGER, by: 'wallClock', startMs: timeMs }, (now) => {
      this.look?.cancel()
      this.lookMs = Infinity
      this.run(now)
      const next = this.queue.peek()
      if (next !== undefined) this.lookAt(next.dueMs)
    })
  }
}
