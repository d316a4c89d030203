// The second simulated app: kinds of state and of time that the first one lacks. All of its branches read one topic, so what each has to write follows from the order of that topic alone,
// whenever and wherever it is processed: sessions, windows and rows that are held back, final windows, versions, ids that are forgotten, state with a life of its own, timers,
// calls outside, punctuation, left joins, a global table and a join by a foreign key.

import { value as kept } from '../../framework/dsl/state-types.ts'
import type { StreamsBuilder } from '../../framework/dsl/streams-builder.ts'
import { type TopologyDefinition, topology } from '../../framework/dsl/topology-definition.ts'
import { session, tumbling, within } from '../../framework/dsl/windows.ts'
import type { KeyValueStore, KStream, Processor, ProcessorContext, ProcessorRecord } from '../../framework/index.ts'
import { string } from '../../framework/serdes/serdes.ts'
import { applicationId, inputTopic, numberOf, type Outside, pairMs, text, windowMs, wordOf } from './workload.ts'

export const namesTopic = 'names'
export const refsTopic = 'refs'

/** Topics that the app writes, and how what is there is held against what is due. */
export const storeOutputs = {
  /** Each update, in order; where a cache merges updates, the last one at least. */
  sessions: 'updates',
  /** Each record of a key, in order, and no other. */
  closed: 'all',
  final: 'all',
  held: 'all',
  versions: 'all',
  distinct: 'all',
  'short-lived': 'all',
  timers: 'all',
  answers: 'all',
  unmatched: 'all',
  named: 'all',
  /** The values of a key, put behind each other: in how many pieces depends on the clock. */
  drained: 'pieces',
  /** The last one of a key. */
  located: 'last',
} as const satisfies Readonly<Record<string, 'updates' | 'all' | 'pieces' | 'last'>>

export type StoreOutput = keyof typeof storeOutputs

export const topicOf = (output: string): string => `${output}-out`

type Input = KStream<string, string>

export function storesTopology(outside: Outside): TopologyDefinition {
  return topology(applicationId, (builder) => {
    const input: Input = builder.stream(inputTopic, text)
    addWindows(input)
    addTimes(input)
    addJoins(builder, input)
    addProcessors(builder, input)
    input
      .mapAsync(
        async (value) => {
          await outside.pause()
          return numberOf(value)
        },
        { ...text, concurrency: 4 },
      )
      .to(topicOf('answers'), text)
  })
}

function addWindows(input: Input): void {
  const group = input.groupByKey(text)
  group
    .windowedBy(session(400, { grace: 700 }))
    // What is past its retention is not found any more, unless it lies in a cache, as in Kafka Streams: so here nothing is.
    .count({ store: { name: 'sessions', retention: '1h' } })
    .toStream((_, { key, start, end }) => `${key}@${start}-${end}`)
    .mapValues((count: number | null) => (count === null ? 'gone' : String(count)))
    .to(topicOf('sessions'), text)
  group
    .windowedBy(tumbling(windowMs, { grace: 200 }))
    .count({ store: { name: 'closing', caching: false } })
    .suppress({ until: 'windowCloses', name: 'until-closed' })
    .toStream((_, { key, start }) => `${key}@${start}`)
    .mapValues((count) => String(count))
    .to(topicOf('closed'), text)
  group
    .windowedBy(tumbling(windowMs, { grace: 300 }), { emit: 'final' })
    .count({ store: 'finals' })
    .toStream((_, { key, start }) => `${key}@${start}`)
    .mapValues((count) => String(count))
    .to(topicOf('final'), text)
  group
    .aggregate(
      () => '',
      (row, value) => `${row}${numberOf(value)} `,
      { store: { name: 'rows', caching: false }, ...text },
    )
    .suppress({ until: '300ms', name: 'for-a-time' })
    .toStream()
    .to(topicOf('held'), text)
}

function addTimes(input: Input): void {
  input.distinctBy((value) => wordOf(value), { ...text, id: string(), within: '250ms' }).to(topicOf('distinct'), text)
  input
    .processValues(
      {
        state: { last: kept<string>({ value: string(), ttl: '200ms' }) },
        process(value: string, _key, _record, { state }) {
          const before = state.last.get() ?? 'none'
          state.last.set(numberOf(value))
          return [`${before}<${numberOf(value)}`]
        },
      },
      text,
    )
    .to(topicOf('short-lived'), text)
  // Of each record that no other of its key follows for a while, a reminder.
  input
    .processValues(
      {
        state: { last: kept<string>({ value: string() }) },
        timers: { quiet: 'eventTime' },
        process(value: string, _key, { timestamp }, { state, timers }) {
          state.last.set(numberOf(value))
          timers.quiet.set(timestamp + 150)
          return []
        },
        onTimer: ({ time }, _key, { state }) => [`${state.last.get()}@${time}`],
      },
      text,
    )
    .to(topicOf('timers'), text)
}

function addJoins(builder: StreamsBuilder, input: Input): void {
  const [asking, asked] = ['x', 'y'].map((word) => input.filter((value) => wordOf(value) === word)) as [Input, Input]
  asking
    .asOfJoin(asked, (left, right) => `${numberOf(left)}:${numberOf(right)}`, {
      ...text,
      otherValue: string(),
      history: '1h',
      name: 'as-of',
    })
    .to(topicOf('versions'), text)
  asking
    .leftJoin(asked, (left, right) => `${numberOf(left)}+${right === null ? 'none' : numberOf(right)}`, within(pairMs, { grace: 200 }), {
      ...text,
      otherValue: string(),
      store: 'left-pairs',
    })
    .to(topicOf('unmatched'), text)
  const names = builder.globalTable<string, string>(namesTopic, text)
  // Which of the values of a name it is depends on when it is read: what all of them begin with does not.
  input
    .join(
      names,
      (value) => wordOf(value),
      (value, name) => `${numberOf(value)} is ${name[0]}`,
    )
    .to(topicOf('named'), text)
  const refs = builder.table<string, string>(refsTopic, text)
  input
    .toTable({ ...text, store: 'places' })
    .join(
      refs,
      (value) => wordOf(value),
      (value, ref) => `${numberOf(value)} in ${ref}`,
      { key: string(), thisValue: string(), otherKey: string(), otherValue: string(), value: string(), store: 'located' },
    )
    .toStream()
    .to(topicOf('located'), text)
}

/** Collects what comes, and gives it away when the clock says so: a row is deleted with each piece. */
class Drain implements Processor<string, string, string, string> {
  private context!: ProcessorContext<string, string>
  private store!: KeyValueStore<string, string>

  init(context: ProcessorContext<string, string>): void {
    this.context = context
    this.store = context.store('undrained')
    context.schedule({ everyMs: 70, by: 'wallClock' }, (timestamp) => {
      for (const [key, value] of [...this.store.all()]) {
        this.context.forward({ key, value, timestamp })
        this.store.delete(key)
      }
    })
  }

  process({ key, value }: ProcessorRecord<string, string>): void {
    this.store.put(key, `${this.store.get(key) ?? ''}${numberOf(value)} `)
  }
}

function addProcessors(builder: StreamsBuilder, input: Input): void {
  builder.addStore<string, string>('undrained', text)
  input.process<string, string>(() => new Drain(), { stores: ['undrained'] }).to(topicOf('drained'), text)
}
