import { expect, test } from 'vitest'
import type { StoreSpec } from '../../framework/graph/operator-spec.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { asOffset, noHeaders } from '../../framework/ports/record.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { long, string } from '../../framework/serdes/serdes.ts'
import { CacheBudget } from '../../framework/state/cached-rows.ts'
import { openTaskState } from '../../framework/state/open-task-state.ts'
import { memory } from '../../plugins/store-memory/index.ts'
import { RecordedChangelog } from './recorded-changelog.ts'

const engine = memory().stores?.memory as StateEngine

function counts(changes: Partial<StoreSpec> = {}): StoreSpec {
  return {
    name: 'counts',
    kind: 'timestampedKeyValue',
    key: string(),
    value: long(),
    persistent: false,
    caching: false,
    changelog: { kind: 'internal', name: 'counts-changelog', settings: {} },
    ...changes,
  } as StoreSpec
}

async function open(specs: readonly StoreSpec[], changelogs: Map<string, RecordedChangelog>, cacheBytesMax = 0) {
  return await openTaskState({
    stateDir: '/nowhere',
    applicationId: 'app',
    taskId: '0_0',
    partition: 0,
    stores: specs,
    engines: { persistent: engine, memory: engine },
    cacheBudget: new CacheBudget(cacheBytesMax),
    uncommittedBytesMax: 1_000_000,
    context: { timestamp: 0, headers: noHeaders },
    logger: silentLogger,
    changelogWriter: async (topic) => {
      const found = changelogs.get(topic) ?? new RecordedChangelog(topic)
      changelogs.set(topic, found)
      return found
    },
  })
}

test('a store is restored from its changelog', async () => {
  const changelogs = new Map<string, RecordedChangelog>()
  const first = await open([counts()], changelogs)
  first.rows<number>('counts').put('a', 1, 10, noHeaders)
  first.rows<number>('counts').put('b', 2, 20, noHeaders)
  first.rows<number>('counts').put('a', null, 30, noHeaders)
  await first.commit()
  await first.close()

  const second = await open([counts()], changelogs)
  const log = changelogs.get('app-counts-changelog') as RecordedChangelog
  expect(await second.restore.begin(log.topic, asOffset(0), asOffset(3))).toBe(0)
  expect(second.restore.apply(log.topic, log.reader(0), 1000)).toBe(false)
  await second.restore.write()
  expect(second.restore.position(log.topic)).toBe(3)
  expect([...second.rows<number>('counts').readOnly<string>().all()]).toEqual([['b', { value: 2, timestamp: 20 }]])
})
