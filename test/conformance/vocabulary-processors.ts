// The processors that vectors name (the vocabulary of their README.md), written against the Processor API as a user would.

import type {
  FixedKeyProcessor,
  FixedKeyProcessorContext,
  Headers,
  KeyValueStore,
  Processor,
  ProcessorContext,
  ProcessorRecord,
  ReadOnlyKeyValueStore,
  SessionStore,
  ValueAndTimestamp,
  VersionedKeyValueStore,
  VersionedRecord,
  WindowStore,
} from '../../framework/index.ts'
import { OperationMissing, type VectorType } from './vector.ts'
import type { NamedProcessor } from './vector-node.ts'
import { text } from './vocabulary.ts'

export function processorType({ fn }: NamedProcessor, value: VectorType): VectorType {
  if (fn === 'keyCounter') return 'long'
  const keeps = ['forward', 'addHeader', 'shiftTimestamp', 'dedupe', 'globalPut', 'route', 'dropNullValues']
  return keeps.includes(fn) ? value : 'string'
}

interface Forwarded {
  readonly value: unknown
  readonly timestamp?: number
  readonly headers?: Headers
}

/** What both kinds of processors can do. */
interface Place {
  readonly context: Omit<ProcessorContext<unknown, unknown>, 'forward'>
  /** Sends on the record being processed, changed. */
  forward(changed: Forwarded, child?: string): void
  /** Sends a record under any key; only where keys may change. */
  forwardAny: ProcessorContext<unknown, unknown>['forward']
  store<S>(): S
}

type Run = (record: ProcessorRecord<unknown, unknown>, place: Place) => void

export function vocabularyProcessor(f: NamedProcessor, store: string | undefined): Processor<unknown, unknown, unknown, unknown> {
  const run = runOf(f)
  let current: ProcessorRecord<unknown, unknown>
  let place: Place
  let ticker: ReturnType<typeof schedule> | undefined
  return {
    init(context) {
      const forward: Place['forward'] = (changed, child) => context.forward({ ...current, ...changed }, child)
      place = {
        context,
        forward,
        forwardAny: (record, child) => context.forward(record, child),
        store: () => context.store(storeName(f, store)),
      }
      if (f.intervalMs !== undefined && f.onFirstRecord !== true) ticker = schedule(f, place)
    },
    process(record) {
      current = record
      if (f.onFirstRecord === true && ticker === undefined) ticker = schedule(f, place)
      run(record, place)
    },
  }
}

export function vocabularyFixedKeyProcessor(f: NamedProcessor, store: string | undefined): FixedKeyProcessor<unknown, unknown, unknown> {
  const run = runOf(f)
  let place: Place
  return {
    init(context: FixedKeyProcessorContext<unknown, unknown>) {
      const forwardAny = () => {
        throw new Error(`${f.fn} forwards under another key`)
      }
      place = {
        context,
        forward: (changed, child) => context.forward(changed, child),
        forwardAny,
        store: () => context.store(storeName(f, store)),
      }
      if (f.intervalMs !== undefined) schedule(f, place)
    },
    process: (record) => run(record, place),
  }
}

function storeName(f: NamedProcessor, first: string | undefined): string {
  const name = f.store ?? first
  if (name === undefined) throw new Error(`${f.fn} has no store`)
  return name
}

function schedule(f: NamedProcessor, place: Place): { cancel(): void } {
  let ticks = 0
  const options = {
    everyMs: f.intervalMs ?? 0,
    by: f.type ?? 'streamTime',
    ...(f.startMs === undefined ? {} : { startMs: f.startMs }),
  } as const
  const ticker = place.context.schedule(options, (time) => {
    if (f.fn === 'buffer') {
      const state = place.store<KeyValueStore<unknown, unknown>>()
      for (const [key, value] of [...state.all()]) {
        place.forwardAny({ key, value, timestamp: time, headers: [] })
        state.delete(key)
      }
      return
    }
    ticks++
    const value = `${time}/${place.context.streamTime}/${place.context.wallClock}`
    place.forwardAny({ key: 'tick', value, timestamp: time, headers: [] })
    if (ticks === f.times) ticker.cancel()
  })
  return ticker
}

