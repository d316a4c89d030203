import { topology } from 'millrace'

/** An event is `<number> <account>`. Each is copied, counted by its key, and, behind a repartition topic, counted by its account. */
export default topology('accounts', (builder) => {
  const events = builder.stream<string, string>('fault-events')
  events.mapValues((event) => event).to('fault-copies')

  const byKey = events.groupByKey().count()
  byKey.toStream().to('fault-keys')

  const byAccount = events.groupBy((event) => event.slice(event.indexOf(' ') + 1)).count()
  byAccount.toStream().to('fault-accounts')
})
