// The ways in which a case is run: its persistent stores in memory, or on LevelDB, with the folder closed and opened again before every step; and, in either,
// with restarts of the whole app in between.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StateEngine, StateFolder } from '../../framework/ports/store.ts'
import { leveldb } from '../../plugins/store-leveldb/index.ts'
import { ReopeningEngine } from './reopening-engine.ts'
import { type RunOptions, runCase } from './run-case.ts'
import type { Expectation, VectorCase } from './vector.ts'

export const stateKinds = ['memory', 'leveldb'] as const
export type StateKind = (typeof stateKinds)[number]

const { leveldb: leveldbEngine } = leveldb().stores as { readonly leveldb: StateEngine }

/** With `restarts`, spread over the steps, the app is closed so often and opened again from what it committed. */
export async function runOn(state: StateKind, vector: VectorCase, restarts = 0): Promise<Expectation> {
  const restart = restartsOf(vector, restarts)
  if (state === 'memory') return await runCase(vector, restart === undefined ? {} : { between: restart })
  const folder = await mkdtemp(join(tmpdir(), 'millrace-conformance-'))
  const engine = new ReopeningEngine(leveldbEngine)
  const reopen: RunOptions['between'] = async (driver) => {
    await driver.commit()
    await engine.reopen()
  }
  try {
    return await runCase(vector, { state: { engine, folder }, between: restart ?? reopen })
  } finally {
    await engine.close()
    await rm(folder, { recursive: true })
  }
}

function restartsOf({ steps }: VectorCase, restarts: number): RunOptions['between'] {
  if (restarts === 0) return undefined
  const stepsBetween = Math.ceil(steps.length / (restarts + 1))
  return async (driver, step) => {
    if (step % stepsBetween === 0) await driver.restart()
  }
}

/**
 * Keeps the thread alive that reads ranges of LevelDB: it ends with the last open folder, and to start it anew after each reopening would take most of the
 * time. Gives what lets it go.
 */
export async function holdRangeThread(): Promise<() => Promise<void>> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-conformance-'))
  const folder: StateFolder = await leveldbEngine.open(path)
  for (const _ of folder.store('none').range({}));
  return async () => {
    await folder.close()
    await rm(path, { recursive: true })
  }
}
