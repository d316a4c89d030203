import { topology, tumbling } from 'millrace'

export default topology('bench-window', (builder) => {
  const counts = builder.stream<string, string>('bench-events').groupByKey().windowedBy(tumbling('10s')).count()

  counts.toStream().to('bench-window-output')
})
