// Writes each change of a store to its changelog topic, byte for byte as Kafka Streams does: the key, the value without its timestamp, the timestamp as that of
// the record, no headers; a deletion is a tombstone. It merges nothing: what merges is the record cache above.

import type { TopicWriter } from '../ports/broker.ts'
import { noHeaders } from '../ports/record.ts'
import type { BinaryKey } from '../ports/store.ts'
import { ByteBuffer } from '../serdes/byte-buffer.ts'
import { bytes } from '../serdes/serdes.ts'
import type { KeptRow, RowForm } from './kept-row.ts'

const keyScratch = new ByteBuffer()
const plainBytes = bytes()

export class ChangeLog<V> {
  readonly writer: TopicWriter
  private readonly partition: number
  private readonly form: RowForm<V>

  constructor(writer: TopicWriter, partition: number, form: RowForm<V>) {
    this.writer = writer
    this.partition = partition
    this.form = form
  }

  log(changelogKey: BinaryKey, row: KeptRow<V>): void {
    const size = changelogKey.length
    keyScratch.end = 0
    keyScratch.reserve(size)
    const { bytes } = keyScratch
    bytes.latin1Write(changelogKey, 0, size)
    if (row.bytes !== null) this.writer.append(this.partition, row.timestamp, bytes, 0, size, row.bytes, plainBytes, noHeaders)
    else this.writer.append(this.partition, row.timestamp, bytes, 0, size, row.value, this.form.serde, noHeaders)
  }
}
