// The stores of a task together with those of global tables, which belong to the whole app: tasks only read them.

import type { WindowedTaskStores } from '../state/windowed-contract.ts'

export function storesWithGlobals(
  own: WindowedTaskStores,
  globals: WindowedTaskStores,
  globalNames: ReadonlySet<string>,
): WindowedTaskStores {
  const holderOf = (name: string) => (globalNames.has(name) ? globals : own)
  return {
    rows: (name) => holderOf(name).rows(name),
    windowRows: (name) => holderOf(name).windowRows(name),
    sessionRows: (name) => holderOf(name).sessionRows(name),
    joinWindow: (name) => holderOf(name).joinWindow(name),
    versionedRows: (name) => holderOf(name).versionedRows(name),
    entries: (name) => holderOf(name).entries(name),
    unmatched: (name) => holderOf(name).unmatched(name),
    suppressBuffer: (name) => holderOf(name).suppressBuffer(name),
    graceBuffer: (name) => holderOf(name).graceBuffer(name),
    keyValue: (name) => holderOf(name).keyValue(name),
    window: (name) => holderOf(name).window(name),
    session: (name) => holderOf(name).session(name),
    versioned: (name) => holderOf(name).versioned(name),
  }
}

/** The stores of the global sub-topologies. */
export function globalStoreNames(topology: {
  readonly subTopologies: readonly { readonly global: boolean; readonly stores: readonly string[] }[]
}): ReadonlySet<string> {
  return new Set(topology.subTopologies.filter(({ global }) => global).flatMap(({ stores }) => stores))
}
