import { topology, tumblingCount } from 'millrace'

export default topology('bench-count-window', (builder) => {
  const tens = builder.stream<string, string>('bench-events').groupByKey().windowedBy(tumblingCount(10)).count()

  tens.to('bench-count-window-output')
})
