import { TopologyTestDriver } from 'millrace/testkit'
import { beforeEach, expect, test } from 'vitest'
import dedup from '../topologies/dedup.ts'

const hour = 3_600_000

let driver: TopologyTestDriver<'dedup'>

beforeEach(async () => {
  driver = await TopologyTestDriver.open(dedup)
})

function pay(account: string, id: string, atHour: number): void {
  driver.pipe('payments', account, { id, cents: 100 }, { timestamp: atHour * hour })
}

function paid(): unknown[] {
  return driver.output('payments-once').map(({ key, value, timestamp }) => [key, value.id, timestamp / hour])
}

test('a payment that comes again within a day goes on once', () => {
  pay('ann', 'p-1', 0)
  pay('ann', 'p-1', 1)
  pay('ann', 'p-2', 2)
  pay('ann', 'p-1', 23)
  expect(paid()).toEqual([
    ['ann', 'p-1', 0],
    ['ann', 'p-2', 2],
  ])
})

test('after a day the id is forgotten', () => {
  pay('ann', 'p-1', 0)
  pay('ann', 'p-1', 25)
  expect(paid()).toEqual([
    ['ann', 'p-1', 0],
    ['ann', 'p-1', 25],
  ])
})

test('ids are those of an account', () => {
  pay('ann', 'p-1', 0)
  pay('bob', 'p-1', 0)
  expect(paid()).toHaveLength(2)
})

test('what came before a restart is known after it', async () => {
  pay('ann', 'p-1', 0)
  await driver.restart()
  pay('ann', 'p-1', 1)
  expect(paid()).toEqual([['ann', 'p-1', 0]])
})
