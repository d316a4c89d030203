// What a topology that calls the outside has sent.

import { string } from '../../framework/index.ts'
import type { TopologyTestDriver } from '../kit/index.ts'

/** What is out after a step; promises have their turn before it is looked at. */
export async function outAfter(driver: TopologyTestDriver, step: () => void): Promise<string[]> {
  step()
  await driver.clock.turn()
  driver.advanceWallClock(0)
  driver.deliver()
  return driver.output<string, string>('out', { key: string(), value: string() }).map(({ value }) => value)
}
