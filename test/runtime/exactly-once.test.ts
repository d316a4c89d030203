// exactly_once_v2: whatever happens to its instances, who reads committed records sees each input counted once, in order, and nothing of what was not committed.

import { describe, expect, it } from 'vitest'
import type { Config } from '../../framework/config.ts'
import { topology } from '../../framework/dsl/topology-definition.ts'
import { readSettings } from '../../framework/runtime/settings.ts'
import { string } from '../../framework/serdes/serdes.ts'
import type { MemoryNetwork, MemoryRequest } from '../../plugins/broker-memory/index.ts'
import { Random } from '../kit/random.ts'
import { AppBench } from './app-bench.ts'

const text = { key: string(), value: string() }

/** Through a repartition topic and a store: three kinds of topics in one transaction. */
const counts = topology('counts', (builder) => {
  builder
    .stream('in', text)
    .selectKey((value) => value)
    .groupByKey(text)
    .count({ store: 'counts' })
    .toStream()
    .mapValues((count) => String(count))
    .to('out', text)
})

/** Counts each key; `seen` has what was processed, also in vain. */
function seenBy(seen: string[]) {
  return topology('seen', (builder) => {
    builder
      .stream('in', text)
      .peek((value) => {
        seen.push(value)
      })
      .groupByKey(text)
      .count({ store: 'counts' })
      .toStream()
      .mapValues((count) => String(count))
      .to('out', text)
  })
}

/** An app that has processed one record, and waits for the end of its transaction. */
async function whileCommitting() {
  const bench = await benchOf(1)
  const gate = new Gate()
  const seen: string[] = []
  const app = bench.start(seenBy(seen), { config: exactlyOnce, network: gate })
  await bench.produce('in', [['a', 'a']])
  await bench.clock.advanceUntil(() => gate.waiting === 1)
  return { bench, gate, seen, app }
}

/** Ends of transactions wait until it opens. */
class Gate implements MemoryNetwork {
  waiting = 0
  private readonly opened: Promise<void>
  open!: () => void

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve
    })
  }

  async send<T>(request: MemoryRequest, run: () => T): Promise<T> {
    if (request === 'end transaction') {
      this.waiting++
      await this.opened
      this.waiting--
    }
    return run()
  }
}

const words = ['a', 'b', 'c', 'd', 'e']
const exactlyOnce: Config = { processingGuarantee: 'exactly_once_v2', cacheBytesMax: 0 }

