// How the loop of an app sleeps: until something rings or a time is over. Each source of rings is watched by one promise at a time, so
// that sleeping a thousand times does not leave a thousand reactions on one promise that never settles.

import type { Clock } from '../ports/clock.ts'

export class Wakeup {
  private readonly clock: Clock
  private readonly watched = new Set<string>()
  private rung = false
  private wake: (() => void) | undefined

  constructor(clock: Clock) {
    this.clock = clock
  }

  ring(): void {
    this.rung = true
    this.wake?.()
  }

  /** Rings when what `start` gives settles. Does nothing while the one of this name is still awaited. Failures show where the thing itself is used. */
  watch(name: string, start: () => Promise<void>): void {
    if (this.watched.has(name)) return
    this.watched.add(name)
    const settled = (): void => {
      this.watched.delete(name)
      this.ring()
    }
    start().then(settled, settled)
  }

  /** Sleeps until a ring that came since the last sleep, or comes now, or for this long. Timers and sockets have their turn in any case. */
  async sleep(durationMs: number): Promise<void> {
    if (!this.rung && durationMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.clock.after(durationMs, resolve)
        this.wake = () => {
          timer.cancel()
          resolve()
        }
      })
      this.wake = undefined
    }
    this.rung = false
    await this.clock.turn()
  }
}
