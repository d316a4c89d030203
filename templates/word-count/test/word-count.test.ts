import { TopologyTestDriver } from 'millrace/testkit'
import { expect, test } from 'vitest'
import wordCount from '../topologies/word-count.ts'

test('words are counted, whatever their case and whatever stands around them', async () => {
  const driver = await TopologyTestDriver.open(wordCount)
  driver.inputTopic('lines').pipe(null, 'To be, or not to be!')
  expect(driver.outputTopic('word-counts').readToMap()).toEqual(
    new Map([
      ['to', { count: 2 }],
      ['be', { count: 2 }],
      ['or', { count: 1 }],
      ['not', { count: 1 }],
    ]),
  )
})

test('counts go on after a restart', async () => {
  const driver = await TopologyTestDriver.open(wordCount)
  const lines = driver.inputTopic('lines')
  lines.pipe(null, 'to be')
  await driver.restart()
  lines.pipe(null, 'to do')
  expect(driver.rows('counts').get('to')?.value).toBe(2)
})
