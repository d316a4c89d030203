// What partitions wait for before their next record can be read: serdes fetch it (schemas), and the partition goes on with that record. What cannot be fetched
// ends the app.

import type { Wakeup } from './wakeup.ts'

export class Preparations {
  private readonly wakeup: Wakeup
  private failure: unknown

  constructor(wakeup: Wakeup) {
    this.wakeup = wakeup
  }

  /** `goOn` is called when the record can be read; the app is woken then. */
  await(ready: Promise<void>, goOn: () => void): void {
    ready
      .then(goOn)
      .catch((error: unknown) => {
        this.failure ??= error
      })
      .finally(() => this.wakeup.ring())
  }

  /** Throws why something could not be fetched. */
  check(): void {
    if (this.failure !== undefined) throw this.failure
  }
}
