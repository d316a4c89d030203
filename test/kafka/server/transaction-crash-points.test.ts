// The broker dies at each step that transactions take on its storage, and is started again: a transaction is there as a whole, or not at all.

import { expect, it } from 'vitest'
import { Coordinator } from '../../../plugins/kafka/server/groups/coordinator.ts'
import type { Storage } from '../../../plugins/kafka/server/log/storage.ts'
import { Catalogue } from '../../../plugins/kafka/server/topics/catalogue.ts'
import { TransactionCoordinator } from '../../../plugins/kafka/server/transactions/transaction-coordinator.ts'
import { offsetBehind } from '../../../plugins/kafka/wire/record-batch.ts'
import { RecordBatchReader } from '../../../plugins/kafka/wire/record-batch-reader.ts'
import { VirtualClock } from '../../kit/virtual-clock.ts'
import { batchOf, recordOf } from './batches.ts'
import { newStorage } from './logs.ts'
import { Death, MortalStorage } from './mortal-storage.ts'

const id = 'counts-1'
const noClaim = { producerId: -1, producerEpoch: -1 }
const nobody = { generation: -1, memberId: '', groupInstanceId: null }

class Parts {
  readonly catalogue: Catalogue
  readonly groups: Coordinator
  readonly transactions: TransactionCoordinator
  readonly clock = new VirtualClock()

  constructor(storage: Storage) {
    const report = (): void => {}
    this.catalogue = new Catalogue(storage, () => this.clock.now(), report)
    const groupLimits = { membersMax: 10, initialRebalanceDelayMs: 0, groupsMax: 10, offsetMetadataBytesMax: 100 }
    const sessionLimits = { sessionTimeoutMinMs: 1, sessionTimeoutMaxMs: 100_000 }
    this.groups = new Coordinator(storage, this.clock, { ...groupLimits, ...sessionLimits }, report)
    const limits = { transactionalIdsMax: 10, timeoutMsMax: 100_000, forgottenAfterMs: 1_000_000 }
    const { catalogue, groups, clock } = this
    this.transactions = new TransactionCoordinator({ storage, catalogue, groups, clock, limits, report })
  }

  initialize() {
    const initialized = this.transactions.initialize(id, 60_000, noClaim)
    if (initialized.error !== 'NONE' || !('producerId' in initialized)) throw new Error(initialized.error)
    return { transactionalId: id, producerId: initialized.producerId, producerEpoch: initialized.producerEpoch }
  }

  committedIn(partition: number): readonly string[] {
    const log = this.catalogue.log('flights', partition)!
    const values: string[] = []
    for (let offset = log.startOffset; offset < log.lastStableOffset; ) {
      const bytes = log.read(offset, 1_000_000, true, log.lastStableOffset)!
      const end = offsetBehind(bytes, offset)
      const reader = new RecordBatchReader(bytes, offset, { abortedTransactions: log.abortedBetween(offset, end), checkCrc: true })
      while (reader.next()) values.push(reader.bytes.utf8Slice(reader.valueStart, reader.valueEnd))
      offset = end
    }
    return values
  }

  committedOffset(): number {
    return this.groups.committed('group')?.get('flights', 0)?.offset ?? -1
  }
}

/** Six transactions over two partitions and a group, every third of them aborted. Gives those whose end was acknowledged, and the one whose end was asked for last. */
function live(storage: MortalStorage) {
  const acknowledged: number[] = []
  let ending: number | undefined
  try {
    const parts = new Parts(storage)
    parts.catalogue.create({ name: 'flights', partitions: 2, settings: new Map([['segment.bytes', '300']]) })
    const claim = parts.initialize()
    for (let round = 1; round <= 6; round++) {
      const partitions = [0, 1].map((partition) => ['flights', partition] as const)
      parts.transactions.addPartitions(claim, partitions)
      for (const [topic, partition] of partitions) {
        const batch = batchOf([recordOf('k', `${round}`)], { ...claim, baseSequence: round - 1, transactional: true })
        expect(parts.catalogue.log(topic, partition)!.append(batch, 0).kind).toBe('appended')
      }
      parts.transactions.addGroup(claim, 'group')
      const offsets = [{ topic: 'flights', partition: 0, offset: round, leaderEpoch: -1, metadata: '' }]
      const [error] = parts.transactions.commitOffsets(claim, 'group', nobody, offsets)
      if (error !== 'NONE') throw new Death()
      ending = round
      if (parts.transactions.end(claim, round % 3 !== 0) === 'NONE' && round % 3 !== 0) acknowledged.push(round)
    }
  } catch (error) {
    if (!(error instanceof Death)) throw error
    expect(storage.isDead).toBe(true)
  }
  return { acknowledged, ending }
}

it('a broker that dies at any step of a transaction has all of it or nothing when it is started again', () => {
  let steps = 0
  for (let died = true; died; steps++) {
    const storage = newStorage()
    const mortal = new MortalStorage(storage, steps)
    const { acknowledged, ending } = live(mortal)
    died = mortal.isDead

    const again = new Parts(storage)
    if (again.catalogue.topic('flights') === undefined) continue
    again.initialize()
    const [first, second] = [again.committedIn(0), again.committedIn(1)]
    const where = `died at step ${steps}`
    expect(first, where).toEqual(second)
    expect(again.committedOffset(), where).toBe(Number(first.at(-1) ?? -1))
    // Only of the one that was being ended it is open how it has ended.
    const possible = [acknowledged, [...acknowledged, ending]].map((rounds) => rounds.map(String))
    expect(possible, where).toContainEqual(first)
    for (const partition of [0, 1]) {
      const log = again.catalogue.log('flights', partition)!
      expect(log.lastStableOffset, where).toBe(log.endOffset)
    }
    expect(again.groups.isPending('group', 'flights', 0), where).toBe(false)
    // The next transaction is as any other.
    const claim = again.initialize()
    expect(again.transactions.addPartitions(claim, [['flights', 0]])).toEqual(['NONE'])
    const next = batchOf([recordOf('k', 'next')], { ...claim, baseSequence: 0, transactional: true })
    expect(again.catalogue.log('flights', 0)!.append(next, 0)).toMatchObject({ kind: 'appended' })
    expect(again.transactions.end(claim, true)).toBe('NONE')
    expect(again.committedIn(0)).toEqual([...first, 'next'])
  }
  expect(steps).toBeGreaterThan(60)
})
