// A file of small facts, one a line, added at the end and read as a whole at a start: the catalogue of topics, the groups and their offsets. A line is the checksum of
// its text in hex, a blank, and the text, which is JSON:
//
//   5a1f03c9 {"kind":"topic deleted","name":"flights"}
//
// A fact is in the operating system's hands when `append` returns. A last line that is not whole was being written when the broker died: it is cut off. Damage
// anywhere else is nothing that a crash does, and refused, because to go on without knowing the topics would be to delete them. When most of the
// lines have been overtaken by later ones, the file is written anew.

import { crc32c } from '../../wire/crc32c.ts'
import type { LogReport } from './partition-log.ts'
import type { Storage, StoredFile } from './storage.ts'

/** A journal this short is left as it is. */
const rewrittenAboveLines = 2_000

export class JournalDamaged extends Error {
  override readonly name = 'JournalDamaged'
}

export class Journal<Fact> {
  readonly #storage: Storage
  readonly #path: string
  readonly #allFacts: () => Iterable<Fact>
  #file: StoredFile
  #lines: number
  #linesAfterRewrite = 0

  private constructor(storage: Storage, path: string, allFacts: () => Iterable<Fact>, lines: number) {
    this.#storage = storage
    this.#path = path
    this.#allFacts = allFacts
    this.#file = storage.file(path)
    this.#lines = lines
  }

  /** Hands each fact to `apply`, in order. `allFacts` is what a new file would have to say. */
  static open<Fact>(
    storage: Storage,
    path: string,
    apply: (fact: Fact) => void,
    allFacts: () => Iterable<Fact>,
    report: LogReport,
  ): Journal<Fact> {
    const file = storage.file(path)
    const bytes = file.read(0, file.sizeBytes)
    let position = 0
    let lines = 0
    while (position < bytes.length) {
      const end = bytes.indexOf(10, position)
      const fact = end < 0 ? undefined : (parseLine(bytes.subarray(position, end)) as Fact | undefined)
      if (fact === undefined) {
        if (end >= 0 && end + 1 < bytes.length) throw new JournalDamaged(`Line ${lines + 1} of ${path} is damaged.`)
        report(`Cut ${bytes.length - position} bytes off the end of ${path}: a line that was half written.`)
        file.truncate(position)
        break
      }
      apply(fact)
      lines++
      position = end + 1
    }
    return new Journal(storage, path, allFacts, lines)
  }

  /** To be called before the facts are applied: a rewrite asks for all facts but these. */
  append(...facts: readonly Fact[]): void {
    if (this.#lines > rewrittenAboveLines && this.#lines > 2 * this.#linesAfterRewrite) this.#rewrite()
    this.#file.append(facts.map(lineOf))
    this.#lines += facts.length
  }

  close(): void {
    this.#file.close()
  }

  #rewrite(): void {
    const lines = [...this.#allFacts()].map(lineOf)
    this.#file.close()
    this.#storage.writeText(this.#path, Buffer.concat(lines).toString('utf8'))
    this.#file = this.#storage.file(this.#path)
    this.#lines = lines.length
    this.#linesAfterRewrite = lines.length
  }
}

function lineOf(fact: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(fact))
  return Buffer.concat([Buffer.from(`${crc32c(text).toString(16).padStart(8, '0')} `), text, Buffer.from('\n')])
}

function parseLine(line: Buffer): unknown {
  if (line.length < 10) return undefined
  const text = line.subarray(9)
  if (line.latin1Slice(0, 9) !== `${crc32c(text).toString(16).padStart(8, '0')} `) return undefined
  return JSON.parse(text.toString('utf8'))
}