function runOf(f: NamedProcessor): Run {
  const run = runs(f)[f.fn]
  if (run === undefined) throw new OperationMissing(`the processor ${f.fn}`)
  return run
}

const absent = (value: unknown): boolean => value === null || value === undefined

function runs(f: NamedProcessor): Readonly<Record<string, Run>> {
  const pass: Run = ({ value }, place) => place.forward({ value })
  return {
    forward: pass,
    ticker: pass,
    dropNullValues: ({ value }, place) => {
      if (!absent(value)) place.forward({ value })
    },
    keyCounter: ({ key }, place) => {
      if (absent(key)) return
      const state = place.store<KeyValueStore<unknown, number>>()
      const count = (state.get(key) ?? 0) + 1
      state.put(key, count)
      place.forward({ value: count })
    },
    dedupe: ({ key, value }, place) => {
      if (absent(key)) return
      const state = place.store<KeyValueStore<unknown, unknown>>()
      if ((value ?? null) === (state.get(key) ?? null)) return
      state.put(key, value ?? null)
      place.forward({ value })
    },
    buffer: ({ key, value }, place) => {
      if (!absent(key)) place.store<KeyValueStore<unknown, unknown>>().put(key, value ?? null)
    },
    globalPut: ({ key, value }, place) => place.store<KeyValueStore<unknown, unknown>>().put(key, value ?? null),
    addHeader: ({ value, headers }, place) => {
      place.forward({ value, headers: [...headers, { key: String(f.name), value: Buffer.from(String(f.value)) }] })
    },
    shiftTimestamp: ({ value, timestamp }, place) => place.forward({ value, timestamp: timestamp + Number(f.ms) }),
    route: ({ value }, place) => place.forward({ value }, typeof value === 'string' && value.length % 2 === 0 ? f.even : f.odd),
    metadata: (_record, place) => {
      const { metadata } = place.context
      // What a punctuation forwards has no input: Java gives an object without a topic for that.
      place.forward({ value: metadata === undefined ? 'null/-1/-1' : `${metadata.topic}/${metadata.partition}/${metadata.offset}` })
    },
    times: (_record, place) => place.forward({ value: `${place.context.streamTime}/${place.context.wallClock}` }),
    tableLookup: ({ key }, place) => {
      const row = absent(key) ? undefined : place.store<ReadOnlyKeyValueStore<unknown, ValueAndTimestamp<unknown>>>().get(key)
      place.forward({ value: row === undefined ? 'null' : `${text(row.value)}@${row.timestamp}` })
    },
    windowCommands: (record, place) => place.forward({ value: windowCommand(place.store(), record) }),
    sessionCommands: (record, place) => place.forward({ value: sessionCommand(place.store(), record) }),
    versionedCommands: (record, place) => place.forward({ value: versionedCommand(place.store(), record) }),
    keyValueCommands: (record, place) => place.forward({ value: keyValueCommand(place.store(), record) }),
  }
}

function keyValueCommand(store: KeyValueStore<string, string>, record: ProcessorRecord<unknown, unknown>): string {
  const key = record.key as string
  const [command = '', first = '', second = ''] = absent(record.value) ? ['delete'] : String(record.value).split('.')
  const bounds = [first || undefined, second || undefined] as const
  switch (command) {
    case 'put':
      store.put(key, first)
      return 'ok'
    case 'putIfAbsent':
      return text(store.putIfAbsent(key, first))
    case 'get':
      return text(store.get(key))
    case 'delete':
      return text(store.delete(key))
    case 'range':
      return list(store.range(...bounds))
    case 'reverseRange':
      return list(store.reverseRange(...bounds))
    case 'all':
      return list(store.all())
    case 'reverseAll':
      return list(store.reverseAll())
    case 'prefix':
      return list(store.prefixScan(first))
    default:
      throw new Error(`the vocabulary has no command ${command}`)
  }
}

