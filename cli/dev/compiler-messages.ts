// What `millrace dev` and the thread of its compiler tell each other: data only.

import type { Diagnostic } from '../../framework/compiler/index.ts'
import type { Manifest } from '../../framework/graph/manifest.ts'

export interface CompilerSettings {
  readonly folder: string
  /** Where bundles go. */
  readonly out: string
}

export interface CompileRequest {
  /** Files to read anew. */
  readonly changed: readonly string[]
  /** Everything anew, as after a change of tsconfig.json. */
  readonly reopen: boolean
}

export interface DevTopology {
  readonly name: string
  /** The file it comes from, relative to the project. */
  readonly source: string
  /** The bundle. */
  readonly app: string
  /** Of the bundle: equal ones have the same bytes. */
  readonly fingerprint: string
  readonly manifest: Manifest
}

export interface Compiled {
  /** With an error among them nothing was built. */
  readonly diagnostics: readonly Diagnostic[]
  readonly topologies: readonly DevTopology[]
  /** The author's files that were read, as absolute paths. */
  readonly files: readonly string[]
}

export type CompileAnswer =
  | { readonly kind: 'compiled'; readonly compiled: Compiled }
  | { readonly kind: 'failed'; readonly problem: string }
