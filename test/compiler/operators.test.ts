// Every operator of the dsl in one topology: names and serdes are found for each, and the graph is whole.

import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import { fixtures } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

test('a topology of all operators compiles without a serde or a name by hand', async () => {
  const folder = join(fixtures, 'operators')
  const project = openProject(folder)
  // Advice on windows without an end or without grace is right here.
  expect(formatDiagnostics((await project.check()).filter(({ severity }) => severity === 'error'))).toBe('')
  const [described] = await project.describe()
  const { stores, repartitionTopics } = described!.manifest
  expect(stores.map((store) => `${store.name}: ${store.key} → ${store.value}`)).toEqual([
    'ever: string → long',
    'fives-count: string → long',
    'fives-count-panes: string → long',
    'last-clicks: string → json(Click)',
    'limits-aggregate: string → json',
    'names: string → string',
    'perHour: string → json(Click)',
    'priced-Buffer: string → json(Click)',
    'prices: string → json(number)',
    'profiles: string → json(Profile)',
    'recent: string → json(number)',
    'sessions-ages: entry(string, long) → json(Date)',
    "sessions-byPage: entry(string, string('home' | 'shop')) → json(Profile)",
    'sessions-last: string → json(Click)',
    'sessions-timers: entry(string, string) → long',
    'sessions-users: entry(string, string) → bytes',
    'tens-aggregate: string → json',
    "visits-count: string('home' | 'shop') → long",
  ])
  expect(repartitionTopics.map((topic) => topic.name)).toEqual([
    'processed-repartition',
    'visitors-join-repartition',
    'visits-groupBy-repartition',
  ])
})
