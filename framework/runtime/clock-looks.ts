// How often a task looks at the clock while it processes: rarely where records take microseconds, because a look costs as much as a cheap record; after each one
// where callbacks are slow, so that a slice ends in time and heartbeats get their turn.

const recordsMax = 64
/** Looks that are nearer than this are made rarer, those farther apart than ten times this more often. */
const nearMs = 0.5

export class ClockLooks {
  private records = 1
  private left = 1
  private lastMs = 0

  begin(nowMs: number): void {
    this.lastMs = nowMs
    this.left = this.records
  }

  /** Called after each record: whether to look now. */
  get due(): boolean {
    return --this.left <= 0
  }

  /** The clock says this. */
  looked(nowMs: number): void {
    const elapsedMs = nowMs - this.lastMs
    if (elapsedMs < nearMs) this.records = Math.min(recordsMax, this.records * 2)
    else if (elapsedMs > 10 * nearMs) this.records = Math.max(1, Math.floor((this.records * 10 * nearMs) / elapsedMs))
    this.begin(nowMs)
  }
}
