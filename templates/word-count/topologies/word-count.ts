import { topology } from 'millrace'

export default topology('word-count', (builder) => {
  const lines = builder.stream<string | null, string>('lines')

  const counts = lines
    .flatMapValues((line) => line.toLowerCase().match(/\p{Letter}+/gu) ?? [])
    .groupBy((word) => word)
    .count()

  // A count on its own would travel as 8 bytes, as in Kafka Streams. An object travels as JSON, which everything can read.
  counts
    .toStream()
    .mapValues((count) => ({ count }))
    .to('word-counts')
})
