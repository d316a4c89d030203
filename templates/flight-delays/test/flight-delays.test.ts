import { TopologyTestDriver } from 'millrace/testkit'
import { beforeEach, expect, test } from 'vitest'
import flightDelays from '../topologies/flight-delays.ts'

const minute = 60_000
const hour = 60 * minute

let driver: TopologyTestDriver<'flight-delays'>

beforeEach(async () => {
  driver = await TopologyTestDriver.open(flightDelays)
  driver.inputTopic('airports').pipeAll([
    ['DTW', { name: 'Detroit Metropolitan', state: 'MI' }],
    ['LAX', { name: 'Los Angeles International', state: 'CA' }],
  ])
})

test('late flights are counted by the state they left from, and by the hour', () => {
  driver.inputTopic('flights').pipeAll([
    ['DTW-ORD', { origin: 'DTW', delay: 66 }, 5 * minute],
    ['LAX-SFO', { origin: 'LAX', delay: 20 }, 6 * minute],
    ['DTW-SFO', { origin: 'DTW', delay: 99 }, 59 * minute],
    ['DTW-SFO', { origin: 'DTW', delay: 30 }, hour],
  ])
  expect(driver.outputTopic('delay-by-state').readToMap()).toEqual(
    new Map([
      [
        { key: 'MI', start: 0, end: hour },
        { flights: 2, meanDelay: 82.5 },
      ],
      [
        { key: 'CA', start: 0, end: hour },
        { flights: 1, meanDelay: 20 },
      ],
      [
        { key: 'MI', start: hour, end: 2 * hour },
        { flights: 1, meanDelay: 30 },
      ],
    ]),
  )
})

test('flights that are nearly on time, or from airports nobody knows, are left out', () => {
  driver.inputTopic('flights').pipeAll([
    ['DTW-ORD', { origin: 'DTW', delay: 15 }],
    ['XYZ-ORD', { origin: 'XYZ', delay: 66 }],
  ])
  expect(driver.outputTopic('delay-by-state').isEmpty).toBe(true)
})

test('an hour takes late records for ten minutes more', () => {
  const flights = driver.inputTopic('flights')
  flights.pipe('DTW-ORD', { origin: 'DTW', delay: 66 }, { timestamp: hour + 9 * minute })
  flights.pipe('DTW-SFO', { origin: 'DTW', delay: 99 }, { timestamp: 59 * minute })
  flights.pipe('DTW-ORD', { origin: 'DTW', delay: 66 }, { timestamp: hour + 10 * minute })
  flights.pipe('DTW-SFO', { origin: 'DTW', delay: 99 }, { timestamp: 59 * minute })
  const firstHour = driver
    .outputTopic('delay-by-state')
    .readAll()
    .filter(({ key }) => key.start === 0)
  expect(firstHour.map(({ value }) => value.flights)).toEqual([1])
})
