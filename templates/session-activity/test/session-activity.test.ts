import { TopologyTestDriver } from 'millrace/testkit'
import { beforeEach, expect, test } from 'vitest'
import sessionActivity from '../topologies/session-activity.ts'

const minute = 60_000

let driver: TopologyTestDriver<'session-activity'>

beforeEach(async () => {
  driver = await TopologyTestDriver.open(sessionActivity)
})

function click(user: string, page: string, atMinute: number): void {
  driver.pipe('clicks', user, { page }, { timestamp: atMinute * minute })
}

function visits(): unknown[] {
  return driver.output('visits').map(({ key, value }) => [key, value])
}

test('clicks that are less than half an hour apart are one visit, and it is told when it is over', () => {
  click('ann', '/', 0)
  click('ann', '/shoes', 25)
  click('ann', '/basket', 50)
  expect(visits()).toEqual([])
  click('bob', '/', 86)
  expect(visits()).toEqual([['ann', { clicks: 3, entered: '/', left: '/basket', minutes: 50 }]])
})

test('a longer pause begins another visit', () => {
  click('ann', '/', 0)
  click('ann', '/help', 31)
  click('bob', '/', 100)
  expect(visits()).toEqual([
    ['ann', { clicks: 1, entered: '/', left: '/', minutes: 0 }],
    ['ann', { clicks: 1, entered: '/help', left: '/help', minutes: 0 }],
  ])
})

test('a late click joins two visits into one', () => {
  click('ann', '/', 0)
  click('ann', '/basket', 33)
  click('ann', '/shoes', 20)
  click('bob', '/', 100)
  expect(visits()).toEqual([['ann', { clicks: 3, entered: '/', left: '/shoes', minutes: 33 }]])
})
