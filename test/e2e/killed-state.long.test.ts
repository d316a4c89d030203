// All kinds of state by key, and windows, in a program that is killed with -9 on the embedded broker and whose folder, with LevelDB in it, is deleted: it goes on with what its
// changelogs hold, as one that was never killed.

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmbeddedBroker, startBroker } from '../../plugins/kafka/server/index.ts'
import { endOf, millrace, node, projectOf, startNode } from '../cli/program.ts'
import { eventually } from '../contract/broker/bench.ts'
import { Client } from './client.ts'

const kept = `
import { aggregating, broadcast, count, list, map, reducing, session, set, topology, tumblingCount, value } from 'millrace'

export default topology('kept', (builder) => {
  const names = builder.globalTable<string, string>('names')
  const words = builder.stream<string, string>('words')
  const replies = words.processValues({
    state: {
      last: value<string>(),
      all: list<string>(),
      counts: map<string, number>(),
      seen: set<string>(),
      recent: set<string>({ ttl: '10s' }),
      longest: reducing<string>((left, right) => (right.length > left.length ? right : left)),
      stats: aggregating({ words: count() }),
      names: broadcast(names),
    },
    timers: { alarm: 'eventTime' },
    process(word, key, { timestamp }, { state, timers }): string[] {
      if (word === '?') {
        const { last, all, counts, seen, recent, longest, stats, names } = state
        return [JSON.stringify([names.get(key), last.get(), [...all], [...counts], [...seen], [...recent], longest.get(), stats.get()])]
      }
      state.last.set(word)
      state.all.append(word)
      state.counts.set(word, (state.counts.get(word) ?? 0) + 1)
      state.seen.add(word)
      state.recent.add(word)
      state.longest.add(word)
      state.stats.add(word)
      if (word === 'alarm') timers.alarm.set(timestamp + 20_000)
      return []
    },
    onTimer: ({ time }) => ['alarm at ' + time],
  })
  replies.to('replies')
  const grouped = words.groupByKey()
  const threes = grouped.windowedBy(tumblingCount(3)).apply((all) => all.join(' '))
  threes.selectKey((_all, { key }) => key).to('threes')
  const visits = grouped.windowedBy(session('5s', { grace: 0 }), { emit: 'final' }).apply((all) => all.join(' '))
  visits.toStream((_all, { key }) => key).to('visits')
  const fresh = words.distinctBy((word) => word, { within: '10s' })
  fresh.to('fresh')
})
`

let broker: EmbeddedBroker

beforeAll(async () => {
  broker = await startBroker()
})
afterAll(() => broker.close())

test('a program that was killed, and whose folder is gone, has the state that it had', { timeout: 120_000 }, async () => {
  const client = new Client(broker.address)
  await client.createTopics(1, 'words', 'names', 'replies', 'threes', 'visits', 'fresh')
  const folder = projectOf({ 'topologies/kept.ts': kept })
  const built = await millrace(['build'], folder)
  expect(built, built.stderr).toMatchObject({ code: 0 })
  const state = join(folder, 'state')
  const environment = {
    MILLRACE_BROKERS: client.address,
    MILLRACE_STATE_DIR: state,
    MILLRACE_PROCESSING_GUARANTEE: 'exactly_once_v2',
    MILLRACE_COMMIT_INTERVAL_MS: '50',
    MILLRACE_CACHE_BYTES_MAX: '0',
    MILLRACE_CLOSED_WINDOWS_INTERVAL_MS: '0',
    // The one that is killed comes back under its name, and is not waited for.
    MILLRACE_GROUP_INSTANCE_ID: 'the-only-one',
    MILLRACE_LOG_LEVEL: 'warn',
  }
  const send = (words: readonly (readonly [word: string, second: number])[]): Promise<void> =>
    client.send(
      'words',
      words.map(([value, second]) => ({ key: 'k', value, timestamp: second * 1_000 })),
    )
  const received = async (topic: string, many: number): Promise<string[]> =>
    (await client.receive(topic, (records) => records.length >= many)).map(({ value }) => String(value))
  /** Lives until it has answered so often, and is killed. */
  const live = async (words: readonly (readonly [word: string, second: number])[], repliesBefore: number): Promise<void> => {
    const app = startNode(['dist/kept/app.mjs'], folder, environment)
    const ended = endOf(app)
    await send(words)
    await eventually(async () => (await client.written('replies')) > repliesBefore, 'it has answered', 30_000)
    expect(existsSync(state)).toBe(true)
    app.kill('SIGKILL')
    expect((await ended).code).toBeNull()
    rmSync(state, { recursive: true })
  }
  await client.send('names', [{ key: 'k', value: 'Ada', timestamp: 0 }])
  await live(
    [
      ['to', 1],
      ['be', 2],
      ['alarm', 3],
      ['?', 9],
    ],
    0,
  )
  // A transaction ends with a marker, which has an offset too.
  await live(
    [
      ['to', 10],
      ['?', 12],
    ],
    await client.written('replies'),
  )
  await send([
    ['be', 13],
    ['?', 30],
  ])
  const last = await node(['dist/kept/app.mjs', '--until-end', '--summary', 'summary.json'], folder, environment)
  expect(last, last.stderr).toMatchObject({ code: 0 })
  const { restoredRecords } = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as { readonly restoredRecords: number }
  expect(restoredRecords).toBeGreaterThan(20)

  const replies = await received('replies', 4)
  const before = ['alarm', 'be', 'to']
  expect(replies.map((reply) => (reply.startsWith('[') ? (JSON.parse(reply) as unknown) : reply))).toEqual([
    ['Ada', 'alarm', ['to', 'be', 'alarm'], before.map((word) => [word, 1]), before, before, 'alarm', { words: 3 }],
    // What came at 1 and 2 is over, but `to` has come again.
    [
      'Ada',
      'to',
      ['to', 'be', 'alarm', 'to'],
      [
        ['alarm', 1],
        ['be', 1],
        ['to', 2],
      ],
      before,
      ['alarm', 'to'],
      'alarm',
      { words: 4 },
    ],
    'alarm at 23000',
    [
      'Ada',
      'be',
      ['to', 'be', 'alarm', 'to', 'be'],
      [
        ['alarm', 1],
        ['be', 2],
        ['to', 2],
      ],
      before,
      [],
      'alarm',
      { words: 5 },
    ],
  ])
  expect(await received('threes', 2)).toEqual(['to be alarm', '? to ?'])
  expect(await received('visits', 2)).toEqual(['to be alarm', '? to ? be'])
  // `to` of 10 came 9 s behind the one of 1, the `be` of 13 11 s behind the one of 2; questions came at 9, 12 and 30.
  expect(await received('fresh', 6)).toEqual(['to', 'be', 'alarm', '?', 'be', '?'])
})
