import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Headers, isMillraceError, noHeaders, type RecordReader } from '../../framework/index.ts'
import type { Compression } from '../../plugins/kafka/wire/compression.ts'
import { crc32c } from '../../plugins/kafka/wire/crc32c.ts'
import { lz4Frame, readLz4Frame } from '../../plugins/kafka/wire/lz4.ts'
import { murmur2, partitionOfKey } from '../../plugins/kafka/wire/murmur2.ts'
import { hasValidCrc, readBatchHeader, setBaseOffset } from '../../plugins/kafka/wire/record-batch.ts'
import { RecordBatchReader } from '../../plugins/kafka/wire/record-batch-reader.ts'
import { plainStamp, RecordBatchWriter } from '../../plugins/kafka/wire/record-batch-writer.ts'

// Golden files: written by Kafka's own classes, test/kafka/golden/Golden.java.

interface PlainRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: Headers
}

const raw = {
  write(value: Uint8Array, target: { bytes: Buffer; end: number; reserve(size: number): void }) {
    target.reserve(value.length)
    target.bytes.set(value, target.end)
    target.end += value.length
  },
}

describe('a batch written by the JVM', () => {
  const batches = readGolden<Record<string, string>>('record-batches.json')

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('is read with compression %s', (codec) => {
    const bytes = Buffer.from(batches[codec] ?? '', 'hex')
    expect(readBatchHeader(bytes, 0)).toMatchObject({ baseOffset: 100, lastOffset: 299, producerId: 7, producerEpoch: 3, baseSequence: 42 })
    const records = recordsOf(new RecordBatchReader(bytes, 0, { checkCrc: true }))
    expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: 200 }, (_, index) => 100 + index))
    expect(records.slice(0, 6)).toEqual([
      { offset: 100, timestamp: 1_700_000_000_000, key: 'key', value: 'value', headers: [] },
      { offset: 101, timestamp: 1_699_999_999_000, key: null, value: 'earlier, without a key', headers: [] },
      { offset: 102, timestamp: 1_700_000_000_001, key: 'tombstone', value: null, headers: [] },
      { offset: 103, timestamp: 1_700_000_000_002, key: '', value: '', headers: [] },
      {
        offset: 104,
        timestamp: 1_800_000_000_000,
        key: 'headers',
        value: 'x'.repeat(300),
        headers: [
          { key: 'a', value: Buffer.from('1') },
          { key: 'ä', value: null },
        ],
      },
      { offset: 105, timestamp: 1_700_000_000_005, key: 'key-5', value: '{"count":5}', headers: [] },
    ])
  })

  it('has the bytes that our writer writes', () => {
    const golden = batches.none ?? ''
    const writer = new RecordBatchWriter()
    for (const { timestamp, key, value, headers } of recordsOf(new RecordBatchReader(Buffer.from(golden, 'hex'), 0))) {
      appendText(writer, timestamp, key, value, headers)
    }
    const batch = writer.finish({ ...plainStamp, producerId: 7, producerEpoch: 3, baseSequence: 42 })
    setBaseOffset(batch, 0, 100, -1)
    expect(batch.toString('hex')).toBe(golden)
  })
})

