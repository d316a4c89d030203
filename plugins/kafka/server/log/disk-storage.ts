// A folder on disk. Files are opened when they are first used and closed again, the least recently used first, when more than `filesOpenMax` are open,
// so that a broker of many partitions stays below the limit of its process.

import fs from 'node:fs'
import path from 'node:path'
import { type Storage, StorageFull, type StoredFile } from './storage.ts'

const defaultFilesOpenMax = 500

export class DiskStorage implements Storage {
  readonly #folder: string
  readonly #files = new Map<string, DiskFile>()
  readonly #descriptors: Descriptors

  constructor(folder: string, filesOpenMax = defaultFilesOpenMax) {
    this.#descriptors = new Descriptors(filesOpenMax)
    this.#folder = path.resolve(folder)
    fs.mkdirSync(this.#folder, { recursive: true })
  }

  file(name: string): StoredFile {
    let file = this.#files.get(name)
    if (file === undefined) {
      const place = this.#place(name)
      file = new DiskFile(name, place, this.#descriptors, () => this.#files.delete(name))
      this.#files.set(name, file)
    }
    return file
  }

  list(folder: string): readonly string[] {
    try {
      return fs.readdirSync(this.#place(folder))
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return []
      throw error
    }
  }

  readText(name: string): string | undefined {
    try {
      return fs.readFileSync(this.#place(name), 'utf8')
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined
      throw error
    }
  }

  writeText(name: string, text: string): void {
    const place = this.#place(name)
    fs.mkdirSync(path.dirname(place), { recursive: true })
    fs.writeFileSync(`${place}.new`, text)
    fs.renameSync(`${place}.new`, place)
  }

  replace(from: string, to: string): void {
    fs.renameSync(this.#place(from), this.#place(to))
  }

  remove(name: string): void {
    fs.rmSync(this.#place(name), { recursive: true, force: true })
  }

  close(): void {
    for (const file of [...this.#files.values()]) file.close()
  }

  #place(name: string): string {
    return path.join(this.#folder, name)
  }
}

class DiskFile implements StoredFile {
  readonly path: string
  readonly #place: string
  readonly #descriptors: Descriptors
  readonly #forget: () => void
  #sizeBytes: number

  constructor(name: string, place: string, descriptors: Descriptors, forget: () => void) {
    this.path = name
    this.#place = place
    this.#descriptors = descriptors
    this.#forget = forget
    this.#sizeBytes = fs.statSync(place, { throwIfNoEntry: false })?.size ?? 0
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  append(pieces: readonly Uint8Array[]): void {
    const descriptor = this.#descriptors.of(this.#place, true)
    let end = this.#sizeBytes
    try {
      for (const piece of pieces) {
        for (let done = 0; done < piece.length; ) {
          done += fs.writeSync(descriptor, piece, done, piece.length - done, end + done)
        }
        end += piece.length
      }
    } catch (error) {
      // What was written of it must not stand before the next append.
      fs.ftruncateSync(descriptor, this.#sizeBytes)
      if (hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')) throw new StorageFull('The disk is full.', { cause: error })
      throw error
    }
    this.#sizeBytes = end
  }

  read(position: number, sizeBytes: number): Buffer {
    const wanted = Math.max(0, Math.min(sizeBytes, this.#sizeBytes - position))
    if (wanted === 0) return Buffer.alloc(0)
    const descriptor = this.#descriptors.of(this.#place)
    const bytes = Buffer.allocUnsafe(wanted)
    let done = 0
    while (done < wanted) {
      const count = fs.readSync(descriptor, bytes, done, wanted - done, position + done)
      if (count === 0) break
      done += count
    }
    return bytes.subarray(0, done)
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes >= this.#sizeBytes) return
    fs.ftruncateSync(this.#descriptors.of(this.#place), sizeBytes)
    this.#sizeBytes = sizeBytes
  }

  close(): void {
    this.#descriptors.close(this.#place)
    this.#forget()
  }
}

/** Open file descriptors by path; a Map keeps its keys in order of insertion, so that the first one is the least recently used. */
class Descriptors {
  readonly #open = new Map<string, number>()
  readonly #openMax: number

  constructor(openMax: number) {
    this.#openMax = openMax
  }

  /** Only who writes makes a file: a reader that comes late must not bring back one that was removed. */
  of(place: string, make = false): number {
    const known = this.#open.get(place)
    if (known !== undefined) {
      this.#open.delete(place)
      this.#open.set(place, known)
      return known
    }
    for (const oldest of this.#open.keys()) {
      if (this.#open.size < this.#openMax) break
      this.close(oldest)
    }
    const descriptor = make ? openOrMake(place) : fs.openSync(place, 'r+')
    this.#open.set(place, descriptor)
    return descriptor
  }

  close(place: string): void {
    const descriptor = this.#open.get(place)
    if (descriptor === undefined) return
    this.#open.delete(place)
    fs.closeSync(descriptor)
  }
}

function openOrMake(place: string): number {
  try {
    return fs.openSync(place, 'r+')
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
    fs.mkdirSync(path.dirname(place), { recursive: true })
    return fs.openSync(place, 'w+')
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
