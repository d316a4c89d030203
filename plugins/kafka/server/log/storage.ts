// Where the embedded broker keeps its bytes: a folder (disk-storage.ts) or memory (memory-storage.ts). Everything above works the same on both.
//
// All of it is synchronous. A write is in the operating system's hands when it returns, which is what the acknowledgement of a record promises: killing the
// process loses nothing of it. And no handler is ever cut in two by another one, so that a log needs no locks. What is given up: a slow
// disk stops every client for that long. Reads and writes come from and go to the page cache, bounded by the size of a request.

export interface Storage {
  /** Opens a file, and makes it (and the folders above it) with its first append if there is none. The same path gives the same file until it is closed. */
  file(path: string): StoredFile
  /** Names in a folder, in no order; empty if there is no such folder. */
  list(folder: string): readonly string[]
  /** A whole small file, or undefined. */
  readText(path: string): string | undefined
  /** All or nothing, also if the process dies. */
  writeText(path: string, text: string): void
  /** Puts a closed file in the place of another one, at once. */
  replace(from: string, to: string): void
  /** Removes a closed file or a folder with all that is in it, if it is there. */
  remove(path: string): void
  close(): void
}

export interface StoredFile {
  readonly path: string
  readonly sizeBytes: number
  /** All pieces or none. */
  append(pieces: readonly Uint8Array[]): void
  /** Up to `sizeBytes` bytes from `position` on, in memory that nobody else writes to; fewer at the end. */
  read(position: number, sizeBytes: number): Buffer
  truncate(sizeBytes: number): void
  close(): void
}

/** What a storage says when it has no room: the request is answered with an error, and the broker goes on. */
export class StorageFull extends Error {
  override readonly name = 'StorageFull'
}
