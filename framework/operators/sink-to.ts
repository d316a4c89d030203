// The end of the way out of Kafka: a record is handed to the writer of a sink, which keeps it until the commit.

import type { SinkWriter } from '../ports/connector.ts'
import type { Flow, Operator } from './operator.ts'
import type { OperatorEnvironment, TaskWork } from './operator-environment.ts'

export class SinkTo implements Operator {
  readonly name: string
  /** Records handed over. */
  sent = 0
  private readonly writer: SinkWriter<unknown, unknown>
  private readonly work: TaskWork

  constructor(name: string, environment: OperatorEnvironment) {
    this.name = name
    this.writer = environment.sinkWriter(name)
    this.work = environment.work
  }

  process({ key, value, timestamp, headers, topic, partition, offset }: Flow): void {
    // A record of its own: that of the flow reads bytes which are not kept.
    this.writer.write({ key, value, timestamp, headers, topic, partition, offset })
    this.sent++
    if (this.writer.full === true) this.work.requestCommit()
  }
}
