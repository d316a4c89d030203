import { count, mean, topology, tumbling } from 'millrace'

interface Flight {
  origin: string
  /** Minutes; negative: too early. */
  delay: number
}

interface Airport {
  name: string
  state: string
}

export default topology('flight-delays', (builder) => {
  const flights = builder.stream<string, Flight>('flights')
  const airports = builder.table<string, Airport>('airports')

  const delays = flights
    .filter((flight) => flight.delay > 15)
    .selectKey((flight) => flight.origin)
    .join(airports, (flight, airport) => ({ state: airport.state, delay: flight.delay }))
    .groupBy((value) => value.state)
    .windowedBy(tumbling('1h', { grace: '10m' }))
    .aggregate({ flights: count(), meanDelay: mean((value) => value.delay) })

  delays.toStream().to('delay-by-state')
})
