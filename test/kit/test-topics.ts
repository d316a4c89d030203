// One topic of a driver at a time, as a test pipes into it or reads from it (Kafka Streams: TestInputTopic, TestOutputTopic).

import type { Headers } from '../../framework/ports/record.ts'
import type { Serde } from '../../framework/ports/serde.ts'

/** A record as it was written to a topic. */
export interface OutputRecord<K, V> {
  readonly key: K
  readonly value: V
  readonly timestamp: number
  readonly headers: Headers
}

/** What a topic is read by. Default: by what writes it. */
export interface OutputSerdes<K, V> {
  readonly key?: Serde<K>
  readonly value?: Serde<V>
}

export interface InputOptions {
  /** Default: the wall-clock time of the driver. */
  readonly timestamp?: number
  readonly headers?: Headers
}

export interface PipeAllOptions {
  /** The timestamp of the first record. Default: the wall-clock time of the driver. */
  readonly startMs?: number
  /** By how much each record is later than the one before it. Default: 0. */
  readonly advanceMs?: number
}

/** What a TestInputTopic needs of its driver. */
interface Input<K, V> {
  readonly wallClockMs: () => number
  readonly pipe: (key: K, value: V, options: InputOptions) => void
}

/** A topic that the topology reads, of a TopologyTestDriver: `driver.inputTopic('flights')`. Kafka Streams: `TestInputTopic`. */
export class TestInputTopic<K, V> {
  readonly name: string
  private readonly input: Input<K, V>

  constructor(name: string, input: Input<K, V>) {
    this.name = name
    this.input = input
  }

  /** Processes one record and all that comes of it. */
  pipe(key: K, value: V, options: InputOptions = {}): void {
    this.input.pipe(key, value, options)
  }

  /** Processes records one after the other: `[key, value]`, or `[key, value, timestamp]` where a record has a time of its own. */
  pipeAll(records: Iterable<readonly [key: K, value: V, timestamp?: number]>, options: PipeAllOptions = {}): void {
    const { startMs = this.input.wallClockMs(), advanceMs = 0 } = options
    let next = startMs
    for (const [key, value, timestamp = next] of records) {
      this.pipe(key, value, { timestamp })
      next += advanceMs
    }
  }
}

/** What a TestOutputTopic needs of its driver. */
export interface Output<K, V> {
  readonly unread: () => number
  /** The next records, at most so many; they count as read from then on. */
  readonly take: (recordsMax: number) => readonly TakenRecord<K, V>[]
}

interface TakenRecord<K, V> {
  readonly record: OutputRecord<K, V>
  readonly keyBytes: Buffer | null
}

/**
 * A topic that the topology writes, of a TopologyTestDriver: `driver.outputTopic('delay-by-state')`. What was read once is not read again, also not by
 * `driver.output()` or by another object for the same topic. Kafka Streams: `TestOutputTopic`.
 */
export class TestOutputTopic<K, V> {
  readonly name: string
  private readonly output: Output<K, V>

  constructor(name: string, output: Output<K, V>) {
    this.name = name
    this.output = output
  }

  /** The next record. Throws if there is none: a test that expects none asks `isEmpty`. */
  read(): OutputRecord<K, V> {
    const [next] = this.output.take(1)
    if (next === undefined) throw new Error(`the topic ${this.name} has no record that was not read yet`)
    return next.record
  }

  /** All that was not read yet, in the order of writing. */
  readAll(): OutputRecord<K, V>[] {
    return this.output.take(Infinity).map(({ record }) => record)
  }

  /** Of what was not read yet the last value of each key, in the order in which the keys came first. Keys are the same if their bytes are. */
  readToMap(): Map<K, V> {
    const newest = new Map<string | null, OutputRecord<K, V>>()
    for (const { record, keyBytes } of this.output.take(Infinity)) newest.set(keyBytes?.latin1Slice() ?? null, record)
    return new Map([...newest.values()].map(({ key, value }) => [key, value]))
  }

  /** Whether all was read. */
  get isEmpty(): boolean {
    return this.size === 0
  }

  /** How many records were not read yet. */
  get size(): number {
    return this.output.unread()
  }
}
