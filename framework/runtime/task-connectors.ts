// The sources and sinks of a task that are no topics. They wait for the outside world, so they are kept beside the task, which never waits: sources are read ahead
// of it, and sinks are flushed before it commits.

import { MillraceError } from '../errors.ts'
import type { Topology } from '../graph/topology.ts'
import type { CommittedOffset } from '../ports/broker.ts'
import type { ConnectorContext, Sink, SinkWriter, Source, SourceReader, SourceRecord } from '../ports/connector.ts'
import type { Task } from './task.ts'
import { positionTopic } from './task-topics.ts'
import type { PlannedTask } from './topic-plan.ts'
import type { Wakeup } from './wakeup.ts'

export interface ConnectorsOptions {
  readonly topology: Topology
  readonly planned: PlannedTask
  readonly committed: readonly CommittedOffset[]
  readonly context: ConnectorContext
}

export class TaskConnectors {
  /** By the name of the node. */
  readonly sinkWriters: ReadonlyMap<string, SinkWriter<unknown, unknown>>
  private readonly sinks: readonly OpenSink[]
  private readonly sources: readonly SourceAhead[]

  private constructor(sinks: readonly OpenSink[], sources: readonly SourceAhead[]) {
    this.sinks = sinks
    this.sources = sources
    this.sinkWriters = new Map(sinks.map(({ place, writer }) => [place.node, writer]))
  }

  /** Opens what the task has; what is open already is closed if something fails. */
  static async open({ topology, planned, committed, context }: ConnectorsOptions): Promise<TaskConnectors> {
    const { nodes } = topology.subTopologies.find(({ id }) => id === planned.subTopology)!
    const sinks: OpenSink[] = []
    const sources: SourceAhead[] = []
    try {
      for (const name of nodes) {
        const node = topology.nodes.get(name)
        if (node?.kind === 'processor' && node.operator.kind === 'sinkTo')
          sinks.push(await OpenSink.open(node.operator.sink, { node: name, task: planned.id }, context))
        if (node?.kind !== 'source' || node.input.kind !== 'source' || planned.localInputs.length === 0) continue
        const topic = positionTopic(context.applicationId, node)
        const position = committed.find((offset) => offset.topic === topic)?.offset ?? 0
        sources.push(await SourceAhead.open(node.input.source, { node: name, task: planned.id }, { ...context, position }))
      }
    } catch (error) {
      // Why it could not be opened says more than what closing the others may have to say.
      await new TaskConnectors(sinks, sources).close().catch(() => {})
      throw error
    }
    return new TaskConnectors(sinks, sources)
  }

  /** Gives the task what its sources have read, and reads on where it has little left. Rejections of readers are thrown here. */
  feed(task: Task, wakeup: Wakeup): void {
    for (const source of this.sources) source.feed(task, wakeup)
  }

  /** Before a commit: resolves when sinks have written what they were given. Undefined: there are none. */
  flush(): Promise<unknown> | undefined {
    return this.sinks.length === 0 ? undefined : Promise.all(this.sinks.map((sink) => sink.flush()))
  }

  /** Whether no source will give anything more. */
  get areAtEnd(): boolean {
    return this.sources.every((source) => source.isAtEnd)
  }

  /** Closes all, then rejects with the first failure. */
  async close(): Promise<void> {
    const closings = await Promise.allSettled([...this.sinks, ...this.sources].map((connector) => connector.close()))
    const failed = closings.find((closing) => closing.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}

/** Where a connector stands, for messages. */
interface Place {
  readonly node: string
  readonly task: string
}

class OpenSink {
  readonly place: Place
  readonly writer: SinkWriter<unknown, unknown>
  private readonly sink: Sink<unknown, unknown>

  private constructor(sink: Sink<unknown, unknown>, place: Place, writer: SinkWriter<unknown, unknown>) {
    this.sink = sink
    this.place = place
    this.writer = writer
  }

  static async open(sink: Sink<unknown, unknown>, place: Place, context: ConnectorContext): Promise<OpenSink> {
    return new OpenSink(sink, place, await attempt(() => sink.open(context), sinkFailed(sink, place, 'opened')))
  }

  flush(): Promise<void> {
    return attempt(() => this.writer.flush(), sinkFailed(this.sink, this.place, 'written'))
  }

  close(): Promise<void> {
    return attempt(() => this.writer.close(), sinkFailed(this.sink, this.place, 'closed'))
  }
}

/** A source that is read ahead of its task: one call of `read` at a time, begun when the task has less than half of what the last one gave. */
class SourceAhead {
  private readonly source: Source<unknown, unknown>
  private readonly place: Place
  private readonly reader: SourceReader<unknown, unknown>
  private reading: Promise<void> | undefined
  private arrived: readonly SourceRecord<unknown, unknown>[] | 'end' | undefined
  private failure: unknown
  private lastCount = 0
  isAtEnd = false

  private constructor(source: Source<unknown, unknown>, place: Place, reader: SourceReader<unknown, unknown>) {
    this.source = source
    this.place = place
    this.reader = reader
  }

  static async open(
    source: Source<unknown, unknown>,
    place: Place,
    context: ConnectorContext & { readonly position: number },
  ): Promise<SourceAhead> {
    return new SourceAhead(source, place, await attempt(() => source.open(context), sourceFailed(source, place, 'opened')))
  }

  feed(task: Task, wakeup: Wakeup): void {
    const { arrived } = this
    const { node } = this.place
    if (this.failure !== undefined) throw this.failure
    if (arrived !== undefined) {
      this.arrived = undefined
      if (arrived === 'end') this.isAtEnd = true
      else this.give(arrived, task)
    }
    if (this.isAtEnd) task.endSource(node)
    if (this.isAtEnd || this.reading !== undefined || task.sourceBacklog(node) > this.lastCount / 2) return
    const reading = this.read()
    this.reading = reading
    wakeup.watch(`source ${node}`, () => reading)
  }

  async close(): Promise<void> {
    await attempt(() => this.reader.close(), sourceFailed(this.source, this.place, 'closed'))
    await this.reading
  }

  private give(records: readonly SourceRecord<unknown, unknown>[], task: Task): void {
    this.lastCount = records.length
    try {
      task.addSourceRecords(this.place.node, records)
    } catch (error) {
      throw sourceFailed(this.source, this.place, 'read')(error)
    }
  }

  /** Never rejects: what went wrong shows at the next feeding. */
  private async read(): Promise<void> {
    try {
      this.arrived = await this.reader.read()
    } catch (error) {
      this.failure = sourceFailed(this.source, this.place, 'read')(error)
    }
    this.reading = undefined
  }
}

type Doing = 'opened' | 'read' | 'written' | 'closed'

function sourceFailed({ name }: Source<unknown, unknown>, place: Place, doing: Doing): (error: unknown) => MillraceError {
  return (error) => new MillraceError('source-failed', { source: name, ...place, doing, problem: messageOf(error) }, error)
}

function sinkFailed({ name }: Sink<unknown, unknown>, place: Place, doing: Doing): (error: unknown) => MillraceError {
  return (error) => new MillraceError('sink-failed', { sink: name, ...place, doing, problem: messageOf(error) }, error)
}

async function attempt<T>(work: () => Promise<T>, failed: (error: unknown) => MillraceError): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw failed(error)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
