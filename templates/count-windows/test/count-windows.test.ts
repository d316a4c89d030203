import { TopologyTestDriver } from 'millrace/testkit'
import { expect, test } from 'vitest'
import countWindows from '../topologies/count-windows.ts'

const quake = (magnitude: number) => ({ magnitude, place: `where it was ${magnitude}` })

test('every ten earthquakes of a network give one result', async () => {
  const driver = await TopologyTestDriver.open(countWindows)
  const quakes = driver.inputTopic('quakes')
  for (const magnitude of [3, 4, 5, 4, 3, 6, 4, 3, 4]) quakes.pipe('ak', quake(magnitude))
  quakes.pipe('us', quake(7))
  const tens = driver.outputTopic('quakes-by-ten')
  expect(tens.isEmpty).toBe(true)
  quakes.pipe('ak', quake(4))
  expect(tens.read()).toMatchObject({ key: 'ak', value: { mean: 4, strongest: quake(6) } })
  quakes.pipe('ak', quake(9))
  expect(tens.isEmpty).toBe(true)
})