describe('exactly_once_v2', () => {
  it('shows nothing before it is committed, and then all of it', async () => {
    const bench = await benchOf(1)
    await bench.produce('in', [['k', 'a']])
    const app = bench.start(counts, { config: { ...exactlyOnce, commitIntervalMs: 5_000 } })
    await bench.clock.advanceUntil(() => (bench.cluster.log('counts-counts-repartition', 0)?.endOffset ?? 0) > 0)
    expect(await bench.admin.committed('counts', [{ topic: 'in', partition: 0 }])).toEqual([])
    expect(bench.records('counts-counts-repartition')).toEqual([])
    await bench.clock.advanceUntil(() => bench.values('out').length > 0)
    expect(bench.values('out')).toEqual(['1'])
    await app.stop()
  })

  it('commits every 100 ms if nothing else is said, and refuses a commit interval that no transaction lives through', () => {
    expect(readSettings(exactlyOnce, {}).settings.commitIntervalMs).toBe(100)
    expect(readSettings({ ...exactlyOnce, commitIntervalMs: 200 }, {}).settings.commitIntervalMs).toBe(200)
    expect(() => readSettings({ ...exactlyOnce, commitIntervalMs: 10_000 }, {})).toThrow(/transactionTimeoutMs, which is 10000/)
  })

  it('goes on while a transaction is being committed, and commits that with the next one', async () => {
    const { bench, gate, seen, app } = await whileCommitting()
    await bench.produce('in', [
      ['a', 'a'],
      ['a', 'a'],
    ])
    await bench.clock.advanceUntil(() => seen.length === 3)
    await bench.clock.advance(1_000)
    expect(gate.waiting).toBe(1)
    expect(bench.values('out')).toEqual([])
    gate.open()
    await bench.clock.advanceUntil(() => bench.values('out').length === 3)
    expect(bench.values('out')).toEqual(['1', '2', '3'])
    // Two transactions: one record and its end, two records and theirs.
    expect(bench.cluster.requireLog('out', 0).endOffset).toBe(5)
    await app.stop()
  })

  it('undoes what it has processed while a transaction was committed in vain, and goes on behind the last one', async () => {
    const { bench, gate, seen, app } = await whileCommitting()
    await bench.produce('in', [
      ['b', 'b'],
      ['a', 'a'],
    ])
    await bench.clock.advanceUntil(() => seen.length === 3)
    await bench.cluster.transactions.initialize('seen-process-0-1', 10_000)
    gate.open()
    await bench.clock.advanceUntil(() => bench.values('out').length === 3)
    expect(seen).toEqual(['a', 'b', 'a', 'a', 'b', 'a'])
    expect(bench.values('out')).toEqual(['1', '1', '2'])
    await app.stop()
  })

  it('waits for the commit that is under way before it ends, and commits the rest', async () => {
    const { bench, gate, seen, app } = await whileCommitting()
    await bench.produce('in', [['a', 'a']])
    await bench.clock.advanceUntil(() => seen.length === 2)
    app.app.stop()
    await bench.clock.advance(5_000)
    expect(app.app.state).toBe('running')
    gate.open()
    await app.ended()
    expect(bench.values('out')).toEqual(['1', '2'])
  })

  it('undoes what a callback has written before it failed', async () => {
    const failing = topology('failing', (builder) => {
      builder
        .stream('in', text)
        .peek((value) => {
          if (value === 'bad') throw new Error('no')
        })
        .to('out', text)
    })
    const bench = await benchOf(1)
    await bench.produce('in', [
      ['k', 'good'],
      ['k', 'bad'],
    ])
    await bench.start(failing, { config: exactlyOnce }).failed()
    expect(bench.cluster.requireLog('out', 0).lastStableOffset).toBe(bench.cluster.requireLog('out', 0).endOffset)
    expect(bench.values('out')).toEqual([])
  })

  it('takes over from an instance that has died as soon as the group has given it up, not when its transaction runs into its timeout', async () => {
    const bench = await benchOf(4)
    const config = {
      ...exactlyOnce,
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 1_000,
      transactionTimeoutMs: 300_000,
      commitIntervalMs: 200_000,
    }
    const [mortal, survivor] = [bench.start(counts, { config }), bench.start(counts, { config: { ...config, commitIntervalMs: 100 } })]
    await mortal.reaches('running')
    await survivor.reaches('running')
    await bench.clock.advanceUntil(
      () => mortal.logged.some(({ message }) => /^Assigned 4 of 8/.test(message)) && mortal.app.state === 'running',
    )
    await bench.produce(
      'in',
      Array.from({ length: 40 }, (_, n) => [`k${n}`, words[n % words.length]!] as const),
    )
    // Its transaction is open, and it has told a repartition topic of it.
    const isOpen = (): boolean =>
      [0, 1, 2, 3].some((partition) => {
        const log = bench.cluster.log('counts-counts-repartition', partition)
        return log !== undefined && log.lastStableOffset < log.endOffset
      })
    await bench.clock.advanceUntil(isOpen)
    await bench.clock.advance(1_000)
    expect(isOpen()).toBe(true)
    const diedMs = bench.clock.monotonicMs()
    mortal.crash()
    await bench.clock.advanceUntil(() => bench.values('out').length === 40)
    expect(bench.clock.monotonicMs() - diedMs).toBeLessThan(9_000)
    expect(survivor.logged).toContainEqual(
      expect.objectContaining({ message: 'Ending the transactions of producers whose members are gone: 1.' }),
    )
    await survivor.stop()
  })

  it('fences an instance whose transactional id another one has taken, which goes on with a new producer and counts on', async () => {
    const bench = await benchOf(1)
    const app = bench.start(counts, { config: exactlyOnce })
    await bench.produce('in', [['k', 'a']])
    await bench.clock.advanceUntil(() => bench.values('out').length === 1)
    await bench.cluster.transactions.initialize('counts-process-0-1', 10_000)
    await bench.produce('in', [['k', 'a']])
    await bench.clock.advanceUntil(() => bench.values('out').length === 2)
    expect(bench.values('out')).toEqual(['1', '2'])
    expect(app.logged.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/taken the transactional id counts-process-0-1 over/),
    )
    await app.stop()
  })

  it.each(Array.from({ length: 12 }, (_, seed) => seed))('counts each record once, whenever its instances die (seed %i)', async (seed) => {
    const random = new Random(seed)
    const bench = await benchOf(2)
    const options = { config: { ...exactlyOnce, commitIntervalMs: 1 + random.below(300) } }
    const sent = new Map<string, number>()
    for (let life = 0; life < 5; life++) {
      const records = Array.from({ length: 20 }, () => [`${random.below(8)}`, random.oneOf(words)] as const)
      for (const [, word] of records) sent.set(word, (sent.get(word) ?? 0) + 1)
      await bench.produce('in', records)
      const app = bench.start(counts, options)
      let turns = random.below(400)
      await bench.clock.advanceUntil(() => turns-- <= 0)
      app.crash()
    }
    await bench.runToEnd(counts, options)
    for (const word of words) {
      const seen = bench.records('out').filter(({ key }) => key === word)
      expect(
        seen.map(({ value }) => Number(value)),
        word,
      ).toEqual(Array.from({ length: sent.get(word) ?? 0 }, (_, index) => index + 1))
    }
  })
})

async function benchOf(partitions: number): Promise<AppBench> {
  const bench = new AppBench()
  await bench.createTopics({ in: partitions, out: partitions })
  return bench
}
