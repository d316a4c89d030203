// What every sink that is no topic has to do, run on each: a line in a test file, then what is peculiar to it.

import { describe, expect, it } from 'vitest'
import { asOffset, asTimestamp, type ConnectorContext, noHeaders, type Sink, type StreamRecord } from '../../framework/index.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import { VirtualClock } from '../kit/virtual-clock.ts'

export interface SinkUnderTest<K, V> {
  readonly sink: Sink<K, V>
  /** Keys and values that it can take; at least two. */
  readonly pairs: readonly (readonly [K, V])[]
  /** What lies where it writes to, in whatever form, as one text for each record. */
  written(): Promise<readonly string[]>
}

/** `make` is called for each test. */
export function sinkContract<K, V>(name: string, make: () => SinkUnderTest<K, V> | Promise<SinkUnderTest<K, V>>): void {
  describe(`the sink ${name}`, () => {
    it('has written everything when a flush is done', async () => {
      const { sink, pairs, written } = await make()
      const writer = await sink.open(context)
      for (const record of recordsOf(pairs)) writer.write(record)
      await writer.flush()
      expect(await written()).toHaveLength(pairs.length)
      await writer.close()
      expect(await written()).toHaveLength(pairs.length)
    })

    it('writes what comes in several flushes once each, in order', async () => {
      const { sink, pairs, written } = await make()
      const writer = await sink.open(context)
      for (const record of recordsOf(pairs)) {
        writer.write(record)
        await writer.flush()
      }
      await writer.flush()
      const together = await written()
      await writer.close()
      expect(together).toHaveLength(pairs.length)
      const other = await make()
      const atOnce = await other.sink.open(context)
      for (const record of recordsOf(other.pairs)) atOnce.write(record)
      await atOnce.flush()
      await atOnce.close()
      expect(await other.written()).toEqual(together)
    })

    it('flushes nothing where nothing was written', async () => {
      const { sink, written } = await make()
      const writer = await sink.open(context)
      await writer.flush()
      await writer.close()
      expect(await written()).toEqual([])
    })

    it('keeps what an earlier writer has flushed', async () => {
      const { sink, pairs, written } = await make()
      for (const record of recordsOf(pairs)) {
        const writer = await sink.open(context)
        writer.write(record)
        await writer.flush()
        await writer.close()
      }
      expect(await written()).toHaveLength(pairs.length)
    })

    it('takes the records of several tasks at once', async () => {
      const { sink, pairs, written } = await make()
      const writers = await Promise.all([sink.open(context), sink.open({ ...context, taskId: '0_1' })])
      for (const writer of writers) for (const record of recordsOf(pairs)) writer.write(record)
      await Promise.all(writers.map((writer) => writer.flush()))
      await Promise.all(writers.map((writer) => writer.close()))
      expect(await written()).toHaveLength(2 * pairs.length)
    })
  })
}

const context: ConnectorContext = { applicationId: 'contract', taskId: '0_0', logger: silentLogger, clock: new VirtualClock() }

function recordsOf<K, V>(pairs: readonly (readonly [K, V])[]): readonly StreamRecord<K, V>[] {
  return pairs.map(([key, value], index) => ({
    key,
    value,
    timestamp: asTimestamp(1_000 + index),
    headers: noHeaders,
    topic: 'in',
    partition: 0,
    offset: asOffset(index),
  }))
}
