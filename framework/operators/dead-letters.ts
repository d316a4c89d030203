// Where records go that had to be left out: a topic that holds them as they came, with headers that say why and where from, named as Kafka Streams names them
// (KIP-1034, errors.dead.letter.queue.topic.name).

import type { TopicWriter } from '../ports/broker.ts'
import type { Headers } from '../ports/record.ts'
import { bytes } from '../serdes/serdes.ts'
import type { Cell } from './flow-record.ts'
import type { Flow } from './operator.ts'

export class DeadLetters {
  private readonly writer: TopicWriter
  /** The input record that the task is working on. */
  private current: Flow | undefined

  constructor(writer: TopicWriter) {
    this.writer = writer
  }

  workOn(record: Flow): void {
    this.current = record
  }

  /** `record` is what could not be processed; what is written is the input record that it came from, if that is still known. */
  add(error: unknown, record: Flow): void {
    const { writer } = this
    const input = this.current?.origin === record.origin ? this.current : undefined
    const key = input === undefined ? null : bytesOf(input.keyCell)
    const value = input === undefined ? null : bytesOf(input.valueCell)
    const keyBytes = key ?? noBytes
    const keyStart = key === null ? -1 : 0
    const keyEnd = key === null ? -1 : keyBytes.length
    const headers = [...record.headers, ...reasons(error, record)]
    const partition = writer.partitionOf(keyBytes, keyStart, keyEnd)
    writer.append(partition, record.timestamp, keyBytes, keyStart, keyEnd, value, bytes(), headers)
  }
}

function reasons(error: unknown, { origin }: Flow): Headers {
  const { name, message, stack } = error instanceof Error ? error : { name: typeof error, message: String(error), stack: '' }
  const texts: readonly (readonly [string, string])[] = [
    ['exception', name],
    ['message', message],
    ['stacktrace', stack ?? ''],
    ['topic', origin.topic ?? ''],
    ['partition', String(origin.partition)],
    ['offset', String(origin.offset)],
  ]
  return texts.map(([key, text]) => ({ key: `__streams.errors.${key}`, value: Buffer.from(text) }))
}

/** null also for elements of the program, which never had bytes. */
function bytesOf(cell: Cell<unknown>): Buffer | null {
  return cell.bytes === undefined || cell.start < 0 ? null : Buffer.from(cell.bytes.subarray(cell.start, cell.end))
}

const noBytes = Buffer.alloc(0)
