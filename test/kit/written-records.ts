// All that a driver's topology has written, in the order of writing, and how far each topic has been read.

import type { Serde } from '../../framework/ports/serde.ts'
import { toBytes } from '../../framework/serdes/byte-buffer.ts'
import type { CapturedRecord } from './captured-records.ts'
import type { Output } from './test-topics.ts'

export class WrittenRecords {
  private readonly all: CapturedRecord[] = []
  private readonly byTopic = new Map<string, CapturedRecord[]>()
  private readonly positions = new Map<string, number>()

  add(record: CapturedRecord): void {
    this.all.push(record)
    const records = this.byTopic.get(record.topic)
    if (records === undefined) this.byTopic.set(record.topic, [record])
    else records.push(record)
  }

  /** Of one topic, or of all. */
  of(topic?: string): readonly CapturedRecord[] {
    return topic === undefined ? this.all : (this.byTopic.get(topic) ?? [])
  }

  /** A topic, from where it was read last; all who read it share that place. */
  read<K, V>(topic: string, { key, value }: { readonly key: Serde<K>; readonly value: Serde<V> }): Output<K, V> {
    return {
      unread: () => this.of(topic).length - this.positionOf(topic),
      take: (recordsMax) =>
        this.take(topic, recordsMax).map((record) => ({
          keyBytes: record.key,
          record: {
            // Whether a topic holds nulls, the types of its topology say.
            key: readValue(key, record.key) as K,
            value: readValue(value, record.value) as V,
            timestamp: record.timestamp,
            headers: record.headers,
          },
        })),
    }
  }

  private take(topic: string, recordsMax: number): readonly CapturedRecord[] {
    const position = this.positionOf(topic)
    const taken = this.of(topic).slice(position, position + recordsMax)
    this.positions.set(topic, position + taken.length)
    return taken
  }

  private positionOf(topic: string): number {
    return this.positions.get(topic) ?? 0
  }
}

function readValue<T>(serde: Serde<T>, bytes: Buffer | null): T | null {
  return bytes === null ? null : serde.read(bytes, 0, bytes.length)
}

export function bytesOf(serde: Serde<unknown>, value: unknown): Buffer | null {
  return value === null || value === undefined ? null : toBytes(serde, value)
}

export function isReadable(serde: Serde<unknown>, bytes: Buffer | null): boolean {
  return bytes === null || serde.canRead?.(bytes, 0, bytes.length) !== false
}
