import { maxBy, mean, topology, tumblingCount } from 'millrace'

interface Quake {
  magnitude: number
  place: string
}

export default topology('count-windows', (builder) => {
  const quakes = builder.stream<string, Quake>('quakes')

  const tens = quakes
    .groupByKey()
    .windowedBy(tumblingCount(10))
    .aggregate({ mean: mean((quake) => quake.magnitude), strongest: maxBy((quake) => quake.magnitude) })

  // The key of a result is the window; here only the network is of interest.
  tens.selectKey((_, windowed) => windowed.key).to('quakes-by-ten')
})
