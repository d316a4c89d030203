import { TopologyTestDriver } from 'millrace/testkit'
import { beforeEach, expect, test } from 'vitest'
import silentSensors from '../topologies/silent-sensors.ts'

const reading = { celsius: 20 }

let driver: TopologyTestDriver<'silent-sensors'>

beforeEach(async () => {
  driver = await TopologyTestDriver.open(silentSensors)
})

function alerts(): unknown[] {
  return driver.output('alerts').map(({ key, value, timestamp }) => [key, value.state, value.lastReading, timestamp])
}

test('a sensor that is silent while others send is found by stream time, and once', () => {
  driver.inputTopic('readings').pipeAll([
    ['roof', reading, 0],
    ['cellar', reading, 1_000],
    ['cellar', reading, 20_000],
    ['cellar', reading, 40_000],
    ['cellar', reading, 60_000],
  ])
  expect(alerts()).toEqual([['roof', 'silent', 0, 30_000]])
})

test('a sensor that sends again is back', () => {
  driver.inputTopic('readings').pipeAll([
    ['roof', reading, 0],
    ['cellar', reading, 40_000],
    ['roof', reading, 50_000],
  ])
  expect(alerts()).toEqual([
    ['roof', 'silent', 0, 30_000],
    ['roof', 'back', 0, 50_000],
  ])
})

test('when nothing comes at all the wall clock finds out, and says it with the time of the stream', () => {
  driver.pipe('readings', 'roof', reading, { timestamp: 5_000 })
  driver.advanceWallClock(29_999)
  expect(alerts()).toEqual([])
  driver.advanceWallClock(1)
  expect(alerts()).toEqual([['roof', 'silent', 5_000, 5_000]])
})

test('a silence is said once, by whichever clock is first', () => {
  driver.pipe('readings', 'roof', reading, { timestamp: 0 })
  driver.advanceWallClock(30_000)
  driver.pipe('readings', 'cellar', reading, { timestamp: 60_000 })
  driver.advanceWallClock(29_000)
  expect(alerts()).toEqual([['roof', 'silent', 0, 0]])
})

test('a late reading does not bring a silence forward', () => {
  driver.inputTopic('readings').pipeAll([
    ['roof', reading, 20_000],
    ['roof', reading, 1_000],
    ['cellar', reading, 49_999],
  ])
  expect(alerts()).toEqual([])
  driver.pipe('readings', 'cellar', reading, { timestamp: 50_000 })
  expect(alerts()).toEqual([['roof', 'silent', 20_000, 50_000]])
})

test('timers that are set before a restart fire after it, and what was said is not said again', async () => {
  driver.pipe('readings', 'roof', reading, { timestamp: 0 })
  driver.pipe('readings', 'garden', reading, { timestamp: 15_000 })
  await driver.restart()
  driver.pipe('readings', 'cellar', reading, { timestamp: 40_000 })
  expect(alerts()).toEqual([['roof', 'silent', 0, 30_000]])
  await driver.restart()
  driver.pipe('readings', 'cellar', reading, { timestamp: 60_000 })
  expect(alerts()).toEqual([['garden', 'silent', 15_000, 45_000]])
  expect(driver.keyValueStore('alerts-sensor').get('roof')).toEqual({ lastReading: 0, silent: true })
})
