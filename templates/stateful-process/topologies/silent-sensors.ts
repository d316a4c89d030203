import { topology, value } from 'millrace'

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

export default topology('silent-sensors', (builder) => {
  const readings = builder.stream<string, Reading>('readings')

  const alerts = readings.processValues({
    // One of each for every sensor. Both survive a restart and move with their partition.
    state: { sensor: value<Sensor>() },
    timers: { silence: 'eventTime', standstill: 'processingTime' },

    process(_reading, _sensor, { timestamp }, { state, timers, wallClock }): Alert[] {
      const known = state.sensor.get()
      const lastReading = Math.max(timestamp, known?.lastReading ?? 0)
      state.sensor.set({ lastReading, silent: false })
      // Each reading moves both timers on: that of a sensor that keeps sending never fires.
      timers.silence.set(lastReading + silenceMs)
      timers.standstill.set(wallClock + silenceMs)
      return known?.silent ? [{ state: 'back', lastReading: known.lastReading }] : []
    },

    /** By whichever clock the half minute is over first; the other timer has nothing to say any more. */
    onTimer(_timer, _sensor, { state, timers }): Alert[] {
      const { lastReading = 0 } = state.sensor.get() ?? {}
      timers.silence.clear()
      timers.standstill.clear()
      state.sensor.set({ lastReading, silent: true })
      return [{ state: 'silent', lastReading }]
    },
  })

  alerts.to('alerts')
})
