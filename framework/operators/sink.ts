// The end of the way: a record is written in place into the batch to send. Key and value that came as bytes of the sink's serdes are copied as they are.

import type { SinkNode } from '../graph/topology.ts'
import type { RefusedRecord, TopicWriter } from '../ports/broker.ts'
import type { ByteTarget, Serde } from '../ports/serde.ts'
import type { ByteBuffer } from '../serdes/byte-buffer.ts'
import { windowBytesOf } from '../serdes/windowed.ts'
import { onRecord } from './callback.ts'
import { Cell, FlowRecord, noOrigin } from './flow-record.ts'
import type { Flow, Operator } from './operator.ts'
import type { OperatorEnvironment } from './operator-environment.ts'

export class Sink implements Operator {
  readonly name: string
  /** Whether it writes a user's topic; repartition topics do not count as the app's output. */
  readonly external: boolean
  /** Records written. */
  sent = 0
  /** Undefined: each record chooses its topic. */
  private readonly writer: TopicWriter | undefined
  private readonly topicOf: ((record: Flow) => string) | undefined
  private readonly chosen = new Set<string>()
  private readonly environment: OperatorEnvironment
  private readonly partitioner: SinkNode['partitioner']
  /** How many bytes at the end of a key say which window it is of: the partition is chosen by the key before them (WindowedStreamPartitioner). */
  private readonly windowBytes: number
  private readonly key: Serde<unknown>
  private readonly value: Serde<unknown>
  private readonly scratch: ByteBuffer
  /** Writes a value cell: its bytes where they can stand for the value, else the value. */
  private readonly valueWriter: { write(cell: Cell<unknown>, target: ByteTarget): void }

  constructor(node: SinkNode, environment: OperatorEnvironment) {
    this.name = node.name
    this.external = !node.topic.internal
    this.environment = environment
    this.topicOf = node.topicOf === undefined ? undefined : onRecord(node.topicOf)
    this.writer = node.topicOf === undefined ? environment.writer(node.topic) : undefined
    this.partitioner = node.partitioner
    this.key = node.key
    this.windowBytes = node.topic.internal ? 0 : windowBytesOf(node.key)
    this.scratch = environment.scratch
    const { value } = node
    this.value = value
    this.valueWriter = { write: (cell, target) => cell.writeTo(target, value) }
  }

  /** Of topics that records choose only those are known that it has written to. */
  mayWriteTo(topic: string): boolean {
    return this.chosen.has(topic)
  }

  /** Undefined if each record chooses its topic. */
  get topic(): string | undefined {
    return this.writer?.topic
  }

  process(record: Flow): void {
    const { keyCell } = record
    if (keyCell.isNull) this.append(record, noBytes, -1, -1)
    else if (keyCell.hasBytesOf(this.key)) this.append(record, keyCell.bytes as Buffer, keyCell.start, keyCell.end)
    else {
      const { scratch } = this
      scratch.end = 0
      if (this.writesKey(record)) this.append(record, scratch.bytes, 0, scratch.end)
    }
  }

  /** False if its serde cannot write it and the record is to be left out. */
  private writesKey(record: Flow): boolean {
    try {
      this.key.write(record.keyCell.get(), this.scratch)
      return true
    } catch (error) {
      this.environment.failures.handleProduction(error, this.name, record, this.writer?.topic ?? 'the chosen topic')
      return false
    }
  }

  private append(record: Flow, keyBytes: Buffer, keyStart: number, keyEnd: number): void {
    const { writer } = this
    if (writer !== undefined) this.write(writer, record, keyBytes, keyStart, keyEnd)
    else this.appendToChosen(record, keyBytes, keyStart, keyEnd)
  }

  private write(writer: TopicWriter, record: Flow, keyBytes: Buffer, keyStart: number, keyEnd: number): void {
    const chosen = this.partitioner?.(record.value, record.key, writer.partitions, writer.topic)
    if (chosen === undefined || chosen === null) {
      const partitioned = keyStart < 0 ? keyEnd : keyEnd - this.windowBytes
      this.writeTo(writer, writer.partitionOf(keyBytes, keyStart, partitioned), record, keyBytes, keyStart, keyEnd)
    } else if (typeof chosen === 'number') {
      this.writeTo(writer, this.checked(chosen, writer), record, keyBytes, keyStart, keyEnd)
    } else if (chosen.length === 0) {
      this.environment.dropped.add('no-partition')
    } else {
      for (const partition of new Set(chosen)) this.writeTo(writer, this.checked(partition, writer), record, keyBytes, keyStart, keyEnd)
    }
  }

  private writeTo(writer: TopicWriter, partition: number, record: Flow, keyBytes: Buffer, keyStart: number, keyEnd: number): void {
    const value = record.valueCell.isNull ? null : record.valueCell
    try {
      writer.append(partition, record.timestamp, keyBytes, keyStart, keyEnd, value, this.valueWriter, record.headers)
      this.sent++
    } catch (error) {
      this.environment.failures.handleProduction(error, this.name, record, writer.topic)
    }
  }

  /** The broker has refused what it has written. Throws where the policy is to fail. */
  refused({ error, attempt, timestamp, key, value, headers }: RefusedRecord): 'leave-out' | 'retry' {
    const record = new FlowRecord(ofBytes(key, this.key), ofBytes(value, this.value), timestamp, headers, noOrigin)
    const answer = this.environment.failures.handleRefused(error, this.name, record, attempt)
    if (answer === 'leave-out') this.sent--
    return answer
  }

  private checked(partition: number, { topic, partitions }: TopicWriter): number {
    if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return partition
    throw new Error(`the partitioner of ${this.name} gave ${partition}, and ${topic} has the partitions 0 to ${partitions - 1}`)
  }

  /** The topic may have to be opened first, and by then the scratch holds another key. */
  private appendToChosen(record: Flow, keyBytes: Buffer, keyStart: number, keyEnd: number): void {
    const topic = (this.topicOf as (record: Flow) => string)(record)
    const key = keyStart < 0 ? noBytes : Buffer.from(keyBytes.subarray(keyStart, keyEnd))
    this.chosen.add(topic)
    this.environment.withWriter(topic, (writer) => this.write(writer, record, key, keyStart < 0 ? -1 : 0, keyStart < 0 ? -1 : key.length))
  }
}

function ofBytes<T>(bytes: Buffer | null, serde: Serde<T>): Cell<T> {
  return bytes === null ? Cell.ofBytes(noBytes, -1, -1, serde) : Cell.ofBytes(bytes, 0, bytes.length, serde)
}

const noBytes = Buffer.alloc(0)
