// State in the memory of the process, gone with it and rebuilt from the changelog: for stores declared in memory, for tests and for apps without a broker.

import {
  type BinaryKey,
  type ByteEntry,
  type ByteStore,
  definePlugin,
  type KeyRange,
  type Offset,
  OrderedKeys,
  type Plugin,
  type RangeOptions,
  type StateBatch,
  type StateEngine,
  type StateFolder,
} from '../../framework/index.ts'

export function memory(): Plugin {
  return definePlugin({ name: 'store-memory', stores: { memory: memoryEngine } })
}

const memoryEngine: StateEngine = {
  name: 'memory',
  supports: { durable: false },
  open: async () => new MemoryFolder(),
  setAside: async (folder) => folder,
}

class MemoryFolder implements StateFolder {
  private readonly stores = new Map<string, MemoryStore>()
  private readonly reached = new Map<string, Offset>()

  store(name: string): MemoryStore {
    let store = this.stores.get(name)
    if (store === undefined) {
      store = new MemoryStore()
      this.stores.set(name, store)
    }
    return store
  }

  positions(): ReadonlyMap<string, Offset> {
    return this.reached
  }

  get memoryBytes(): number {
    let bytes = 0
    for (const store of this.stores.values()) bytes += store.memoryBytes
    return bytes
  }

  async write({ mutations, positions }: StateBatch): Promise<void> {
    const changes: { readonly store: MemoryStore; readonly key: BinaryKey; readonly value: Buffer | null }[] = []
    for (const { store, key, value } of mutations)
      changes.push({ store: this.store(store), key, value: value === null ? null : Buffer.from(value) })
    const reached = await positions
    for (const { store, key, value } of changes) store.set(key, value)
    for (const [topic, position] of reached) this.reached.set(topic, position)
  }

  async clear(store: string, range: KeyRange = {}): Promise<void> {
    this.store(store).clear(range)
  }

  async close(): Promise<void> {
    this.stores.clear()
  }
}

class MemoryStore implements ByteStore {
  memoryBytes = 0
  private readonly entries = new Map<BinaryKey, Buffer>()
  /** Made when somebody first walks the store: most are never walked. */
  private order: OrderedKeys | undefined

  get(key: BinaryKey): Buffer | undefined {
    return this.entries.get(key)
  }

  *range(options: RangeOptions): Generator<ByteEntry> {
    for (const key of this.ordered().range(options)) {
      const value = this.entries.get(key)
      if (value !== undefined) yield { key, value }
    }
  }

  set(key: BinaryKey, value: Buffer | null): void {
    const before = this.entries.get(key)
    if (before !== undefined) this.memoryBytes -= entryBytes(key, before)
    if (value === null) {
      if (this.entries.delete(key)) this.order?.delete(key)
    } else {
      this.memoryBytes += entryBytes(key, value)
      this.entries.set(key, value)
      this.order?.add(key)
    }
  }

  clear(range: KeyRange): void {
    for (const key of [...this.ordered().range(range)]) this.set(key, null)
  }

  private ordered(): OrderedKeys {
    this.order ??= OrderedKeys.of(this.entries.keys())
    return this.order
  }
}

// What an entry costs beyond its key and value: a Map entry, a string, a Buffer with its view, about.
const entryOverheadBytes = 200

function entryBytes(key: BinaryKey, value: Buffer): number {
  return entryOverheadBytes + key.length + value.length
}
