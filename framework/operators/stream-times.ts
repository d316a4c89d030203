// The stream time of each operator that decides by it what is late: the highest timestamp that reached it. Committed with the offsets, because a restart
// that forgot them would take late records for new ones. Operators that send windows when they close also keep, under the name of their store, as Kafka
// Streams does, up to where they have sent.

export interface StreamTime {
  ms: number
}

export const unknownTime = -1

/** Under which name a node keeps its stream time, apart from the names of stores. */
export function streamTimeName(node: string): string {
  return `millrace:${node}`
}

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
