// An app is killed without a word: its folder is deleted, its changelogs are read, and what it knows and sends from then on is what it would have sent.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type KStream, type StreamsBuilder, string, type TopologyDefinition, topology } from '../../framework/index.ts'
import type { StateEngine } from '../../framework/ports/store.ts'
import { type LifeEvent, livesOf } from './lives.ts'

export interface CrashCase {
  /** What is between the topics `in` and `out`; `life` counts from 0 how often it was killed. */
  readonly build: (input: KStream<string, string>, builder: StreamsBuilder, life: number) => KStream<string, string>
  readonly events: readonly LifeEvent[]
  readonly output: readonly string[]
  /** What is outside answers from the second life on only, so there is nothing to compare with. */
  readonly needsKill?: true
}

export interface Place {
  readonly name: string
  readonly engine: StateEngine
  /** Whether the folder is gone with the process. */
  readonly losesFolder: boolean
}

export const text = { key: string(), value: string() }

/** One record a second under the key `k`, each of a letter; a `!` kills. */
export function letters(all: string, fromMs = 0): LifeEvent[] {
  let timestamp = fromMs - 1_000
  return [...all].map((letter) => {
    if (letter === '!') return 'kill'
    timestamp += 1_000
    return ['in', 'k', letter, timestamp]
  })
}

export function crashSuite(cases: Readonly<Record<string, CrashCase>>, places: readonly Place[]): void {
  // Virtual time goes on by little steps while a real disk is waited for: on a busy machine with a slow one that adds up.
  vi.setConfig({ testTimeout: 60_000 })
  let stateDir: string
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'millrace-crash-'))
  })
  afterEach(() => rmSync(stateDir, { recursive: true, force: true }))

  for (const { name: place, engine, losesFolder } of places)
    test.each(Object.entries(cases))(`%s: the same after the app was killed, ${place}`, async (_name, one) => {
      expect(one.events).toContain('kill')
      const { output } = await livesOf(definitionOf(one), one.events, { engine, stateDir, losesFolder })
      expect(output).toEqual(one.output)
    })
}

/** That what is written in the cases is what comes out when nobody is killed. */
export function unharmedSuite(cases: Readonly<Record<string, CrashCase>>, engine: StateEngine): void {
  const comparable = Object.entries(cases).filter(([, one]) => !one.needsKill)
  test.each(comparable)('%s: what is written here when nobody is killed', async (_name, one) => {
    const events = one.events.filter((event) => event !== 'kill')
    const { output } = await livesOf(definitionOf(one), events, { engine, stateDir: 'nowhere' })
    expect(output).toEqual(one.output)
  })
}

function definitionOf({ build }: CrashCase): (life: number) => TopologyDefinition {
  return (life) =>
    topology('lives', (builder) => {
      build(builder.stream<string, string>('in', { name: 'in', ...text }), builder, life).to('out', text)
    })
}
