import { TopologyTestDriver } from 'millrace/testkit'
import { expect, test } from 'vitest'
import countWindows from '../topologies/count-windows.ts'

test('every three readings of a sensor give one result', async () => {
  const driver = await TopologyTestDriver.open(countWindows)
  driver.inputTopic('readings').pipeAll([
    ['roof', { celsius: 19 }],
    ['roof', { celsius: 23 }],
    ['cellar', { celsius: 12 }],
    ['roof', { celsius: 21 }],
    ['roof', { celsius: 40 }],
  ])
  const means = driver.outputTopic('mean-readings')
  expect(means.read()).toMatchObject({ key: 'roof', value: { mean: 21, highest: 23 } })
  expect(means.isEmpty).toBe(true)
})
