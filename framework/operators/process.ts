// A user's processor in the graph, and the context it works with (Kafka Streams: ProcessorContextImpl, KIP-478, KIP-820). The record that
// it is working on gives what a forwarded one leaves out, and timestamp and headers to what its stores write; both are set back when
// a forwarded record comes home from processors further down.

import type {
  FixedKeyProcessor,
  FixedKeyProcessorSupplier,
  Processor,
  ProcessorContext,
  ProcessorMetricsContext,
  ProcessorRecord,
  ProcessorSupplier,
} from '../graph/processor.ts'
import { type Headers, noHeaders, type Timestamp } from '../ports/record.ts'
import type { KeyValueStore, ReadOnlyKeyValueStore } from '../ports/store.ts'
import { nullIfUndefined } from './callback.ts'
import { Cell, FlowRecord, noOrigin } from './flow-record.ts'
import type { Flow, Operator, Outlet } from './operator.ts'
import { type OperatorEnvironment, storeSpec } from './operator-environment.ts'

type AnyProcessor = Processor<unknown, unknown, unknown, unknown>

/** What a processor forwards. Without `key` (fixed-key processors) it has the key of the record being processed. */
interface Forwarded {
  readonly key?: unknown
  readonly value: unknown
  readonly timestamp?: number
  readonly headers?: Headers
}

export class Process implements Operator {
  readonly name: string
  private readonly processor: AnyProcessor | FixedKeyProcessor<unknown, unknown, unknown>
  private readonly context: OperatorContext

  constructor(
    name: string,
    outlet: Outlet,
    spec: {
      readonly supplier: ProcessorSupplier | FixedKeyProcessorSupplier
      readonly stores: readonly string[]
      readonly fixedKey: boolean
    },
    environment: OperatorEnvironment,
  ) {
    this.name = name
    this.processor = spec.supplier()
    this.context = new OperatorContext(name, outlet, spec, environment)
  }

  open(): void {
    this.context.work(undefined, () => this.processor.init?.(this.context))
  }

  process(record: Flow): void {
    const { key, value, timestamp, headers } = record
    // An object of its own, not the flowing record: users write { ...record, value }, and a spread copies no getters.
    const seen: ProcessorRecord<unknown, unknown> = { key, value, timestamp, headers }
    this.context.work(record, () => this.processor.process(seen))
  }

  close(): void {
    this.processor.close?.()
  }
}

/** One class for all kinds of processor: a fixed-key one has no way to name a key, and a transformer none to forward. */
export class OperatorContext implements ProcessorContext<unknown, unknown> {
  readonly applicationId: string
  readonly taskId: string
  readonly appConfigs: Readonly<Record<string, unknown>>
  readonly stateDir: string
  readonly metrics: ProcessorMetricsContext
  private readonly node: string
  private readonly outlet: Outlet
  private readonly stores: readonly string[]
  private readonly fixedKey: boolean
  private readonly environment: OperatorEnvironment
  /** What is being worked on; undefined in init. In a punctuation a record without key, value and origin. */
  private current: Flow | undefined
  private punctuating = false

  constructor(
    node: string,
    outlet: Outlet,
    spec: { readonly stores: readonly string[]; readonly fixedKey: boolean },
    environment: OperatorEnvironment,
  ) {
    this.applicationId = environment.applicationId
    this.taskId = environment.taskId
    this.appConfigs = environment.appConfigs
    this.stateDir = environment.stateDir
    this.metrics = environment.metrics.of(node)
    this.node = node
    this.outlet = outlet
    this.stores = spec.stores
    this.fixedKey = spec.fixedKey
    this.environment = environment
  }

  work(record: Flow | undefined, run: () => void): void {
    const { recordContext } = this.environment
    const { timestamp, headers } = recordContext
    const { current } = this
    this.current = record
    recordContext.timestamp = record?.timestamp ?? 0
    recordContext.headers = record?.headers ?? noHeaders
    try {
      run()
    } finally {
      this.current = current
      recordContext.timestamp = timestamp
      recordContext.headers = headers
    }
  }

