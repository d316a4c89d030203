import { topology } from 'millrace'

export default topology('bench-chain', (builder) => {
  const events = builder.stream<string, string>('bench-events')
  const mobile = events
    .filter((event) => !event.includes('"action":"search"'))
    .mapValues((event) => event.toUpperCase())
    .map((event, user) => [`${user}/mobile`, event])
    .filter((event) => event.includes('"MOBILE":TRUE'))
    .mapValues((event) => `[${event}]`)

  mobile.to('bench-chain-output')
})
