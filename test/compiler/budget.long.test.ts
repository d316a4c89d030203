// A budget in the configuration: what is over it, and what is none, are errors of check and build.

import { afterEach, expect, test } from 'vitest'
import { formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import { type TestProject, testProject, topologyText } from './compiled-project.ts'

let project: TestProject | undefined

afterEach(() => project?.remove())

const counting = topologyText(
  'words',
  `  const words = builder.stream<string, string>('lines')
  const counts = words.groupBy((word) => word).count()
  counts.toStream().to('counts')`,
)

async function printOf(budget: string): Promise<string> {
  project = await testProject({
    'topologies/words.ts': counting,
    'millrace.config.ts': `import { defineConfig } from 'millrace'\n\nexport default defineConfig({ budget: ${budget} })\n`,
  })
  const opened = openProject(project.folder)
  const found = await opened.check()
  // What check says, build says: it writes nothing then.
  const built = await opened.build({ out: `${project.folder}/dist` })
  expect(built).toMatchObject({ diagnostics: found, topologies: found.length === 0 ? [{ name: 'words' }] : [] })
  return formatDiagnostics(found)
}

test('a topology within its budget is built, with what it costs', async () => {
  expect(await printOf('{ internalTopics: 2, repartitionHops: 1, changelogWritesPerRecord: 1, unboundedStores: 1 }')).toBe('')
})

test('a topology over its budget is an error at the topology, which names the operators', async () => {
  expect(await printOf('{ internalTopics: 9, topologies: { words: { internalTopics: 1, unboundedStores: 0 } } }')).toBe(
    `topologies/words.ts:3:16 - error MR1801: words has 2 internal topics, and the budget is 1: counts-groupBy-repartition by counts, counts-changelog by counts.
  Take out what it can do without, or raise internalTopics of the budget in millrace.config.ts.
topologies/words.ts:3:16 - error MR1801: words has 1 store of which each grows with its keys, and the budget is 0: counts by counts.
  Take out what it can do without, or raise unboundedStores of the budget in millrace.config.ts.
`,
  )
})

test('a budget that is none is an error where it stands', async () => {
  expect(await printOf('{ internalTopics: -1 }')).toBe(
    `millrace.config.ts:3:31 - error MR1802: The limit internalTopics must be a whole number from 0 on, not -1.
  Correct \`budget\` in the configuration.
`,
  )
})

test('a limit that there is not is found by its type', async () => {
  expect(await printOf('{ internalTopic: 1 }')).toMatch(
    /^millrace\.config\.ts:3:41 - error TS2561: .*Did you mean to write 'internalTopics'\?\n/,
  )
})
