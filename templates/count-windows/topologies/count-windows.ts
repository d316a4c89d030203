import { max, mean, topology, tumblingCount } from 'millrace'

interface Reading {
  celsius: number
}

export default topology('count-windows', (builder) => {
  const readings = builder.stream<string, Reading>('readings')

  const means = readings
    .groupByKey()
    .windowedBy(tumblingCount(3))
    .aggregate({ mean: mean((reading) => reading.celsius), highest: max((reading) => reading.celsius) })

  // The key of a result is the window; here only the sensor is of interest.
  means.selectKey((_, windowed) => windowed.key).to('mean-readings')
})
