import { describe, expect, it } from 'vitest'
import { noHeaders } from '../../framework/index.ts'
import { OutgoingPartition } from '../../plugins/kafka/client/outgoing-partition.ts'
import { type ProduceBatch, sequenceAfter } from '../../plugins/kafka/client/produce-batch.ts'
import { hasValidCrc, readBatchHeader } from '../../plugins/kafka/wire/record-batch.ts'
import { RecordBatchReader } from '../../plugins/kafka/wire/record-batch-reader.ts'
import { plainStamp } from '../../plugins/kafka/wire/record-batch-writer.ts'
import { textSerde } from '../contract/broker/bench.ts'

const stamp = { ...plainStamp, producerId: 9, producerEpoch: 1 }

describe('an outgoing partition', () => {
  it('numbers its batches without a gap', () => {
    const partition = newPartition()
    seal(partition, 3)
    seal(partition, 2)
    seal(partition, 1)
    expect(partition.queue.map(({ baseSequence, records }) => [baseSequence, records])).toEqual([
      [0, 3],
      [3, 2],
      [5, 1],
    ])
    expect(readBatchHeader(partition.queue[1]!.bytes, 0)).toMatchObject({ baseSequence: 3, producerId: 9, producerEpoch: 1, records: 2 })
  })

  it('has nothing to seal when nothing was appended', () => {
    const partition = newPartition()
    partition.seal(stamp)
    expect(partition.isIdle).toBe(true)
    expect(partition.send()).toBeUndefined()
  })

  it('puts what did not arrive back in its place, in whatever order the answers come', () => {
    const partition = newPartition()
    for (let batch = 0; batch < 4; batch++) seal(partition, 1)
    const [first, second, third] = [partition.send()!, partition.send()!, partition.send()!]
    partition.returned(third)
    partition.returned(first)
    partition.returned(second)
    expect(sequences(partition)).toEqual([0, 1, 2, 3])
  })

  it('sends one batch at a time after a failure, until one has arrived', () => {
    const partition = newPartition()
    for (let batch = 0; batch < 3; batch++) seal(partition, 1)
    const [first, second] = [partition.send()!, partition.send()!]
    partition.returned(first)
    expect(partition.send()).toBeUndefined()
    partition.returned(second)
    const again = partition.send()!
    expect(again.baseSequence).toBe(0)
    expect(partition.send()).toBeUndefined()
    partition.arrived(again)
    expect(partition.send()?.baseSequence).toBe(1)
    expect(partition.send()?.baseSequence).toBe(2)
  })

  it('knows whether an older batch is still missing', () => {
    const partition = newPartition()
    seal(partition, 2)
    seal(partition, 2)
    const [first, second] = [partition.send()!, partition.send()!]
    expect(partition.hasBefore(second)).toBe(true)
    expect(partition.hasBefore(first)).toBe(false)
    partition.arrived(first)
    expect(partition.hasBefore(second)).toBe(false)
  })

  it('puts a batch that is too large back as two that continue each other', () => {
    const partition = newPartition()
    seal(partition, 5)
    seal(partition, 1)
    const whole = partition.send()!
    partition.returnedInHalves(whole, { ...stamp, baseSequence: whole.baseSequence })
    expect(partition.queue.map(({ baseSequence, records }) => [baseSequence, records])).toEqual([
      [0, 3],
      [3, 2],
      [5, 1],
    ])
    expect(partition.queue.slice(0, 2).flatMap(valuesOf)).toEqual(['v0', 'v1', 'v2', 'v3', 'v4'])
    expect(partition.queue[0]!.sizeBytes + partition.queue[1]!.sizeBytes).toBe(whole.sizeBytes)
    for (const { bytes } of partition.queue) expect(hasValidCrc(bytes, 0, bytes.length)).toBe(true)
  })

  it('begins anew with sequence 0 under another producer id', () => {
    const partition = newPartition()
    seal(partition, 2)
    partition.arrived(partition.send()!)
    seal(partition, 3)
    seal(partition, 1)
    partition.restart({ ...stamp, producerId: 77 })
    seal(partition, 1)
    expect(sequences(partition)).toEqual([0, 3, 4])
    expect(readBatchHeader(partition.queue[0]!.bytes, 0).producerId).toBe(77)
    expect(valuesOf(partition.queue[0]!)).toEqual(['v0', 'v1', 'v2'])
  })

  it('counts beyond the largest sequence from 0 again', () => {
    expect(sequenceAfter(0x7fff_ffff, 1)).toBe(0)
    expect(sequenceAfter(0x7fff_fffe, 5)).toBe(3)
  })
})

function newPartition(): OutgoingPartition {
  let ordinal = 0
  return new OutgoingPartition({ nowMs: 0, holds: false, memory: () => Buffer.alloc(64), nextOrdinal: () => ordinal++ }, 'topic', 0)
}

function seal(partition: OutgoingPartition, records: number): void {
  for (let index = 0; index < records; index++) {
    partition.append(1_700_000_000_000 + index, Buffer.from('k'), 0, 1, `v${index}`, textSerde, noHeaders)
  }
  partition.seal(stamp)
}

function sequences(partition: OutgoingPartition): number[] {
  return partition.queue.map(({ baseSequence }) => baseSequence)
}

function valuesOf({ bytes }: ProduceBatch): string[] {
  const reader = new RecordBatchReader(bytes, 0)
  const values: string[] = []
  while (reader.next()) values.push(reader.bytes.utf8Slice(reader.valueStart, reader.valueEnd))
  return values
}
