// Reads the logs of a memory cluster. Nothing is fetched ahead: `take` reads what is there.

import {
  type Fetched,
  type Fetcher,
  type FetcherOptions,
  MillraceError,
  type PartitionOffset,
  type TopicPartition,
} from '../../framework/index.ts'
import type { MemoryCluster } from './memory-cluster.ts'
import type { PartitionLog } from './partition-log.ts'

interface Position {
  readonly topic: string
  readonly partition: number
  offset: number
  paused: boolean
  /** Set once a problem was handed out: the partition is not read on until assigned anew. */
  broken: boolean
}

export class MemoryFetcher implements Fetcher {
  private readonly cluster: MemoryCluster
  private readonly options: FetcherOptions
  private positions = new Map<string, Position>()
  private closed = false
  private crashed = false

  constructor(cluster: MemoryCluster, options: FetcherOptions) {
    this.cluster = cluster
    this.options = options
  }

  assign(positions: readonly PartitionOffset[]): void {
    const before = this.positions
    this.positions = new Map()
    for (const { topic, partition, offset } of positions) {
      const name = nameOf({ topic, partition })
      const known = before.get(name)
      const stays = known !== undefined && (offset < 0 || (offset === known.offset && !known.broken))
      if (!stays && offset < 0) throw new MillraceError('position-unknown', { topic, partition })
      this.positions.set(name, stays ? known : { topic, partition, offset, paused: false, broken: false })
    }
    this.cluster.changed()
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.setPaused(partitions, true)
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.setPaused(partitions, false)
    this.cluster.changed()
  }

  take(): readonly Fetched[] {
    if (this.closed || this.crashed) return []
    const readable = [...this.positions.values()].filter((position) => this.hasNews(position))
    const sizeBytesMax = Math.ceil(this.options.bufferBytesMax / Math.max(1, readable.length))
    return readable.flatMap((position) => this.read(position, sizeBytesMax) ?? [])
  }

  async arrived(): Promise<void> {
    const ready = (): boolean => this.closed || [...this.positions.values()].some((position) => this.hasNews(position))
    await this.cluster.until(ready)
  }

  async close(): Promise<void> {
    this.closed = true
    this.positions.clear()
    this.cluster.changed()
  }

  /** Nothing arrives any more, and nobody is told: who waits for it goes on waiting, as behind a network that is gone. */
  crash(): void {
    this.crashed = true
    this.positions.clear()
  }

  private setPaused(partitions: readonly TopicPartition[], paused: boolean): void {
    for (const partition of partitions) {
      const position = this.positions.get(nameOf(partition))
      if (position !== undefined) position.paused = paused
    }
  }

  private hasNews(position: Position): boolean {
    if (position.paused || position.broken) return false
    const log = this.cluster.log(position.topic, position.partition)
    return log === undefined || this.endOf(log) !== position.offset
  }

  private endOf(log: PartitionLog): number {
    return this.options.readCommitted ? log.lastStableOffset : log.endOffset
  }

  private read(position: Position, sizeBytesMax: number): Fetched | undefined {
    const { topic, partition, offset } = position
    const log = this.cluster.log(topic, partition)
    if (log === undefined || offset < log.startOffset || offset > log.endOffset) {
      position.broken = true
      return { kind: 'problem', topic, partition, problem: log === undefined ? 'topic deleted' : 'offset out of range' }
    }
    const records = log.read(offset, sizeBytesMax, this.options.readCommitted)
    if (records === undefined) return undefined
    position.offset = records.nextOffset
    const { reader, sizeBytes } = records
    return { kind: 'records', topic, partition, reader, sizeBytes, highWatermark: log.endOffset, lastStableOffset: log.lastStableOffset }
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}
