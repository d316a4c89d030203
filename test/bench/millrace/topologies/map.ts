import { topology } from 'millrace'

export default topology('bench-map', (builder) => {
  const events = builder.stream<string, string>('bench-events')

  events.mapValues((event) => event.toUpperCase()).to('bench-map-output')
})
