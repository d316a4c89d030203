// Opens the state of a task: its folder, the stores that its operators use, and the way to bring them up to date.

import { isMillraceError, MillraceError } from '../errors.ts'
import type { StoreSpec } from '../graph/operator-spec.ts'
import type { TopicWriter } from '../ports/broker.ts'
import type { Logger } from '../ports/logger.ts'
import { asOffset, type Offset } from '../ports/record.ts'
import type {
  KeyValueStore,
  Mutation,
  SessionStore,
  StateEngine,
  StateFolder,
  VersionedKeyValueStore,
  WindowStore,
} from '../ports/store.ts'
import type { CacheBudget } from './cached-rows.ts'
import { ChangelogRestore } from './changelog-restore.ts'
import type { Changelog, RecordContext, RowStore, StateRestore, TakenState, TaskState } from './contract.ts'
import { dueStoreName } from './due-index.ts'
import { binaryLong } from './key-layout.ts'
import type { EntryStore } from './keyed-contract.ts'
import { type MemoryBudget, withinBudget } from './memory-budget.ts'
import { prepareStateFolder, type TaskFolder, taskFolder } from './state-folder.ts'
import { buildStore, progressMutation, type StoreFaces, type StoreLayers } from './store-layers.ts'
import type { StoreViews } from './store-views.ts'
import { SuppressBuffer } from './suppress-buffer.ts'
import { UncommittedBytes } from './uncommitted-buffer.ts'
import type { VersionedRowStore } from './versioned-contract.ts'
import type {
  GraceBufferStore,
  JoinWindowStore,
  RangedWindowRowStore,
  SessionRowStore,
  SuppressBufferStore,
  UnmatchedStore,
} from './windowed-contract.ts'

export interface TaskStateOptions extends TaskFolder {
  /** Of the task, so of its changelogs. */
  readonly partition: number
  /** In the order in which their caches are flushed: that of the topology. */
  readonly stores: readonly StoreSpec[]
  /** For stores on disk, and for those in memory. */
  readonly engines: { readonly persistent: StateEngine; readonly memory: StateEngine }
  /** Shared by the tasks of a stream thread. */
  readonly cacheBudget: CacheBudget
  /** Above it `commitWanted` is true. While state is restored it is what that holds and has not written. */
  readonly uncommittedBytesMax: number
  /** Of stores in memory, and of what suppress holds back; shared by all tasks. */
  readonly memoryBudget: MemoryBudget
  readonly suppressBudget: MemoryBudget
  /** Shared with the task, which sets it. */
  readonly context: RecordContext
  readonly logger: Logger
  /** The changelog topics exist by now. */
  changelogWriter(topic: string, store: StoreSpec): Promise<TopicWriter>
  /** A window past its retention was put into a store. */
  onExpired?(store: string): void
}

/** Rejects with `state-locked`, `state-not-writable` or `state-format-unknown`. A damaged folder is set aside, for the changelog has all that was in it. */
export async function openTaskState(options: TaskStateOptions): Promise<TaskState> {
  const persistent = options.stores.some((spec) => spec.persistent) ? await openFolder(options) : undefined
  try {
    const memory = withinBudget(
      await options.engines.memory.open(options.taskId),
      options.engines.memory,
      options.taskId,
      options.memoryBudget,
    )
    const uncommitted = new UncommittedBytes(options.uncommittedBytesMax)
    const layers = new Map<string, StoreLayers>()
    for (const spec of options.stores) {
      const writer = spec.changelog?.kind === 'internal' ? await options.changelogWriter(changelogTopic(options, spec), spec) : undefined
      const surroundings = {
        partition: options.partition,
        budget: options.cacheBudget,
        uncommitted,
        suppressBudget: options.suppressBudget,
        context: options.context,
        onExpired: (store: string) => options.onExpired?.(store),
      }
      layers.set(spec.name, buildStore(spec, spec.persistent && persistent !== undefined ? persistent : memory, writer, surroundings))
    }
    const folders = persistent === undefined ? [memory] : [persistent, memory]
    return new LayeredTaskState(options.taskId, layers, folders, changelogsOf(options), uncommitted)
  } catch (error) {
    await persistent?.close()
    throw error
  }
}

