// Two versions of one topology, and what is to be said of them.

import type { Verdict } from '../../../framework/graph/evolution/compare-manifests.ts'
import type { Build } from './versions.ts'

export interface Pair {
  readonly title: string
  readonly verdict: Verdict
  /** The changes that are to be named, as `kind:subject`; in any order. */
  readonly changes: readonly string[]
  readonly before: Build
  readonly after: Build
  /** What is compared: what the second run gives, or (of sources that have but one run in them) what both give together. Default: second. */
  readonly compares?: 'second' | 'all'
}
