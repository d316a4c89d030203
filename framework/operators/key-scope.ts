// What a keyed processor is working on: the key whose state and timers are meant, and what time it is for them. Nothing outside of a call has a key.

import type { TimeDomain, TimeToLive } from '../graph/keyed-state.ts'
import { asTimestamp, type Timestamp } from '../ports/record.ts'
import { entryPrefix } from '../serdes/entry.ts'
import type { BinaryKey } from '../state/contract.ts'
import type { TaskWork } from './operator-environment.ts'
import type { StreamTime } from './stream-times.ts'

export class KeyScope {
  private readonly node: string
  private readonly work: TaskWork
  private readonly time: StreamTime
  private current: BinaryKey | undefined
  private currentPrefix: BinaryKey | undefined
  /** Of the record or the timer that is worked on. */
  private timestampMs = 0

  constructor(node: string, work: TaskWork, time: StreamTime) {
    this.node = node
    this.work = work
    this.time = time
  }

  enter(key: BinaryKey, timestampMs: number): void {
    this.current = key
    this.currentPrefix = undefined
    this.timestampMs = timestampMs
  }

  leave(): void {
    this.current = undefined
    this.currentPrefix = undefined
  }

  get key(): BinaryKey {
    const { current } = this
    if (current === undefined)
      throw new Error(`${this.node} has a key only while a record or a timer is processed: state and timers cannot be used at another time`)
    return current
  }

  /** What the entries of the key begin with. */
  get prefix(): BinaryKey {
    this.currentPrefix ??= entryPrefix(this.key)
    return this.currentPrefix
  }

  now(domain: TimeDomain): Timestamp {
    return domain === 'eventTime' ? asTimestamp(this.time.ms) : this.work.wallClock
  }

  /** The timestamp of what is written now: where it is to live for a time, by the clock that ends it. */
  stamp(ttl: TimeToLive | null): number {
    return ttl === null ? this.timestampMs : this.now(ttl.by)
  }
}
