// A processor with state and timers by key. Records of a key see the state that the ones before have left; what its functions give goes on.
// Time here is the highest timestamp of the records that come: before one is processed that moves it, the timers up to its time fire, in their order, each at
// its own time, so that timers and records are seen as they happened; one for a time that has passed fires behind the record that has set it. By the wall clock timers fire between records.

import {
  type AnyKeyedContext,
  type KeyedProcessSpec,
  type KeyedResults,
  type KeyTimer,
  type TimeDomain,
  unchanged,
} from '../graph/keyed-state.ts'
import { asTimestamp, type Headers, noHeaders, type Timestamp } from '../ports/record.ts'
import type { BinaryKey } from '../state/contract.ts'
import { nullIfUndefined } from './callback.ts'
import type { DroppedRecords } from './dropped-records.ts'
import type { Failures } from './failures.ts'
import { Cell, FlowRecord, noOrigin, type Origin } from './flow-record.ts'
import type { KeptEntries } from './kept-entries.ts'
import { binaryKeyOf, cellOf } from './key-bytes.ts'
import { KeyScope } from './key-scope.ts'
import { KeyTimers } from './key-timers.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import type { OperatorEnvironment, TaskWork } from './operator-environment.ts'
import { openState } from './state-cells.ts'
import { type StreamTime, streamTimeName, unknownTime } from './stream-times.ts'

/** What the records that go on have in common. */
interface Sent {
  readonly keyCell: Cell<unknown>
  readonly timestamp: number
  readonly headers: Headers
  readonly origin: Origin
}

export class KeyedProcess implements Operator {
  readonly name: string
  private readonly outlet: Outlet
  private readonly spec: KeyedProcessSpec
  private readonly environment: OperatorEnvironment
  private readonly dropped: DroppedRecords
  private readonly failures: Failures
  private readonly work: TaskWork
  private readonly time: StreamTime
  private readonly scope: KeyScope
  private readonly expiring: readonly KeptEntries[]
  private readonly timers: KeyTimers | undefined
  private readonly context: AnyKeyedContext
  private alarm: { readonly atMs: number; cancel(): void } | undefined

  constructor(name: string, outlet: Outlet, spec: KeyedProcessSpec, environment: OperatorEnvironment) {
    this.name = name
    this.outlet = outlet
    this.spec = spec
    this.environment = environment
    this.dropped = environment.dropped
    this.failures = environment.failures
    this.work = environment.work
    this.time = environment.streamTimes.of(streamTimeName(name))
    this.scope = new KeyScope(name, environment.work, this.time)
    const states = Object.entries(spec.state).map(([state, of]) => [state, openState(of, this.scope, environment)] as const)
    this.expiring = states.flatMap(([, { entries }]) => (entries?.livesForTime ? [entries] : []))
    this.timers = spec.timers === null ? undefined : new KeyTimers(spec.timers, this.scope, environment)
    const cells = Object.fromEntries(states.map(([state, { cell }]) => [state, cell]))
    this.context = contextOf(cells, this.timers?.faces ?? {}, this.scope)
  }

  open(): void {
    this.setAlarm()
  }

  process(record: Flow): void {
    const { keyCell, timestamp } = record
    if (keyCell.isNull) {
      this.dropped.add('null-key')
      return
    }
    const key = binaryKeyOf(keyCell, this.spec.key, this.environment.scratch)
    if (timestamp > this.time.ms) {
      this.fire('eventTime', timestamp)
      this.time.ms = timestamp
      for (const entries of this.expiring) entries.expire()
    }
    const { spec, context } = this
    this.within(key, timestamp, () => {
      const results = spec.process(record.value, record.key, record, context)
      if (results === unchanged) this.outlet.forward(record)
      else this.send(results, record)
    })
    // It may have set one for a time that has passed.
    this.fire('eventTime', this.time.ms)
    this.setAlarm()
  }

  /** Timers by event time that were set before the input ended, and those up to the last of them that are set meanwhile. */
  endOfInput(): void {
    const lastMs = this.timers?.lastMs('eventTime') ?? unknownTime
    if (lastMs > this.time.ms) this.fire('eventTime', lastMs)
  }

  private fire(domain: TimeDomain, upToMs: number): void {
    const { timers, spec, context } = this
    if (timers === undefined || timers.firstMs(domain) > upToMs) return
    for (const { key, name, time } of timers.take(domain, upToMs)) {
      if (domain === 'eventTime' && time > this.time.ms) this.time.ms = time
      const { onTimer } = spec
      const keyCell = cellOf(key, spec.key)
      // The wall clock may be far from the time of the records: what a timer by it sends has theirs.
      const timestamp = domain === 'eventTime' || this.time.ms === unknownTime ? time : this.time.ms
      try {
        this.within(key, timestamp, () =>
          this.send(onTimer?.({ name, time }, keyCell.get(), context), { keyCell, timestamp, headers: noHeaders, origin: noOrigin }),
        )
      } catch (error) {
        this.failures.handlePunctuation(error, this.name)
      }
    }
  }

  /** State and timers are those of the key meanwhile; what goes on may not come back here. */
  private within(key: BinaryKey, timestamp: number, run: () => void): void {
    this.scope.enter(key, timestamp)
    try {
      run()
    } finally {
      this.scope.leave()
    }
  }

  private send(results: KeyedResults, sent: Sent): void {
    if (results === undefined || results === null) return
    for (const result of results) {
      if (this.spec.keepsKeys) this.forward(sent.keyCell, result, sent.timestamp, sent)
      else {
        const [key, value, timestamp = sent.timestamp] = result as readonly [unknown, unknown, number?]
        this.forward(key === sent.keyCell.get() ? sent.keyCell : Cell.of(nullIfUndefined(key)), value, timestamp, sent)
      }
    }
  }

  private forward(keyCell: Cell<unknown>, value: unknown, timestamp: number, { headers, origin }: Sent): void {
    this.outlet.forward(new FlowRecord(keyCell, Cell.of(nullIfUndefined(value)), timestamp, headers, origin))
  }

  /** Lets the task call when the next thing by the wall clock is due. */
  private setAlarm(): void {
    const atMs = this.firstByWallClock()
    if (atMs >= (this.alarm?.atMs ?? Infinity)) return
    this.alarm?.cancel()
    const { cancel } = this.work.schedule(this.name, { everyMs: alarmEveryMs, by: 'wallClock', startMs: atMs }, (now) => this.ring(now))
    this.alarm = { atMs, cancel }
  }

  private ring(now: Timestamp): void {
    this.alarm?.cancel()
    this.alarm = undefined
    this.fire('processingTime', now)
    for (const entries of this.expiring) entries.expire()
    this.setAlarm()
  }

  private firstByWallClock(): number {
    let firstMs = this.timers?.firstMs('processingTime') ?? Infinity
    for (const entries of this.expiring) firstMs = Math.min(firstMs, entries.firstMs('processingTime'))
    return firstMs
  }
}

/** An alarm rings once; then it is set anew. */
const alarmEveryMs = 86_400_000

function contextOf(state: Record<string, unknown>, timers: Readonly<Record<string, KeyTimer>>, scope: KeyScope): AnyKeyedContext {
  return {
    state,
    timers,
    get streamTime() {
      return asTimestamp(scope.now('eventTime'))
    },
    get wallClock() {
      return scope.now('processingTime')
    },
  }
}
