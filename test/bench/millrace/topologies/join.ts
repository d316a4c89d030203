import { topology, within } from 'millrace'

export default topology('bench-join', (builder) => {
  const events = builder.stream<string, string>('bench-events')
  const views = events.filter((event) => event.includes('"action":"view"'))
  const purchases = events.filter((event) => event.includes('"action":"purchase"'))
  const bought = purchases.join(views, (purchase, view) => `${purchase}|${view}`, within('10s'))

  bought.to('bench-join-output')
})
