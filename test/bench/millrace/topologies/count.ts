import { topology } from 'millrace'

export default topology('bench-count', (builder) => {
  const counts = builder.stream<string, string>('bench-events').groupByKey().count()

  counts.toStream().to('bench-count-output')
})
