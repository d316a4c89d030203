// The stores of all stream threads read as one, from the main thread: as those of an app with one (Kafka Streams: KafkaStreams#store, over the stores of its threads). A
// thread answers when it has done what it is at, within some 50 ms; the main thread waits for it, and does nothing else meanwhile.

import { MillraceError } from '../errors.ts'
import type { Topology } from '../graph/topology.ts'
import type { QueryableStoreKind } from '../ports/store.ts'
import { type How, methodsOf } from './composite-stores.ts'
import { type Refusal, type StoreCall, type StoreName, type StorePart, type StoreReply, union } from './store-calls.ts'
import { type ReadStore, type StoreDescription, type StoreQuery, seenSerde } from './store-queries.ts'
import { globalStoreNames } from './stores-with-globals.ts'
import type { CalledThread } from './thread-messages.ts'

type Answered = Exclude<StoreReply, Refusal>

export class ThreadStores {
  /** As `App.store`, but that keys and values are copies: of objects of a class the fields. */
  readonly store: ReadStore
  private readonly topology: Topology
  private readonly threads: () => readonly CalledThread[]

  constructor(topology: Topology, threads: () => readonly CalledThread[]) {
    this.topology = topology
    this.threads = threads
    this.store = ((name: string, as: QueryableStoreKind, query: StoreQuery = {}) => this.reader({ name, as, query })) as ReadStore
  }

  /** All stores that can be queried, with the partitions that this instance has now. */
  get stores(): readonly StoreDescription[] {
    const parts = this.replies({ kind: 'stores' }).flatMap(([, reply]) => (reply.kind === 'stores' ? [reply.stores] : []))
    return mergedParts(parts).map((part) => {
      const spec = this.topology.stores.get(part.name)!
      return { ...part, key: spec.key, value: seenSerde(spec) }
    })
  }

  private reader(of: StoreName): object {
    // Said now rather than at the first read.
    this.answered(of, { kind: 'check', of })
    const methods = Object.entries(methodsOf[of.as]).map(([method, how]) => {
      const read = (...args: readonly unknown[]): unknown => this.read(of, method, how, args)
      return [method, read] as const
    })
    return { name: of.name, ...Object.fromEntries(methods) }
  }

  private read(of: StoreName, method: string, how: How, args: readonly unknown[]): unknown {
    const answers = this.answered(of, { kind: 'read', of, method, args })
    const values = answers.flatMap(([, reply]) => (reply.kind === 'value' ? [reply.value] : []))
    if (how === 'first') return values.find((value) => value !== undefined)
    if (how === 'sum') return values.reduce((sum: number, value) => sum + (value as number), 0)
    return rowsOf(of.name, answers)
  }

  /** Of those that have it. Throws if there are none, or if one cannot answer that may have it. */
  private answered(of: StoreName, call: StoreCall): readonly (readonly [CalledThread, Answered])[] {
    const replies = this.replies(call)
    const refused = replies.flatMap(([, reply]) => (reply.kind === 'refused' ? [reply] : []))
    const answers = replies.flatMap(([thread, reply]) => (reply.kind === 'refused' ? [] : [[thread, reply] as const]))
    const wrong = refused.find(({ code }) => code !== 'store-unavailable')
    if (wrong !== undefined) throw errorOf(wrong, of.name)
    // Each thread has all of it.
    if (globalStoreNames(this.topology).has(of.name) && answers.length > 0) return answers.slice(0, 1)
    const found = answers.some(([, reply]) => reply.kind === 'value' && reply.value !== undefined)
    const away = refused.find(({ isRunning }) => !isRunning)
    if (away !== undefined && !(found && methodOf(call) === 'first')) throw errorOf(away, of.name)
    if (answers.length > 0) return answers
    throw refused[0] === undefined ? unavailable(of.name, 'the app does not run') : errorOf(refused[0], of.name)
  }

  private replies(call: StoreCall): readonly (readonly [CalledThread, StoreReply])[] {
    // Each is asked before the first is waited for.
    const waiting = this.threads().map((thread) => [thread, thread.call(call)] as const)
    return waiting.map(([thread, reply]) => [thread, reply()] as const)
  }
}

/** Of each store, what all threads have of it. */
function mergedParts(threads: readonly (readonly StorePart[])[]): readonly StorePart[] {
  const merged = new Map<string, StorePart>()
  for (const part of threads.flat()) {
    const other = merged.get(part.name)
    const partitions = union(other?.partitions ?? [], part.partitions)
    const servers = new Map([...(other?.servers ?? []), ...part.servers])
    merged.set(part.name, { ...part, partitions, servers, partitionCount: Math.max(part.partitionCount, other?.partitionCount ?? 0) })
  }
  return [...merged.values()]
}

function methodOf(call: StoreCall): How | undefined {
  return call.kind === 'read' ? methodsOf[call.of.as][call.method] : undefined
}

function* rowsOf(store: string, answers: readonly (readonly [CalledThread, Answered])[]): Generator<unknown> {
  for (const [thread, first] of answers) {
    let reply: StoreReply = first
    let rest: number | undefined
    try {
      for (;;) {
        if (reply.kind === 'refused') throw errorOf(reply, store)
        if (reply.kind !== 'rows') throw new Error(`a stream thread has answered with ${reply.kind} for rows`)
        rest = reply.rest
        yield* reply.page
        if (rest === undefined) break
        reply = thread.call({ kind: 'next', rows: rest })()
      }
    } finally {
      if (rest !== undefined) thread.call({ kind: 'drop', rows: rest })
    }
  }
}

function errorOf({ code, details, message }: Refusal, store: string): Error {
  return code === undefined ? new Error(message) : new MillraceError(code, { ...details, store })
}

function unavailable(store: string, problem: string): MillraceError {
  return new MillraceError('store-unavailable', { store, problem })
}
