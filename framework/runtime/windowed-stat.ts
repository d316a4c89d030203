// The average and the largest of what was measured lately, as Kafka's metrics have them: over two windows of 30 s (metrics.sample.window.ms, metrics.num.samples), of which
// the older one is forgotten as a whole. Measured once for many records, so that none costs more.

const windowMs = 30_000

interface Window {
  readonly startMs: number
  count: number
  sum: number
  max: number
}

export class WindowedStat {
  private current: Window = emptyAt(0)
  private previous: Window = emptyAt(0)

  /** `weight`: how many records the value is the average of. */
  add(nowMs: number, value: number, weight = 1): void {
    this.move(nowMs)
    const { current } = this
    current.count += weight
    current.sum += value * weight
    if (value > current.max) current.max = value
  }

  /** NaN if nothing was measured, as in Kafka. */
  average(nowMs: number): number {
    this.move(nowMs)
    return (this.current.sum + this.previous.sum) / (this.current.count + this.previous.count)
  }

  max(nowMs: number): number {
    this.move(nowMs)
    const max = Math.max(this.current.max, this.previous.max)
    return max === Number.NEGATIVE_INFINITY ? Number.NaN : max
  }

  private move(nowMs: number): void {
    const passedMs = nowMs - this.current.startMs
    if (passedMs < windowMs) return
    this.previous = passedMs < 2 * windowMs ? this.current : emptyAt(nowMs - windowMs)
    this.current = emptyAt(nowMs - (passedMs % windowMs))
  }
}

function emptyAt(startMs: number): Window {
  return { startMs, count: 0, sum: 0, max: Number.NEGATIVE_INFINITY }
}