async function openFolder(options: TaskStateOptions): Promise<StateFolder> {
  const engine = options.engines.persistent
  const folder = taskFolder(options)
  const open = async () => {
    if (engine.supports.durable) await prepareStateFolder(folder, engine.name)
    return withinBudget(await engine.open(folder), engine, options.taskId, options.memoryBudget)
  }
  try {
    return await open()
  } catch (error) {
    if (!isMillraceError(error, 'state-corrupt')) throw error
    const aside = await engine.setAside(folder)
    options.logger.log('warn', `${error.message} It lies in ${aside} now.`, { task: options.taskId })
    return await open()
  }
}

function changelogTopic({ applicationId }: TaskStateOptions, { changelog }: StoreSpec): string {
  if (changelog === null) return ''
  return changelog.kind === 'internal' ? `${applicationId}-${changelog.name}` : changelog.topic
}

function changelogsOf(options: TaskStateOptions): Changelog[] {
  return options.stores
    .filter((spec) => spec.changelog !== null)
    .map((spec) => ({
      store: spec.name,
      topic: changelogTopic(options, spec),
      partition: options.partition,
      sourceTopic: spec.changelog?.kind === 'sourceTopic',
    }))
}

class LayeredTaskState implements TaskState {
  readonly changelogs: readonly Changelog[]
  readonly restore: StateRestore
  private readonly taskId: string
  private readonly layers: ReadonlyMap<string, StoreLayers>
  private readonly folders: readonly StateFolder[]
  private readonly uncommitted: UncommittedBytes
  /** By store: the segment before which nothing is left. */
  private readonly droppedUpTo = new Map<string, number>()

  constructor(
    taskId: string,
    layers: ReadonlyMap<string, StoreLayers>,
    folders: readonly StateFolder[],
    changelogs: readonly Changelog[],
    uncommitted: UncommittedBytes,
  ) {
    this.taskId = taskId
    this.layers = layers
    this.folders = folders
    this.changelogs = changelogs
    this.uncommitted = uncommitted
    this.restore = new ChangelogRestore(layers, changelogs, uncommitted.bytesMax)
  }

  rows<V>(name: string): RowStore<V> {
    return this.face(name, 'rows') as RowStore<V>
  }

  windowRows<V>(name: string): RangedWindowRowStore<V> {
    return this.face(name, 'windowRows') as RangedWindowRowStore<V>
  }

  sessionRows<V>(name: string): SessionRowStore<V> {
    return this.face(name, 'sessionRows') as SessionRowStore<V>
  }

  joinWindow<V>(name: string): JoinWindowStore<V> {
    return this.face(name, 'joinWindow') as JoinWindowStore<V>
  }

  unmatched<L, R>(name: string): UnmatchedStore<L, R> {
    return this.face(name, 'unmatched') as UnmatchedStore<L, R>
  }

  suppressBuffer<V>(name: string): SuppressBufferStore<V> {
    return this.face(name, 'suppressBuffer') as SuppressBufferStore<V>
  }

  graceBuffer<V>(name: string): GraceBufferStore<V> {
    return this.face(name, 'graceBuffer') as GraceBufferStore<V>
  }

  keyValue<K, V>(name: string): KeyValueStore<K, V> {
    return this.face(name, 'keyValue') as KeyValueStore<K, V>
  }

  versionedRows<V>(name: string): VersionedRowStore<V> {
    return this.face(name, 'versionedRows') as VersionedRowStore<V>
  }

  versioned<K, V>(name: string): VersionedKeyValueStore<K, V> {
    return this.face(name, 'versioned') as VersionedKeyValueStore<K, V>
  }

  entries<V>(name: string): EntryStore<V> {
    return this.face(name, 'entries') as EntryStore<V>
  }

  window<K, V>(name: string): WindowStore<K, V> {
    return this.face(name, 'window') as WindowStore<K, V>
  }

  session<K, V>(name: string): SessionStore<K, V> {
    return this.face(name, 'session') as SessionStore<K, V>
  }

  views(name: string): StoreViews | undefined {
    return this.layers.get(name)?.views
  }

  flushCaches(): void {
    const stores = [...this.layers.values()].flatMap(({ flushed }) => flushed ?? [])
    // What one flush sets off may reach a store that was flushed before; records flow one way only, so this ends.
    while (stores.some((store) => store.isDirty)) for (const store of stores) store.flush()
  }

  get commitWanted(): boolean {
    return this.uncommitted.full
  }

  get diskBytes(): number {
    return this.folders.reduce((sum, folder) => sum + (folder.sizeBytes?.() ?? 0), 0)
  }

