// The punctuations of a task, by stream time or by wall clock: what is due is called once, and next at the first multiple of its interval
// behind now, so that missed ones are not made up (Kafka Streams: PunctuationQueue, PunctuationSchedule; KIP-138).

import { PriorityQueue } from '../operators/priority-queue.ts'
import { asTimestamp, type Timestamp } from '../ports/record.ts'

interface Schedule {
  readonly node: string
  readonly everyMs: number
  readonly punctuate: (time: Timestamp) => void
  dueMs: number
  cancelled: boolean
}

export class Punctuations {
  private readonly queue = new PriorityQueue<Schedule>((schedule) => schedule.dueMs)

  /** When the next one is due; Infinity if there is none. Cheap: asked for after every record. */
  nextDueMs = Infinity

  add(node: string, firstMs: number, everyMs: number, punctuate: (time: Timestamp) => void): { cancel(): void } {
    const schedule: Schedule = { node, everyMs, punctuate, dueMs: firstMs, cancelled: false }
    this.enqueue(schedule)
    return {
      cancel: () => {
        schedule.cancelled = true
      },
    }
  }

  /** Calls what is due; says whether there was any. `run` names the node should the callback throw. */
  run(nowMs: number, run: (node: string, punctuate: () => void) => void): boolean {
    let punctuated = false
    while (nowMs >= this.nextDueMs) {
      const schedule = this.queue.poll() as Schedule
      this.nextDueMs = this.queue.peek()?.dueMs ?? Infinity
      if (schedule.cancelled) continue
      run(schedule.node, () => schedule.punctuate(asTimestamp(nowMs)))
      punctuated = true
      // It may have cancelled itself.
      if (schedule.cancelled) continue
      schedule.dueMs += (Math.floor((nowMs - schedule.dueMs) / schedule.everyMs) + 1) * schedule.everyMs
      this.enqueue(schedule)
    }
    return punctuated
  }

  private enqueue(schedule: Schedule): void {
    this.queue.offer(schedule)
    this.nextDueMs = (this.queue.peek() as Schedule).dueMs
  }
}
