import { topology, value } from 'millrace'

export default topology('bench-ttl', (builder) => {
  const inARow = builder.stream<string, string>('bench-events').processValues({
    state: { events: value<number>({ ttl: '5s' }) },
    process(_event, _user, _record, { state }) {
      const events = (state.events.get() ?? 0) + 1
      state.events.set(events)
      return [events]
    },
  })

  inARow.to('bench-ttl-output')
})
