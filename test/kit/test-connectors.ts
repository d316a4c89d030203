// The sources and sinks of a test that are no topics: sources are read when the test asks for it, sinks keep what they were handed, and those in memory get it, too.

import type { Topology } from '../../framework/graph/topology.ts'
import type { Clock } from '../../framework/ports/clock.ts'
import type { ConnectorContext, SinkWriter, Source, SourceRecord } from '../../framework/ports/connector.ts'
import { silentLogger } from '../../framework/ports/logger.ts'
import type { StreamRecord } from '../../framework/ports/record.ts'
import { AwaitedClock } from './awaited-clock.ts'

export interface SourceReading {
  readonly recordsMax: number
  pipe(records: readonly SourceRecord<unknown, unknown>[]): void
  advance(durationMs: number): void
}

export class TestConnectors {
  private readonly topology: Topology
  private readonly context: ConnectorContext
  /** All by the name of the node. Of sinks in memory: */
  private readonly opened = new Map<string, SinkWriter<unknown, unknown>>()
  private readonly handed = new Map<string, StreamRecord<unknown, unknown>[]>()
  private readonly positions = new Map<string, number>()

  constructor(topology: Topology, place: { readonly applicationId: string; readonly taskId: string; readonly clock: Clock }) {
    this.topology = topology
    this.context = { ...place, logger: silentLogger }
    for (const node of topology.nodes.values())
      if (node.kind === 'processor' && node.operator.kind === 'sinkTo') this.handed.set(node.name, [])
  }

  /** Opens the sinks that are in memory, anew after a restart. */
  async open(): Promise<void> {
    for (const node of this.topology.nodes.values())
      if (node.kind === 'processor' && node.operator.kind === 'sinkTo' && node.operator.sink.inMemory === true)
        this.opened.set(node.name, await node.operator.sink.open(this.context))
  }

  sinkWriters(): ReadonlyMap<string, SinkWriter<unknown, unknown>> {
    const writerOf = (node: string, records: StreamRecord<unknown, unknown>[]): SinkWriter<unknown, unknown> => ({
      write: (record) => {
        records.push(record)
        this.opened.get(node)?.write(record)
      },
      flush: async () => {},
      close: async () => {},
    })
    return new Map([...this.handed].map(([node, records]) => [node, writerOf(node, records)]))
  }

  /** What the sink was handed since the last call. */
  take(node: string): StreamRecord<unknown, unknown>[] {
    const records = this.handed.get(node)
    if (records === undefined) throw new Error(`${this.topology.name} has no sink ${node} that is no topic`)
    return records.splice(0)
  }

  source(node: string): Source<unknown, unknown> {
    const found = this.topology.nodes.get(node)
    if (found?.kind !== 'source' || found.input.kind !== 'source')
      throw new Error(`${this.topology.name} has no source ${node} that is no topic`)
    return found.input.source
  }

  /** Reads on from where the last reading stopped; gives the number of records. */
  async read(node: string, { recordsMax, pipe, advance }: SourceReading): Promise<number> {
    const clock = new AwaitedClock(this.context.clock)
    const reader = await this.source(node).open({ ...this.context, clock, position: this.positions.get(node) ?? 0 })
    let count = 0
    try {
      while (count < recordsMax) {
        const records = await clock.pass(reader.read(), advance)
        if (records === 'end') break
        const taken = records.slice(0, recordsMax - count)
        pipe(taken)
        for (const { position } of taken) this.positions.set(node, position ?? (this.positions.get(node) ?? 0) + 1)
        count += taken.length
      }
    } finally {
      await reader.close()
    }
    return count
  }
}
