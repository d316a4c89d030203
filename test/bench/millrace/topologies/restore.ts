import { topology } from 'millrace'

export default topology('bench-restore', (builder) => {
  const latest = builder
    .stream<string, string>('restore-events')
    .groupByKey()
    .reduce((_, event) => event, { store: 'latest' })

  latest.toStream().to('restore-output')
})