  forward(record: Forwarded, child?: string): void {
    const { current, outlet } = this
    if (this.fixedKey && this.punctuating)
      throw new Error(`${this.node} keeps keys, and a punctuation has none: use process() to forward from one`)
    const timestamp = record.timestamp ?? current?.timestamp ?? 0
    const flow = new FlowRecord(
      this.keyCellOf(record),
      Cell.of(nullIfUndefined(record.value)),
      timestamp,
      record.headers ?? current?.headers ?? noHeaders,
      current?.origin ?? noOrigin,
    )
    if (child === undefined) {
      outlet.forward(flow)
      return
    }
    const target = outlet.child(child)
    if (target === undefined) throw new Error(`${this.node} has no child ${child}`)
    outlet.forwardTo(target, flow)
  }

  store<S>(name: string): S {
    if (this.environment.globalStores.has(name) && !this.stores.includes(name)) return readOnly(name, this.environment) as S
    if (!this.stores.includes(name))
      throw new Error(`the store ${name} is not connected to ${this.node}: name it in its options, { stores: ['${name}'] }`)
    return processorStore(name, this.environment) as S
  }

  schedule(
    options: { readonly everyMs: number; readonly by: 'streamTime' | 'wallClock'; readonly startMs?: number },
    punctuate: (time: Timestamp) => void,
  ): { cancel(): void } {
    const { everyMs, startMs = 0 } = options
    if (!(everyMs >= 1)) throw new Error(`${this.node} schedules a punctuation every ${everyMs} ms: the shortest interval is 1 ms`)
    if (!(startMs >= 0)) throw new Error(`${this.node} schedules a punctuation from ${startMs} ms on: the earliest start is 0`)
    return this.environment.work.schedule(this.node, options, (time) => {
      this.punctuating = true
      try {
        this.work(new FlowRecord<unknown, unknown>(noCell, noCell, time, noHeaders, noOrigin), () => punctuate(time))
      } finally {
        this.punctuating = false
      }
    })
  }

  get metadata(): ProcessorContext<unknown, unknown>['metadata'] {
    const { current } = this
    if (current === undefined || current.topic === undefined) return undefined
    return { topic: current.topic, partition: current.partition, offset: current.offset }
  }

  get streamTime(): Timestamp {
    return this.environment.work.streamTime
  }

  get wallClock(): Timestamp {
    return this.environment.work.wallClock
  }

  commit(): void {
    this.environment.work.requestCommit()
  }

  /** The key's bytes go on with it if it is the key that came. */
  private keyCellOf(record: Forwarded): Cell<unknown> {
    const { current } = this
    if (this.fixedKey) return current?.keyCell ?? noCell
    if (current !== undefined && !this.punctuating && record.key === current.keyCell.get()) return current.keyCell
    return Cell.of(nullIfUndefined(record.key))
  }
}

const noCell = Cell.of<unknown>(null)

/** Global stores need not be named: every processor may read them, and only the one that fills them may write. */
function readOnly(name: string, environment: OperatorEnvironment): ReadOnlyKeyValueStore<unknown, unknown> {
  const store = environment.stores.keyValue<unknown, unknown>(name)
  const refuse = () => {
    throw new Error(`the global store ${name} can only be read here: what is written to its topic fills it`)
  }
  const face: KeyValueStore<unknown, unknown> = {
    name,
    get: (key) => store.get(key),
    range: (from, to) => store.range(from, to),
    reverseRange: (from, to) => store.reverseRange(from, to),
    all: () => store.all(),
    reverseAll: () => store.reverseAll(),
    prefixScan: store.prefixScan.bind(store),
    approximateNumEntries: () => store.approximateNumEntries(),
    put: refuse,
    putAll: refuse,
    putIfAbsent: refuse,
    delete: refuse,
  }
  return face
}

function processorStore(name: string, environment: OperatorEnvironment): unknown {
  const { stores } = environment
  switch (storeSpec(environment, name).kind) {
    case 'window':
    case 'plainWindow':
    case 'joinWindow':
      return stores.window(name)
    case 'session':
      return stores.session(name)
    case 'versioned':
      return stores.versioned(name)
    default:
      return stores.keyValue(name)
  }
}