type Entries = Iterable<readonly [unknown, unknown]>

function windowCommand(store: WindowStore<string, string>, record: ProcessorRecord<unknown, unknown>): string {
  const key = record.key as string
  const [command = '', ...words] = absent(record.value) ? ['delete'] : String(record.value).split('.')
  const [first = '', second = ''] = words
  const times = [Number(first), Number(second)] as const
  const keysAndTimes = [first || undefined, second || undefined, Number(words[2]), Number(words[3])] as const
  const commands: Readonly<Record<string, () => Entries | string>> = {
    put: () => {
      store.put(key, first, record.timestamp)
      return 'ok'
    },
    delete: () => {
      store.put(key, null, record.timestamp)
      return 'ok'
    },
    fetchAt: () => text(store.fetch(key, Number(first))),
    fetch: () => store.fetchRange(key, ...times),
    backwardFetch: () => store.backwardFetchRange(key, ...times),
    fetchKeys: () => store.fetchKeys(...keysAndTimes),
    backwardFetchKeys: () => store.backwardFetchKeys(...keysAndTimes),
    fetchAll: () => store.fetchAll(...times),
    backwardFetchAll: () => store.backwardFetchAll(...times),
    all: () => store.all(),
    backwardAll: () => store.backwardAll(),
  }
  return answerOf(commands, command)
}

function sessionCommand(store: SessionStore<string, string>, record: ProcessorRecord<unknown, unknown>): string {
  const key = record.key as string
  const [command = '', ...words] = absent(record.value) ? ['delete'] : String(record.value).split('.')
  const [first = '', second = '', third = ''] = words
  const times = [Number(first), Number(second)] as const
  const keys = [first || undefined, second || undefined] as const
  const commands: Readonly<Record<string, () => Entries | string>> = {
    put: () => {
      store.put(key, ...times, third)
      return 'ok'
    },
    remove: () => {
      store.remove(key, ...times)
      return 'ok'
    },
    fetchSession: () => text(store.fetchSession(key, ...times)),
    fetch: () => store.fetch(key),
    backwardFetch: () => store.backwardFetch(key),
    find: () => store.findSessions(key, ...times),
    backwardFind: () => store.backwardFindSessions(key, ...times),
    findKeys: () => store.findSessionsOfKeys(...keys, Number(third), Number(words[3])),
  }
  return answerOf(commands, command)
}

function versionedCommand(store: VersionedKeyValueStore<string, string>, record: ProcessorRecord<unknown, unknown>): string {
  const key = record.key as string
  const [command = '', first] = absent(record.value) ? ['delete'] : String(record.value).split('.')
  const commands: Readonly<Record<string, () => string>> = {
    put: () => validTo(store.put(key, first ?? '', record.timestamp)),
    putNull: () => validTo(store.put(key, null, record.timestamp)),
    get: () => versionText(first === undefined ? store.get(key) : store.getAsOf(key, Number(first))),
    delete: () => versionText(store.delete(key, record.timestamp)),
  }
  return answerOf(commands, command)
}

/** As Java's put says it. */
function validTo(until: number | 'latest' | 'refused'): string {
  return until === 'latest' ? '-1' : until === 'refused' ? '-9223372036854775808' : String(until)
}

function versionText(found: VersionedRecord<string> | undefined): string {
  return found === undefined ? 'null' : `${found.value}@${found.timestamp}-`
}

function answerOf(commands: Readonly<Record<string, () => Entries | string>>, command: string): string {
  const run = commands[command]
  if (run === undefined) throw new Error(`the vocabulary has no command ${command}`)
  const answer = run()
  return typeof answer === 'string' ? answer : list(answer)
}

function list(entries: Entries): string {
  return `[${[...entries].map(([key, value]) => `${text(key)}=${text(value)}`).join(' ')}]`
}
