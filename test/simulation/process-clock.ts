// The clock of one process of the simulation. A process that is frozen (SIGSTOP) does nothing, its timers least of all, until it is thawed; one that was
// killed never does anything again.

import type { Clock, Timer } from '../../framework/ports/clock.ts'
import type { Timestamp } from '../../framework/ports/record.ts'
import type { VirtualClock } from '../kit/virtual-clock.ts'

export class ProcessClock implements Clock {
  private readonly clock: VirtualClock
  private state: 'awake' | 'frozen' | 'dead' = 'awake'
  private sleepers: (() => void)[] = []
  /** Called at each turn of its event loop. */
  onTurn: () => void = () => {}

  constructor(clock: VirtualClock) {
    this.clock = clock
  }

  get isDead(): boolean {
    return this.state === 'dead'
  }

  now(): Timestamp {
    return this.clock.now()
  }

  monotonicMs(): number {
    return this.clock.monotonicMs()
  }

  after(delayMs: number, run: () => void): Timer {
    let cancelled = false
    const timer = this.clock.after(delayMs, () => this.whenAwake(() => !cancelled && run()))
    return {
      cancel: () => {
        cancelled = true
        timer.cancel()
      },
    }
  }

  async turn(): Promise<void> {
    await this.clock.turn()
    this.onTurn()
    await this.awake()
  }

  /** Resolves when the process may go on: never, if it is dead. */
  async awake(): Promise<void> {
    if (this.state !== 'awake') await new Promise<void>((resolve) => this.whenAwake(resolve))
  }

  freeze(forMs: number): void {
    if (this.state !== 'awake') return
    this.state = 'frozen'
    this.clock.after(forMs, () => this.thaw())
  }

  kill(): void {
    this.state = 'dead'
    this.sleepers = []
  }

  private thaw(): void {
    if (this.state !== 'frozen') return
    this.state = 'awake'
    const { sleepers } = this
    this.sleepers = []
    for (const wake of sleepers) wake()
  }

  private whenAwake(run: () => void): void {
    if (this.state === 'awake') run()
    else if (this.state === 'frozen') this.sleepers.push(run)
  }
}
