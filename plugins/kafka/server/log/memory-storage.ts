// Memory in the place of a folder, for tests and for brokers that need not outlive their process. Not a temporary folder: a killed process would
// leave that behind, and tests that cut a log at every byte would wait for a disk.

import { type Storage, StorageFull, type StoredFile } from './storage.ts'

const firstChunkBytes = 4 * 1024
const chunkBytesMax = 1024 * 1024

export class MemoryStorage implements Storage {
  readonly #files = new Map<string, MemoryFile>()
  readonly #budget: Budget

  constructor(bytesMax: number) {
    this.#budget = { left: bytesMax }
  }

  file(path: string): StoredFile {
    const known = this.#files.get(path)
    if (known !== undefined) return known
    const file = new MemoryFile(path, this.#budget)
    this.#files.set(path, file)
    return file
  }

  list(folder: string): readonly string[] {
    const names = new Set<string>()
    for (const path of this.#files.keys()) {
      if (path.startsWith(`${folder}/`)) names.add(path.slice(folder.length + 1).split('/')[0]!)
    }
    return [...names]
  }

  readText(path: string): string | undefined {
    const file = this.#files.get(path)
    return file?.read(0, file.sizeBytes).toString('utf8')
  }

  writeText(path: string, text: string): void {
    const file = new MemoryFile(path, this.#budget)
    file.append([Buffer.from(text)])
    this.#files.get(path)?.truncate(0)
    this.#files.set(path, file)
  }

  replace(from: string, to: string): void {
    const file = this.#files.get(from)
    if (file === undefined) throw new Error(`There is no file ${from}.`)
    this.#files.get(to)?.truncate(0)
    this.#files.delete(from)
    this.#files.set(to, file.movedTo(to))
  }

  remove(path: string): void {
    for (const [name, file] of this.#files) {
      if (name !== path && !name.startsWith(`${path}/`)) continue
      file.truncate(0)
      this.#files.delete(name)
    }
  }

  close(): void {
    // What is in memory stays for who opens it again; nothing is held outside of it.
  }
}

interface Budget {
  left: number
}

/** Bytes in chunks, each twice as large as the one before up to a limit: small files stay small, and growing copies nothing. */
class MemoryFile implements StoredFile {
  readonly path: string
  readonly #budget: Budget
  readonly #chunks: Buffer[]
  readonly #starts: number[]
  #capacity: number
  #sizeBytes: number

  constructor(path: string, budget: Budget, from?: { chunks: Buffer[]; starts: number[]; capacity: number; sizeBytes: number }) {
    this.path = path
    this.#budget = budget
    this.#chunks = from?.chunks ?? []
    this.#starts = from?.starts ?? []
    this.#capacity = from?.capacity ?? 0
    this.#sizeBytes = from?.sizeBytes ?? 0
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  movedTo(path: string): MemoryFile {
    return new MemoryFile(path, this.#budget, {
      chunks: this.#chunks,
      starts: this.#starts,
      capacity: this.#capacity,
      sizeBytes: this.#sizeBytes,
    })
  }

  append(pieces: readonly Uint8Array[]): void {
    const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
    this.#grow(this.#sizeBytes + total)
    for (const piece of pieces) {
      for (let done = 0; done < piece.length; ) {
        const index = this.#chunkAt(this.#sizeBytes)
        const chunk = this.#chunks[index]!
        const at = this.#sizeBytes - this.#starts[index]!
        const count = Math.min(piece.length - done, chunk.length - at)
        chunk.set(piece.subarray(done, done + count), at)
        done += count
        this.#sizeBytes += count
      }
    }
  }

  read(position: number, sizeBytes: number): Buffer {
    const end = Math.min(position + sizeBytes, this.#sizeBytes)
    if (end <= position) return Buffer.alloc(0)
    // Copied, since a cut (truncate) and a new append may write over the chunk while the answer is still on its way.
    const bytes = Buffer.allocUnsafe(end - position)
    for (let at = position, index = this.#chunkAt(position); at < end; index++) {
      const chunk = this.#chunks[index]!
      const from = at - this.#starts[index]!
      at += chunk.copy(bytes, at - position, from, Math.min(chunk.length, from + end - at))
    }
    return bytes
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes >= this.#sizeBytes) return
    this.#sizeBytes = sizeBytes
    while (this.#starts.length > 0 && this.#starts.at(-1)! >= sizeBytes) {
      this.#starts.pop()
      const chunk = this.#chunks.pop()!
      this.#capacity -= chunk.length
      this.#budget.left += chunk.length
    }
  }

  close(): void {
    // As with a file on disk, closing forgets nothing.
  }

  #grow(neededBytes: number): void {
    while (this.#capacity < neededBytes) {
      const size = Math.min(chunkBytesMax, Math.max(firstChunkBytes, this.#capacity))
      if (size > this.#budget.left) throw new StorageFull('The memory that the broker may use is full.')
      this.#budget.left -= size
      this.#starts.push(this.#capacity)
      this.#chunks.push(Buffer.allocUnsafeSlow(size))
      this.#capacity += size
    }
  }

  /** The chunk that holds a position, by halving. */
  #chunkAt(position: number): number {
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#starts[middle]! <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}
