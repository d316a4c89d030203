// A storage that dies in the middle of things, as a killed process leaves it.

import type { Storage, StoredFile } from '../../../plugins/kafka/server/log/storage.ts'

export class Death extends Error {}

/** Storage that is cut off for good before its nth change. */
export class MortalStorage implements Storage {
  readonly #storage: Storage
  #changesLeft: number

  constructor(storage: Storage, changesLeft: number) {
    this.#storage = storage
    this.#changesLeft = changesLeft
  }

  get isDead(): boolean {
    return this.#changesLeft < 0
  }

  file(path: string): StoredFile {
    const file = this.#storage.file(path)
    return {
      path,
      get sizeBytes() {
        return file.sizeBytes
      },
      read: (position, sizeBytes) => file.read(position, sizeBytes),
      append: (pieces) => this.#change(() => file.append(pieces)),
      truncate: (sizeBytes) => this.#change(() => file.truncate(sizeBytes)),
      close: () => file.close(),
    }
  }

  list(folder: string): readonly string[] {
    return this.#storage.list(folder)
  }

  readText(path: string): string | undefined {
    return this.#storage.readText(path)
  }

  writeText(path: string, text: string): void {
    this.#change(() => this.#storage.writeText(path, text))
  }

  replace(from: string, to: string): void {
    this.#change(() => this.#storage.replace(from, to))
  }

  remove(path: string): void {
    this.#change(() => this.#storage.remove(path))
  }

  close(): void {
    this.#storage.close()
  }

  #change(run: () => void): void {
    this.#changesLeft--
    if (this.#changesLeft < 0) throw new Death()
    run()
  }
}
