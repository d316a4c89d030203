import { TopologyTestDriver } from 'millrace/testkit'
import { expect, test } from 'vitest'
import tumblingSum from '../topologies/tumbling-sum.ts'

// The elements are part of the program: when the driver is open they have been processed, and their end has closed the windows.
test('each key has its sum', async () => {
  const driver = await TopologyTestDriver.open(tumblingSum)
  expect(driver.printed).toEqual(['(a,1)', '(b,2)', '(c,3)'])
})
