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
    ['cellar', reading, 31_000],
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

test('when nothing comes at all the wall clock finds out', () => {
  driver.pipe('readings', 'roof', reading, { timestamp: 5_000 })
  driver.advanceWallClock(30_000)
  expect(alerts()).toEqual([])
  driver.advanceWallClock(10_000)
  expect(alerts()).toEqual([['roof', 'silent', 5_000, 35_000]])
})

test('who was silent before a restart is silent after it', async () => {
  driver.inputTopic('readings').pipeAll([
    ['roof', reading, 0],
    ['cellar', reading, 40_000],
  ])
  await driver.restart()
  driver.pipe('readings', 'cellar', reading, { timestamp: 60_000 })
  expect(alerts()).toEqual([['roof', 'silent', 0, 30_000]])
  expect(driver.keyValueStore('sensors').get('roof')).toEqual({ lastReading: 0, silent: true })
})
