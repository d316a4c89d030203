import { session, topology } from 'millrace'

export default topology('bench-session', (builder) => {
  const counts = builder.stream<string, string>('bench-events').groupByKey().windowedBy(session('5s')).count()

  counts.toStream().to('bench-session-output')
})
