// What every bounded source of records has to do, run on each: a line in a test file, then what is peculiar to it.

import { describe, expect, it } from 'vitest'
import type { ConnectorContext, Source, SourceReader, SourceRecord } from '../../framework/index.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'

export interface SourceUnderTest<K, V> {
  readonly source: Source<K, V>
  /** What it has to give, in order; at least three. */
  readonly records: readonly Pick<SourceRecord<K, V>, 'key' | 'value'>[]
}

/** `make` is called for each test. */
export function sourceContract<K, V>(name: string, make: () => SourceUnderTest<K, V> | Promise<SourceUnderTest<K, V>>): void {
  describe(`the source ${name}`, () => {
    it('gives all of its records in order, and then the end, again and again', async () => {
      const { source, records } = await make()
      const reader = await openAt(source, 0)
      expect((await readAll(reader)).map(({ key, value }) => ({ key, value }))).toEqual(records)
      expect(await reader.read()).toBe('end')
      await reader.close()
    })

    it('gives positions that are whole and never go back', async () => {
      const { source } = await make()
      const positions = placed(0, await readAll(await openAt(source, 0))).map(({ position }) => position)
      expect(positions.every(Number.isSafeInteger)).toBe(true)
      expect([...positions].sort((a, b) => a - b)).toEqual(positions)
    })

    it('goes on behind each of its positions with what comes after, and only that', async () => {
      const { source } = await make()
      const all = placed(0, await readAll(await openAt(source, 0)))
      for (const [index, { position }] of all.entries()) {
        const reader = await openAt(source, position)
        expect(placed(position, await readAll(reader)).map(({ record }) => record)).toEqual(
          all.slice(index + 1).map(({ record }) => record),
        )
        await reader.close()
      }
    })

    it('can be read by several readers at once, each for itself', async () => {
      const { source, records } = await make()
      const readers = await Promise.all([openAt(source, 0), openAt(source, 0)])
      const [first = [], second = []] = await Promise.all(readers.map(readAll))
      expect(first).toEqual(second)
      expect(first.length).toBe(records.length)
      await Promise.all(readers.map((reader) => reader.close()))
    })

    it('can be closed before it is read, while it is read, and twice', async () => {
      const { source } = await make()
      const unread = await openAt(source, 0)
      await unread.close()
      const reader = await openAt(source, 0)
      const reading = reader.read().catch(() => 'end')
      await reader.close()
      await reading
      await reader.close()
    })
  })
}

const context: ConnectorContext = { applicationId: 'contract', taskId: '0_0', logger: silentLogger, clock: new VirtualClock() }

function openAt<K, V>(source: Source<K, V>, position: number): Promise<SourceReader<K, V>> {
  return source.open({ ...context, position })
}

async function readAll<K, V>(reader: SourceReader<K, V>): Promise<SourceRecord<K, V>[]> {
  const all: SourceRecord<K, V>[] = []
  for (;;) {
    const records = await reader.read()
    if (records === 'end') return all
    all.push(...records)
  }
}

/** With the position behind each, where it is left out too. */
function placed<K, V>(start: number, records: readonly SourceRecord<K, V>[]): { position: number; record: SourceRecord<K, V> }[] {
  let behind = start
  return records.map((record) => {
    behind = record.position ?? behind + 1
    return { position: behind, record: { ...record, position: behind } }
  })
}