describe('a record batch', () => {
  const anyRecord = fc.record({
    timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
    key: fc.option(fc.string({ maxLength: 200 })),
    value: fc.option(fc.string({ maxLength: 40_000 })),
    headers: fc.array(fc.record({ key: fc.string(), value: fc.option(fc.uint8Array()) }), { maxLength: 3 }),
  })

  it.each<Compression>(['none', 'gzip', 'lz4'])('is read as it was written, whatever the lengths, with compression %s', (compression) => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), (given) => {
        const writer = new RecordBatchWriter(Buffer.alloc(61))
        for (const { timestamp, key, value, headers } of given) appendText(writer, timestamp, key, value, headers)
        const batch = writer.finish({ ...plainStamp, compression })
        expect(hasValidCrc(batch, 0, batch.length)).toBe(true)
        const expected = given.map((record, offset) => ({
          offset,
          ...record,
          headers: record.headers.map(({ key, value }) => ({ key, value: value === null ? null : Buffer.from(value) })),
        }))
        expect(recordsOf(new RecordBatchReader(batch, 0))).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })

  it('keeps no trace of an append that threw', () => {
    const writer = new RecordBatchWriter()
    appendText(writer, 5, 'a', 'b', noHeaders)
    const failing = {
      write(_: string, target: { end: number; reserve(size: number): void }) {
        target.reserve(100_000)
        target.end += 50_000
        throw new TypeError('not a flight')
      },
    }
    expect(() => writer.append(6, Buffer.from('k'), 0, 1, 'x', failing, noHeaders)).toThrow('not a flight')
    appendText(writer, 7, 'c', 'd', noHeaders)
    const records = recordsOf(new RecordBatchReader(writer.finish(plainStamp), 0))
    expect(records.map(({ timestamp, value }) => [timestamp, value])).toEqual([
      [5, 'b'],
      [7, 'd'],
    ])
  })

  it('keeps no trace of an append that was undone', () => {
    const writer = new RecordBatchWriter()
    appendText(writer, 5, 'a', 'b', noHeaders)
    appendText(writer, 9, 'c', 'd', noHeaders)
    writer.undoAppend()
    const batch = writer.finish(plainStamp)
    expect(recordsOf(new RecordBatchReader(batch, 0)).map(({ key }) => key)).toEqual(['a'])
    expect(readBatchHeader(batch, 0).maxTimestamp).toBe(5)
  })

  it('is refused when a byte of it has changed and the checksum is looked at', () => {
    const batch = batchOf(0, ['a', 'b'])
    batch[70] = batch[70]! ^ 1
    expect(() => new RecordBatchReader(batch, 0, { checkCrc: true }).next()).toThrow(expectCode('record-corrupt'))
  })

  it('of an old format is refused by name', () => {
    const batch = batchOf(0, ['a'])
    batch[16] = 1
    expect(() => new RecordBatchReader(batch, 0).next()).toThrow(expectCode('record-format-old'))
  })

  it('never makes the reader run astray, whatever byte of it has changed', () => {
    const intact = batchOf(0, ['one', 'two', 'three'])
    fc.assert(
      fc.property(fc.integer({ min: 0, max: intact.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const batch = Buffer.from(intact)
        batch[at] = batch[at]! ^ change
        const reader = new RecordBatchReader(batch, 0)
        try {
          for (let records = 0; reader.next(); records++) expect(records).toBeLessThan(4)
        } catch (error) {
          expect(isMillraceError(error), String(error)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a record reader', () => {
  it('passes over records before its start and goes on behind the last batch', () => {
    const reader = new RecordBatchReader(Buffer.concat([batchOf(10, ['a', 'b']), batchOf(20, ['c', 'd'])]), 21)
    expect(recordsOf(reader).map(({ offset, value }) => [offset, value])).toEqual([[21, 'd']])
    expect(reader.nextOffset).toBe(22)
  })

  it('leaves a batch that is cut off for the next fetch', () => {
    const second = batchOf(12, ['c'])
    const reader = new RecordBatchReader(Buffer.concat([batchOf(10, ['a', 'b']), second.subarray(0, second.length - 1)]), 10)
    expect(recordsOf(reader)).toHaveLength(2)
    expect(reader.nextOffset).toBe(12)
  })

  it('stays where it is when there is nothing', () => {
    const reader = new RecordBatchReader(Buffer.alloc(0), 7)
    expect(reader.next()).toBe(false)
    expect(reader.nextOffset).toBe(7)
  })

  it('goes on behind what compaction has removed at the end of a batch', () => {
    const batch = batchOf(10, ['a', 'b'])
    batch.writeInt32BE(9, 23)
    const reader = new RecordBatchReader(batch, 10)
    expect(recordsOf(reader)).toHaveLength(2)
    expect(reader.nextOffset).toBe(20)
  })

  it('passes over control batches and the batches of aborted transactions', () => {
    const log = Buffer.concat([
      transactional(batchOf(0, ['lost']), 7),
      transactional(batchOf(1, ['kept']), 8),
      endMarker(2, 7, 'abort'),
      endMarker(3, 8, 'commit'),
      transactional(batchOf(4, ['kept too']), 7),
      endMarker(5, 7, 'commit'),
    ])
    const committed = new RecordBatchReader(log, 0, { abortedTransactions: [{ producerId: 7, firstOffset: 0 }] })
    expect(recordsOf(committed).map(({ value }) => value)).toEqual(['kept', 'kept too'])
    expect(committed.nextOffset).toBe(6)
    expect(recordsOf(new RecordBatchReader(log, 0)).map(({ value }) => value)).toEqual(['lost', 'kept', 'kept too'])
  })
})

describe('lz4', () => {
  it('gives back what it packed, compressible or not', () => {
    const repetitive = fc
      .array(fc.constantFrom('abcd', '{"origin":"', 'x'), { maxLength: 40_000 })
      .map((words) => Buffer.from(words.join('')))
    const random = fc.uint8Array({ maxLength: 200_000 }).map((bytes) => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.oneof(repetitive, random), (bytes) => {
        expect(readLz4Frame(lz4Frame(bytes), 1 << 24).equals(bytes)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('packs JSON to less than a third', () => {
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, id) => JSON.stringify({ id, origin: `A${id % 40}`, delay: id % 17 })).join())
    expect(lz4Frame(bytes).length).toBeLessThan(bytes.length / 3)
  })
})

describe('murmur2', () => {
  it('is Java’s', () => {
    for (const [key, hash] of Object.entries(readGolden<Record<string, number>>('murmur2.json'))) {
      expect(murmur2(Buffer.from(key)), key).toBe(hash)
    }
  })

  it('looks only at the bytes between the two positions', () => {
    const bytes = Buffer.from('--foobar--')
    expect(murmur2(bytes, 2, 8)).toBe(murmur2(Buffer.from('foobar')))
    expect(partitionOfKey(bytes, 2, 8, 4)).toBe((murmur2(Buffer.from('foobar')) & 0x7fffffff) % 4)
  })
})

describe('crc32c', () => {
  it('has the values of RFC 3720', () => {
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
    expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, index) => index)))).toBe(0x46dd794e)
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })
})

// ----------------------------------------------------------------------------------------------------------------- helpers

function appendText(writer: RecordBatchWriter, timestamp: number, key: string | null, value: string | null, headers: Headers): void {
  const keyBytes = Buffer.from(key ?? '')
  const bytes = value === null ? null : Buffer.from(value)
  writer.append(timestamp, keyBytes, key === null ? -1 : 0, keyBytes.length, bytes, raw, headers)
}

function batchOf(baseOffset: number, values: readonly string[]): Buffer {
  const writer = new RecordBatchWriter()
  for (const value of values) appendText(writer, 1000, 'key', value, noHeaders)
  const batch = writer.finish(plainStamp)
  setBaseOffset(batch, 0, baseOffset, 0)
  return batch
}

function transactional(batch: Buffer, producerId: number): Buffer {
  batch.writeInt16BE(0b1_0000, 21)
  batch.writeBigInt64BE(BigInt(producerId), 43)
  return batch
}

function endMarker(offset: number, producerId: number, type: 'abort' | 'commit'): Buffer {
  const writer = new RecordBatchWriter()
  const key = Buffer.from([0, 0, 0, type === 'abort' ? 0 : 1])
  writer.append(1000, key, 0, 4, Buffer.alloc(6), raw, noHeaders)
  const batch = transactional(writer.finish(plainStamp), producerId)
  setBaseOffset(batch, 0, offset, 0)
  batch.writeInt16BE(0b11_0000, 21)
  return batch
}

function recordsOf(reader: RecordReader): PlainRecord[] {
  const records: PlainRecord[] = []
  while (reader.next()) {
    records.push({
      offset: reader.offset,
      timestamp: reader.timestamp,
      key: reader.keyStart < 0 ? null : reader.bytes.utf8Slice(reader.keyStart, reader.keyEnd),
      value: reader.valueStart < 0 ? null : reader.bytes.utf8Slice(reader.valueStart, reader.valueEnd),
      headers: reader.headers(),
    })
  }
  return records
}

function expectCode(code: string): Error {
  return expect.objectContaining({ code })
}

function readGolden<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`golden/${file}`, import.meta.url), 'utf8'))
}
