// What a spec must say for a store of its kind.

import { MillraceError } from '../errors.ts'
import type { StoreSpec } from '../graph/operator-spec.ts'

export function required<P extends keyof StoreSpec>(spec: StoreSpec, property: P): NonNullable<StoreSpec[P]> {
  const value = spec[property]
  if (value === undefined || value === null) {
    throw new MillraceError('store-incomplete', { store: spec.name, kind: spec.kind, missing: property })
  }
  return value
}
