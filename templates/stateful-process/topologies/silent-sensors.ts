import { type KeyValueStore, type Processor, type ProcessorContext, topology } from 'millrace'

/** What a sensor sends; that it sends is all that matters here. */
interface Reading {
  celsius: number
}

interface Alert {
  state: 'silent' | 'back'
  /** The time of the last reading before the silence, in milliseconds. */
  lastReading: number
}

interface Sensor {
  lastReading: number
  silent: boolean
}

const silenceMs = 30_000
const checkEveryMs = 10_000

export default topology('silent-sensors', (builder) => {
  builder.addStore<string, Sensor>('sensors')

  const readings = builder.stream<string, Reading>('readings')
  const alerts = readings.process(() => new Watch(), { stores: ['sensors'] })
  alerts.to('alerts')
})

/** One for each task. What has to survive a restart lies in the store; what need not is a field. */
class Watch implements Processor<string, Reading, string, Alert> {
  private context!: ProcessorContext<string, Alert>
  private sensors!: KeyValueStore<string, Sensor>
  /** By the wall clock: when the last record of any sensor came. */
  private lastArrival = 0

  init(context: ProcessorContext<string, Alert>): void {
    this.context = context
    this.sensors = context.store('sensors')
    this.lastArrival = context.wallClock
    // Stream time is the time of the records: read again, the same records give the same alerts. It stands still while no record comes at all.
    context.schedule({ everyMs: checkEveryMs, by: 'streamTime' }, (now) => this.findSilent(now))
    // The wall clock goes on. It is only asked how long nothing has come, because the records may be of last year.
    context.schedule({ everyMs: checkEveryMs, by: 'wallClock' }, (now) => {
      const sinceMs = now - this.lastArrival
      if (sinceMs > silenceMs) this.findSilent(context.streamTime + sinceMs)
    })
  }

  process({ key, timestamp }: { readonly key: string; readonly timestamp: number }): void {
    this.lastArrival = this.context.wallClock
    const known = this.sensors.get(key)
    if (known?.silent) this.context.forward({ key, value: { state: 'back', lastReading: known.lastReading } })
    this.sensors.put(key, { lastReading: Math.max(timestamp, known?.lastReading ?? 0), silent: false })
  }

  private findSilent(now: number): void {
    for (const [key, { lastReading, silent }] of this.sensors.all()) {
      if (silent || now - lastReading <= silenceMs) continue
      this.sensors.put(key, { lastReading, silent: true })
      this.context.forward({ key, value: { state: 'silent', lastReading }, timestamp: lastReading + silenceMs })
    }
  }
}
