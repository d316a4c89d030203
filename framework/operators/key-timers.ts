// The timers of a keyed processor. Each is a row of a store with a changelog: the key and the name of the timer, and the time at which it fires; of those that were
// added the time is in the name too. A timer that fires is deleted before its function is called, in the same commit as what that does.

import type { KeyTimer, TimeDomain, TimersSpec } from '../graph/keyed-state.ts'
import { asTimestamp, type Timestamp } from '../ports/record.ts'
import { entryParts } from '../serdes/entry.ts'
import type { BinaryKey } from '../state/contract.ts'
import type { EntryStore } from '../state/keyed-contract.ts'
import type { DroppedRecords } from './dropped-records.ts'
import type { KeyScope } from './key-scope.ts'
import type { OperatorEnvironment } from './operator-environment.ts'

export interface DueTimer {
  readonly key: BinaryKey
  readonly name: string
  readonly time: Timestamp
}

export class KeyTimers {
  readonly faces: Readonly<Record<string, KeyTimer>>
  private readonly spec: TimersSpec
  private readonly store: EntryStore<number>
  private readonly dropped: DroppedRecords

  constructor(spec: TimersSpec, scope: KeyScope, environment: OperatorEnvironment) {
    this.spec = spec
    this.store = environment.stores.entries(spec.store)
    this.dropped = environment.dropped
    const names = Object.keys(spec.domains)
    this.faces = Object.fromEntries(names.map((name) => [name, timerOf(name, this.store, scope)]))
  }

  firstMs(domain: TimeDomain): number {
    return this.store.due?.firstMs(domain) ?? Infinity
  }

  lastMs(domain: TimeDomain): number {
    return this.store.due?.lastMs(domain) ?? -1
  }

  /** By time, then key, then name. Those that are set meanwhile are among them. */
  *take(domain: TimeDomain, upToMs: number): Generator<DueTimer> {
    const { store, spec } = this
    for (const { key: row, dueMs } of store.due?.take(domain, upToMs) ?? []) {
      // It may have been set to another time, or cleared, since.
      if (store.get(row)?.value !== dueMs) continue
      store.put(row, null, dueMs)
      const [key, entry] = entryParts(row)
      const name = nameOf(entry)
      if (Object.hasOwn(spec.domains, name)) yield { key, name, time: asTimestamp(dueMs) }
      else this.dropped.add('unknown-timer')
    }
  }
}

function timerOf(name: string, store: EntryStore<number>, scope: KeyScope): KeyTimer {
  const put = (entry: string, time: number): void => {
    if (!Number.isSafeInteger(time) || time < 0)
      throw new Error(`a timer fires at a whole number of milliseconds since 1970, not at ${time}`)
    store.put(scope.prefix + entry, time, scope.stamp(null))
  }
  return {
    set: (time) => put(name, time),
    add: (time) => put(`${name}@${time}`, time),
    clear() {
      const rows = [...store.entries(scope.prefix + name)].map(([row]) => row)
      for (const row of rows) if (nameOf(entryParts(row)[1]) === name) store.put(row, null, scope.stamp(null))
    },
  }
}

function nameOf(entry: string): string {
  const at = entry.indexOf('@')
  return at === -1 ? entry : entry.slice(0, at)
}
