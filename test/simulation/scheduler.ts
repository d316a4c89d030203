// The only thing that moves in a simulation: events in virtual time. What is due at about the same time happens in an order that the seed chooses, and everything
// that promises set off comes to rest before the next event. Each process has a clock of its own, whose events wait while it is frozen, and never come once it is dead.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, Timer } from '../../framework/ports/clock.ts'
import { asTimestamp, type Timestamp } from '../../framework/ports/record.ts'
import type { Random } from '../kit/random.ts'

/** What becomes of the events of a process. */
export interface Process {
  readonly alive: boolean
  readonly frozenUntilMs: number
}

interface Event {
  dueMs: number
  readonly order: number
  readonly run: () => void
  readonly of: Process
  cancelled: boolean
}

/** No two things take exactly as long. */
const jitterMs = 0.5
const turnMsMax = 0.2
const epochMs = 1_700_000_000_000

export const outside: Process = { alive: true, frozenUntilMs: 0 }

export class Scheduler {
  nowMs = 0
  events = 0
  private readonly random: Random
  /** A binary heap. */
  private readonly queue: Event[] = []

  constructor(random: Random) {
    this.random = random
  }

  after(delayMs: number, run: () => void, of: Process = outside): Timer {
    const event = {
      dueMs: this.nowMs + Math.max(0, delayMs) + this.random.next() * jitterMs,
      order: this.random.next(),
      run,
      of,
      cancelled: false,
    }
    this.push(event)
    return {
      cancel: () => {
        event.cancelled = true
      },
    }
  }

  /** Resolves after so long, unless the process is dead by then. */
  pause(delayMs: number, of: Process = outside): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve, of))
  }

  turn(of: Process): Promise<void> {
    return new Promise((resolve) => this.after(this.random.next() * turnMsMax - jitterMs, resolve, of))
  }

  /** Goes from event to event until the condition holds; false if it does not within this much virtual time. */
  async runUntil(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
    const endMs = this.nowMs + limitMs
    for (;;) {
      await nextTurn()
      const holds = condition()
      if (holds === true || (holds !== false && (await holds))) return true
      // The condition may have started something.
      if (this.queue.length === 0) await nextTurn()
      const next = this.queue[0]
      if (next === undefined) return false
      if (next.dueMs > endMs) {
        this.nowMs = Math.max(this.nowMs, endMs)
        return false
      }
      const event = this.pop()!
      if (event.cancelled || !event.of.alive) continue
      if (event.of.frozenUntilMs > event.dueMs) {
        event.dueMs = event.of.frozenUntilMs + this.random.next()
        this.push(event)
        continue
      }
      this.nowMs = Math.max(this.nowMs, event.dueMs)
      this.events++
      event.run()
    }
  }

  clockOf(process: Process): Clock {
    return {
      now: (): Timestamp => asTimestamp(epochMs + Math.floor(this.nowMs)),
      monotonicMs: () => this.nowMs,
      after: (delayMs, run) => this.after(delayMs, run, process),
      turn: () => this.turn(process),
    }
  }

  private push(event: Event): void {
    const { queue } = this
    let at = queue.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(event, queue[parent]!)) break
      queue[at] = queue[parent]!
      at = parent
    }
    queue[at] = event
  }

  private pop(): Event | undefined {
    const { queue } = this
    const first = queue[0]
    const last = queue.pop()
    if (first === undefined || last === undefined || queue.length === 0) return first
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= queue.length) break
      if (child + 1 < queue.length && isBefore(queue[child + 1]!, queue[child]!)) child++
      if (!isBefore(queue[child]!, last)) break
      queue[at] = queue[child]!
      at = child
    }
    queue[at] = last
    return first
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order)
}
