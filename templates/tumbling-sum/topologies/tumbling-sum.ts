import { topology, tumbling } from 'millrace'

// The input is part of the program, so this needs no broker: it ends, closes its windows, and the app exits.
export default topology('tumbling-sum', (builder) => {
  const numbers = builder.fromElements([
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ])

  const sums = numbers
    .groupByKey()
    .windowedBy(tumbling('10s'))
    .reduce((total, value) => total + value)

  sums.toStream().print()
})
