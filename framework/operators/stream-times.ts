// The stream time of each operator that decides by it what is late: the highest timestamp that reached it. Committed with the offsets, because a restart
// that forgot them would take late records for new ones.

export interface StreamTime {
  ms: number
}

const unknownTime = -1

export class StreamTimes {
  private readonly times = new Map<string, StreamTime>()

  /** The time kept under this name; the operator moves it on in place. */
  of(name: string): StreamTime {
    let time = this.times.get(name)
    if (time === undefined) {
      time = { ms: unknownTime }
      this.times.set(name, time)
    }
    return time
  }

  /** Takes what a commit says; of several the latest holds. */
  restore(name: string, ms: number): void {
    const time = this.of(name)
    time.ms = Math.max(time.ms, ms)
  }

  /** The known ones. */
  snapshot(): ReadonlyMap<string, number> {
    return new Map([...this.times].filter(([, time]) => time.ms !== unknownTime).map(([name, time]) => [name, time.ms]))
  }
}
