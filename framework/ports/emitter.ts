// What writes files of its own beside a bundle. What it looks at is opaque here: `TopologyEmitter` of millrace is the same with the types.

import type { GraphProblem } from './check.ts'

export interface Emitter {
  /** What it writes, in a sentence. */
  readonly summary: string
  /** Gives the files for one topology. The same topology must give the same files. */
  emit(topology: object): Emitted
}

export interface Emitted {
  /**
   * Texts by path, with forward slashes, within the folder of the emitter: `dist/<topology>/<emitter>/<path>`. Each part of a path is of letters, digits, dots,
   * hyphens and underscores, and begins with a letter, a digit or an underscore.
   */
  readonly files: Readonly<Record<string, string>>
  /**
   * JSON that the next call is given as `kept`, be it for another topology or in a later build: what has to stay as it once was, such as numbers of fields. A build keeps it in `millrace-<emitter>.json` in
   * the folder of the project, where it belongs under version control.
   */
  readonly kept?: unknown
  /** What cannot be written. With an error among them nothing is built. */
  readonly problems?: readonly GraphProblem[]
}
