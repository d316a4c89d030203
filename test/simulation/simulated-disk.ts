// The disk of one machine of the simulation, as a state engine: what was written is there after its process was killed. A write takes a while, and takes place as a whole
// or, if the process is killed meanwhile, not at all.

import { MillraceError } from '../../framework/errors.ts'
import type { Offset } from '../../framework/ports/record.ts'
import type {
  BinaryKey,
  ByteEntry,
  ByteStore,
  KeyRange,
  RangeOptions,
  StateBatch,
  StateEngine,
  StateFolder,
} from '../../framework/ports/store.ts'
import type { ProcessClock } from './process-clock.ts'

export interface Kept {
  readonly stores: Map<string, Map<BinaryKey, Buffer>>
  readonly positions: Map<string, Offset>
  holder: ProcessClock | undefined
}

/** What takes place of a write, and when: a planted fault has another way. */
export type Writing = (
  kept: Kept,
  rows: readonly KeptRow[],
  positions: ReadonlyMap<string, Offset>,
  pause: () => Promise<void>,
) => Promise<void>

export interface KeptRow {
  readonly store: string
  readonly key: BinaryKey
  readonly value: Buffer | null
}

export class SimulatedDisk {
  readonly folders = new Map<string, Kept>()

  /** As a process sees it; `pause` is how long a write takes. */
  engineOf(clock: ProcessClock, pause: () => Promise<void>, writing: Writing = wholly): StateEngine {
    return {
      name: 'simulated',
      // It is, but then the runtime would keep files of its own beside it, on a real disk with a time of its own.
      supports: { durable: false },
      open: async (folder) => {
        const kept = this.folders.get(folder) ?? { stores: new Map(), positions: new Map(), holder: undefined }
        this.folders.set(folder, kept)
        if (kept.holder !== undefined && kept.holder !== clock && !kept.holder.isDead) throw new MillraceError('state-locked', { folder })
        kept.holder = clock
        return new SimulatedFolder(kept, pause, writing)
      },
      setAside: async (folder) => {
        this.folders.delete(folder)
        return `${folder}.aside`
      },
    }
  }
}

async function wholly(
  kept: Kept,
  rows: readonly KeptRow[],
  positions: ReadonlyMap<string, Offset>,
  pause: () => Promise<void>,
): Promise<void> {
  await pause()
  put(kept, rows)
  reach(kept, positions)
}

export function put({ stores }: Kept, rows: readonly KeptRow[]): void {
  for (const { store, key, value } of rows) {
    const entries = stores.get(store) ?? new Map<BinaryKey, Buffer>()
    stores.set(store, entries)
    if (value === null) entries.delete(key)
    else entries.set(key, value)
  }
}

export function reach({ positions: reached }: Kept, positions: ReadonlyMap<string, Offset>): void {
  for (const [topic, position] of positions) reached.set(topic, position)
}

class SimulatedFolder implements StateFolder {
  private readonly kept: Kept
  private readonly pause: () => Promise<void>
  private readonly writing: Writing

  constructor(kept: Kept, pause: () => Promise<void>, writing: Writing) {
    this.kept = kept
    this.pause = pause
    this.writing = writing
  }

  store(name: string): ByteStore {
    const entries = (): Map<BinaryKey, Buffer> => this.kept.stores.get(name) ?? new Map()
    return {
      get: (key) => entries().get(key),
      range: (options) => inOrder(entries(), options),
    }
  }

  positions(): ReadonlyMap<string, Offset> {
    return this.kept.positions
  }

  async write({ mutations, positions }: StateBatch): Promise<void> {
    const rows = Array.from(mutations, ({ store, key, value }) => ({ store, key, value: value === null ? null : Buffer.from(value) }))
    await this.writing(this.kept, rows, positions, this.pause)
  }

  async clear(store: string, range: KeyRange = {}): Promise<void> {
    const entries = this.kept.stores.get(store)
    for (const { key } of inOrder(entries ?? new Map(), range)) entries?.delete(key)
  }

  async close(): Promise<void> {
    this.kept.holder = undefined
  }
}

function inOrder(entries: ReadonlyMap<BinaryKey, Buffer>, { from, to, reverse = false }: RangeOptions): ByteEntry[] {
  const found = [...entries].filter(([key]) => (from === undefined || key >= from) && (to === undefined || key < to))
  const sorted = found.sort(([left], [right]) => (left < right ? -1 : 1)).map(([key, value]) => ({ key, value }))
  return reverse ? sorted.reverse() : sorted
}
