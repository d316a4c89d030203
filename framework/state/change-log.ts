// Writes each change of a store to its changelog topic, byte for byte as Kafka Streams does: the key, the value without its timestamp, the timestamp as that of
// the record; a deletion is a tombstone. No headers, but for stores that Kafka Streams gives some. It merges nothing: what merges is the record cache above.

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
  private readonly logsHeaders: boolean

  constructor(writer: TopicWriter, partition: number, form: RowForm<V>, logsHeaders: boolean) {
    this.logsHeaders = logsHeaders
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
    const headers = this.logsHeaders ? row.headers : noHeaders
    if (row.bytes !== null) this.writer.append(this.partition, row.timestamp, bytes, 0, size, row.bytes, plainBytes, headers)
    else this.writer.append(this.partition, row.timestamp, bytes, 0, size, row.value, this.form.serde, headers)
  }
}