  get uncommittedBytes(): number {
    return this.uncommitted.bytes
  }

  take(): TakenState {
    const taken = this.folders.map((folder) => this.takeOf(folder))
    return {
      write: async (sourcePositions = new Map()) => {
        for (const { commit } of taken) commit(sourcePositions)
        await Promise.all(taken.map(({ written }) => written))
      },
      drop: (reason) => {
        for (const { drop } of taken) drop(reason)
      },
    }
  }

  commit(sourcePositions?: ReadonlyMap<string, Offset>): Promise<void> {
    return this.take().write(sourcePositions)
  }

  writtenPositions(): ReadonlyMap<string, Offset> {
    const positions = new Map<string, Offset>()
    for (const { store, topic, sourceTopic } of this.changelogs) {
      const layers = this.layers.get(store)
      const position = sourceTopic || layers?.spec.persistent !== true ? undefined : layers.folder.positions().get(topic)
      if (position !== undefined) positions.set(topic, position)
    }
    return positions
  }

  async dropExpired(): Promise<void> {
    await this.dropExpiredOf([...this.layers.values()])
  }

  async close(): Promise<void> {
    for (const { cache, faces } of this.layers.values()) {
      cache?.close()
      if (faces.suppressBuffer instanceof SuppressBuffer) faces.suppressBuffer.close()
    }
    for (const folder of this.folders) await folder.close()
  }

  private face<F extends keyof StoreFaces>(name: string, kind: F): NonNullable<StoreFaces[F]> {
    const face = this.layers.get(name)?.faces[kind]
    if (face === undefined) throw new MillraceError('store-unknown', { task: this.taskId, kind, store: name })
    return face as NonNullable<StoreFaces[F]>
  }

  /** The engine has the rows from now on, and writes them when it has the positions. */
  private takeOf(folder: StateFolder) {
    const stores = [...this.layers.values()].filter((layers) => layers.folder === folder)
    let commit!: (sourcePositions: ReadonlyMap<string, Offset>) => void
    let drop!: (reason: unknown) => void
    const positions = new Promise<ReadonlyMap<string, Offset>>((resolve, reject) => {
      commit = (sourcePositions) => resolve(this.positions(stores, sourcePositions))
      drop = reject
    })
    const written = folder.write({ mutations: this.mutations(stores), positions }).then(() => {
      for (const { buffer, dueBuffer } of stores) {
        buffer.taken()
        dueBuffer?.taken()
      }
      return this.dropExpiredOf(stores)
    })
    // Who writes is told; who drops knows, also where the engine has failed before it asked for the positions.
    written.catch(() => {})
    positions.catch(() => {})
    return { commit, drop, written }
  }

  private *mutations(stores: readonly StoreLayers[]): Generator<Mutation> {
    for (const layers of stores) {
      layers.retention?.passesOn()
      const changes = layers.buffer.take(layers.spec.name)
      yield* layers.grouped?.grouped(changes) ?? changes
      if (layers.dueBuffer !== undefined) yield* layers.dueBuffer.take(dueStoreName(layers.spec.name))
      const progress = progressMutation(layers)
      if (progress !== undefined) yield progress
    }
  }

  private positions(stores: readonly StoreLayers[], sourcePositions: ReadonlyMap<string, Offset>): Map<string, Offset> {
    const positions = new Map<string, Offset>()
    for (const { spec, writer } of stores) {
      const changelog = this.changelogs.find(({ store }) => store === spec.name)
      if (changelog === undefined) continue
      const position = writer?.acknowledged(changelog.partition) ?? sourcePositions.get(changelog.topic)
      // The writer may have acknowledged its last record before the task was elsewhere for a while.
      const restored = this.restore.position(changelog.topic)
      if (position !== undefined) positions.set(changelog.topic, asOffset(Math.max(position, restored)))
    }
    return positions
  }

  /** Removes segments past their retention. */
  private async dropExpiredOf(stores: readonly StoreLayers[]): Promise<void> {
    for (const { spec, folder, retention, dropsSegments } of stores) {
      if (retention === undefined || !dropsSegments || this.droppedUpTo.get(spec.name) === retention.firstSegment) continue
      this.droppedUpTo.set(spec.name, retention.firstSegment)
      await folder.clear(spec.name, { to: binaryLong(retention.firstSegment) })
    }
  }
}
