// An app records the manifest of its topology in Kafka, and another version that starts in its place is compared with it before anything is touched.

import { expect, test } from 'vitest'
import { isMillraceError } from '../../framework/errors.ts'
import { recordedManifests } from '../../framework/runtime/recorded-manifest.ts'
import { MemoryBroker } from '../../plugins/broker-memory/index.ts'
import { pairs } from '../graph/evolution/pairs.ts'
import { type Build, versionOf } from '../graph/evolution/versions.ts'
import { AppBench, type StartOptions } from './app-bench.ts'

const recording: StartOptions = { recordsVersion: true }

async function benchWith(build: Build): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ in: 1, other: 1, out: 1 })
  await bench.produce('in', [['a', 'one', 1_000]])
  await bench.runToEnd(versionOf(build), recording)
  return bench
}

const pairOf = (title: string) => pairs.find((pair) => pair.title === title)!

test('an app that starts again is the version that it was, and records it once', async () => {
  const { before } = pairOf('the same topology')
  const bench = await benchWith(before)
  await bench.runToEnd(versionOf(before), recording)
  expect(bench.records('app-manifest')).toHaveLength(1)
  expect(await bench.admin.topicSettings('app-manifest')).toContainEqual(['cleanup.policy', 'compact'])
})

test('another version that would lose state does not start, and says what to do; nothing is made or recorded for it', async () => {
  const { before, after } = pairOf('a store with another name')
  const bench = await benchWith(before)
  const topics = await bench.admin.topicNames()
  const failure = await bench.start(versionOf(after), recording).failed()
  expect(isMillraceError(failure, 'topology-changed')).toBe(true)
  expect((failure as Error).message).toContain(
    'loses state: store-removed:counts - The store is left behind; totals is one of the same kind',
  )
  expect((failure as Error).message).toContain("give it its old name: { store: 'counts' }")
  expect((failure as Error).message).toContain('MILLRACE_ALLOWED_CHANGES')
  expect(await bench.admin.topicNames()).toEqual(topics)
  expect(bench.records('app-manifest')).toHaveLength(1)
})

test('what is meant can be allowed, and is the version to compare with from then on', async () => {
  const { before, after } = pairOf('a store with another name')
  const bench = await benchWith(before)
  await bench.runToEnd(versionOf(after), { ...recording, config: { allowedChanges: ['store-removed:counts', 'store-added'] } })
  await bench.runToEnd(versionOf(after), recording)
  expect(bench.records('app-manifest')).toHaveLength(2)
  const back = await bench.start(versionOf(before), recording).failed()
  expect(isMillraceError(back, 'topology-changed')).toBe(true)
})

test('a safe change starts, and is recorded', async () => {
  const { before, after } = pairOf('a value with a member that may be missing')
  const bench = await benchWith(before)
  await bench.runToEnd(versionOf(after), recording)
  const recorded = await recordedManifests(new MemoryBroker(bench.cluster, 'test'), '')
  expect(recorded.get('app')?.schemas).toMatchObject({ 'json(Total)': { required: ['n'] } })
  expect(bench.records('app-manifest')).toHaveLength(2)
})
