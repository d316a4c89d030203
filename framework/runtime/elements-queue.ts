// The queue of a bounded source of the program itself, `fromElements`: its elements are records 0 to n-1 of a partition that exists on no broker; its
// position is committed as if it did. An element without a timestamp has the time at which it becomes the next one.

import type { Element } from '../graph/topology.ts'
import { Cell, FlowRecord } from '../operators/flow-record.ts'
import type { Flow, Outlet } from '../operators/operator.ts'
import type { Clock } from '../ports/clock.ts'
import { noHeaders } from '../ports/record.ts'
import type { InputQueue } from './input-queue.ts'

export class ElementsQueue implements InputQueue {
  readonly topic: string
  readonly partition = 0
  readonly external = true
  readonly outlet: Outlet
  readonly bufferedBytes = 0
  partitionTimeMs = -1
  headTimestamp = -1
  position: number
  private readonly elements: readonly Element[]
  private readonly clock: Clock

  constructor(topic: string, elements: readonly Element[], position: number, outlet: Outlet, clock: Clock) {
    this.topic = topic
    this.elements = elements
    this.position = position
    this.outlet = outlet
    this.clock = clock
    this.stampHead()
  }

  get ready(): boolean {
    return this.position < this.elements.length
  }

  head(): Flow {
    const [key, value] = this.elements[this.position] as Element
    return new FlowRecord(Cell.of(key), Cell.of(value), this.headTimestamp, noHeaders, {
      topic: this.topic,
      partition: this.partition,
      offset: this.position,
    })
  }

  advance(): void {
    this.position++
    this.stampHead()
  }

  private stampHead(): void {
    const next = this.elements[this.position]
    if (next !== undefined) this.headTimestamp = next[2] ?? this.clock.now()
  }
}
