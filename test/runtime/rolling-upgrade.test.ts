// Instances of two releases in one group, whichever of them leads: the older one speaks the first version of the group's messages, as it was before standbys.

import { expect, test } from 'vitest'
import type { Broker, MemberOptions, MemberSubscription } from '../../framework/ports/broker.ts'
import { assignTasks } from '../../framework/runtime/assignor.ts'
import { decodeSubscription } from '../../framework/runtime/group-messages.ts'
import { AppBench, type StartedApp } from './app-bench.ts'
import { counts, keys } from './counts.ts'

const config = { commitIntervalMs: 1_000, cacheBytesMax: 0, standbyReplicas: 1, acceptableRecoveryLag: 0 }
const tasks = ['0_0', '0_1', '0_2', '0_3']

test('a newer instance joins an older one that leads: it gets its share, and no standbys', async () => {
  const { bench, older } = await begun()
  const newer = bench.start(counts, { config })
  await newer.reaches('running')
  await older.reaches('running')
  expect(assigned(newer)).toBe('Assigned 2 of 4 tasks.')
  expect(assigned(older)).toBe('Assigned 2 of 4 tasks.')
  await countsOn(bench, 2)
  for (const app of [older, newer]) await app.stop()
})

test('when the older one leaves, newer ones have standbys; when it comes back, it gets its share and no standbys, and theirs are kept', async () => {
  const { bench, older } = await begun()
  const newer = [bench.start(counts, { config }), bench.start(counts, { config })]
  for (const app of newer) await app.reaches('running')
  await older.stop()
  await bench.clock.advanceUntil(() => newer.every((app) => assigned(app) === 'Assigned 2 of 4 tasks, and 2 standbys.'))
  await countsOn(bench, 2)
  const back = bench.start(counts, { config, around: olderRelease })
  await back.reaches('running')
  for (const app of newer) await app.reaches('running')
  expect(assigned(back)).toMatch(/^Assigned [12] of 4 tasks\.$/)
  await countsOn(bench, 3)
  const standbys = newer.map((app) => Number(/ (\d) standbys/.exec(assigned(app)!)?.[1]))
  expect(standbys[0]! + standbys[1]!).toBe(4)
  for (const app of [back, ...newer]) await app.stop()
})

/** The first release, which leads because it is alone, with one of each key counted. */
async function begun(): Promise<{ bench: AppBench; older: StartedApp }> {
  const bench = new AppBench()
  await bench.createTopics({ in: 4, out: 4 })
  const older = bench.start(counts, { config, around: olderRelease })
  await older.reaches('running')
  await countsOn(bench, 1)
  return { bench, older }
}

async function countsOn(bench: AppBench, round: number): Promise<void> {
  await bench.produce(
    'in',
    keys.map((key) => [key, 'x']),
  )
  await bench.clock.advanceUntil(() => bench.values('out').length === keys.length * round)
  expect(new Map(bench.records('out').map(({ key, value }) => [key, value]))).toEqual(new Map(keys.map((key) => [key, String(round)])))
}

function assigned({ logged }: StartedApp): string | undefined {
  return logged.findLast(({ message }) => message.startsWith('Assigned'))?.message
}

// ------------------------------------------------------------------------------------------- what the first release did

/** The same app, but what it tells its group, and what it makes of what it is told, is of the first release. */
function olderRelease(broker: Broker): Broker {
  return new Proxy(broker, {
    get(of, name) {
      if (name === 'member') return (options: MemberOptions) => of.member(ofFirstRelease(options))
      const value: unknown = of[name as keyof Broker]
      return typeof value === 'function' ? value.bind(of) : value
    },
  })
}

function ofFirstRelease(options: MemberOptions): MemberOptions {
  const { subscription } = options
  return {
    ...options,
    subscription: () => {
      const { runs, hasState } = decodeSubscription(subscription())
      return envelope({ runs, hasState })
    },
    assign: async (members: readonly MemberSubscription[]) => {
      const assignment = assignTasks(
        members.map((member) => ({ memberId: member.memberId, ...readAsBefore(member.subscription) })),
        tasks,
      )
      return new Map([...assignment].map(([memberId, own]) => [memberId, envelope({ tasks: own })]))
    },
  }
}

/** No topics, then the version and JSON. */
function envelope(message: unknown): Uint8Array {
  const userData = Buffer.concat([Buffer.of(1), Buffer.from(JSON.stringify(message))])
  const head = Buffer.alloc(10)
  head.writeInt32BE(userData.length, 6)
  return Buffer.concat([head, userData])
}

/** It looked for a version of 1 or more, and for the two fields that it knew. */
function readAsBefore(subscription: Uint8Array): { readonly runs: readonly string[]; readonly hasState: readonly string[] } {
  const bytes = Buffer.from(subscription)
  let at = 2
  const topics = bytes.readInt32BE(at)
  at += 4
  for (let left = topics; left > 0; left--) at += 2 + bytes.readInt16BE(at)
  at += 4
  expect(bytes[at]).toBeGreaterThanOrEqual(1)
  const { runs, hasState } = JSON.parse(bytes.toString('utf8', at + 1)) as ReturnType<typeof readAsBefore>
  return { runs, hasState }
}
