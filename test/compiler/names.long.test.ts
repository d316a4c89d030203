// Names come from variables. What counts is that state keeps its name: stores and internal topics are those of before when stateless operators come and go.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type CompilerProject, formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import { type TestProject, testProject, topologyText } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let project: TestProject
let compiler: CompilerProject

beforeAll(async () => {
  project = await testProject({ 'topologies/names.ts': topologyText('names', '') })
  compiler = openProject(project.folder)
})

afterAll(() => project.remove())

interface Names {
  readonly nodes: readonly string[]
  readonly stores: readonly string[]
  readonly internalTopics: readonly string[]
}

async function namesIn(text: string): Promise<Names> {
  await project.write('topologies/names.ts', text)
  compiler.refresh()
  expect(formatDiagnostics((await compiler.check()).filter((one) => one.severity === 'error'))).toBe('')
  const [described] = await compiler.describe()
  if (described === undefined) throw new Error('the topology was not described')
  const { nodes, stores, repartitionTopics } = described.manifest
  const changelogs = stores.flatMap((store) => (store.changelog?.kind === 'internal' ? store.changelog.name : []))
  return {
    nodes: nodes.map((node) => node.name),
    stores: stores.map((store) => store.name),
    internalTopics: [...changelogs, ...repartitionTopics.map((topic) => topic.name)].sort(),
  }
}

function namesOf(body: string): Promise<Names> {
  return namesIn(topologyText('names', body, "import { count, tumbling } from 'millrace'"))
}

describe('names from variables', () => {
  test('the operator with the store bears the name of the variable, the others those of their methods', async () => {
    const { nodes } = await namesOf(`
      const words = builder.stream<string, string>('lines').filter((line) => line !== '').filter((line) => line !== ' ').mapValues((line) => line.trim())
      const counts = words.groupBy((word) => word).count().filter((n) => n > 1)
      counts.toStream().mapValues(String).to('counts-by-word')`)
    expect(nodes.filter((name) => !name.includes('repartition'))).toEqual([
      'counts',
      'counts-by-word-mapValues',
      'counts-by-word-to',
      'counts-by-word-toStream',
      'counts-filter',
      'counts-groupBy',
      'words',
      'words-filter',
      'words-filter-2',
      'words-stream',
    ])
  })

  test('a chain without a variable is called after its topic, else after the topology', async () => {
    const { nodes } = await namesOf(`
      builder.stream<string, string>('in').merge(builder.stream<string, string>('more').peek(() => {})).to('out')
      builder.stream<string, string>('in2').peek(() => {})
      builder.stream<string, string>('in3').print()`)
    expect(nodes).toEqual([
      'names-peek',
      'names-print',
      'names-stream',
      'names-stream-2',
      'out-merge',
      'out-peek',
      'out-stream',
      'out-stream-2',
      'out-to',
    ])
  })

  test('an applied operator is handed the name of the variable; what is written into apply() is called after it', async () => {
    const { nodes, stores } = await namesIn(
      `import { type KStream, type OperatorContext, topology } from 'millrace'
       const counted = () => <K, V>(stream: KStream<K, V>, { name, key, value }: OperatorContext<K, V>) =>
         stream.groupByKey({ key, value }).count({ name }).toStream({ name: name + '-changes' })
       export default topology('names', (builder) => {
         const words = builder.stream<string, { word: string }>('words')
         const counts = words.filter(() => true).apply(counted())
         counts.to('counts')
         words.apply(counted()).to('more-counts')
         const long = words.apply((stream) => stream.filter(({ word }) => word.length > 9).peek(() => {}))
         long.to('long')
       })`,
    )
    expect(nodes).toEqual([
      'counts',
      'counts-changes',
      'counts-filter',
      'counts-to',
      'long-filter',
      'long-peek',
      'long-to',
      'more-counts-apply',
      'more-counts-apply-changes',
      'more-counts-to',
      'words',
    ])
    expect(stores).toEqual(['counts', 'more-counts-apply'])
  })

  test('a name that the author gave is kept, and not given again', async () => {
    const { nodes } = await namesOf(`
      const words = builder.stream<string, string>('lines', { name: 'words-filter' })
      const more = words.filter(() => true, { name: 'mine' })
      const last = words.filter(() => true).filter(() => true)
      last.merge(more).to('out')`)
    expect(nodes).toEqual(['last', 'last-filter', 'mine', 'out-merge', 'out-to', 'words-filter'])
  })

  test('assignments, properties and lists give their names; letters that Kafka does not know are replaced', async () => {
    const { nodes } = await namesOf(`
      let résumé = builder.stream<string, string>('a')
      résumé = résumé.filter(() => true)
      const both = { left: builder.stream<string, string>('b'), right: builder.stream<string, string>('c') }
      const list = [both.left.filter(() => true), both.right.filter(() => true)]
      for (const one of list) one.to('out')
      résumé.to('out2')`)
    expect(nodes).toEqual([
      'KSTREAM-SINK-0000000006',
      'KSTREAM-SINK-0000000007',
      'left',
      'list-filter',
      'list-filter-2',
      'out2-to',
      'r_sum_',
      'r_sum_-2',
      'right',
    ])
  })

  test('a split is called after what is split, its branches after the variables that hold them', async () => {
    const { nodes } = await namesOf(`
      const words = builder.stream<string, string>('in')
      const [short, long] = words.split().branch((word) => word.length < 9).defaultBranch()
      short.to('short')
      long.to('long')
      words.split().branch((word) => word === '').noDefaultBranch()[0].print()`)
    expect(nodes).toEqual([
      'long-to',
      'names-print',
      'names-split',
      'names-split-1',
      'short-to',
      'words',
      'words-split',
      'words-split-long',
      'words-split-short',
    ])
  })

  test("naming: 'kafka-streams' gives Kafka's numbers", async () => {
    const { nodes, stores } = await namesIn(
      `import { topology } from 'millrace'
       export default topology('names', (builder) => {
         const counts = builder.stream<string, string>('in').groupByKey().count()
         counts.toStream().to('out')
       }, { naming: 'kafka-streams' })`,
    )
    expect(nodes).toEqual([
      'KSTREAM-AGGREGATE-0000000002',
      'KSTREAM-SINK-0000000004',
      'KSTREAM-SOURCE-0000000000',
      'KTABLE-TOSTREAM-0000000003',
    ])
    expect(stores).toEqual(['KSTREAM-AGGREGATE-STATE-STORE-0000000001'])
  })

  test('the configuration sets the naming of topologies that set none', async () => {
    const configured = await testProject({
      'topologies/names.ts': topologyText('names', `const counts = builder.stream<string, string>('in').groupByKey().count()`),
      'millrace.config.ts': `import { defineConfig } from 'millrace'\nexport default defineConfig({ naming: 'kafka-streams' })\n`,
    })
    const [described] = await openProject(configured.folder).describe()
    await configured.remove()
    expect(described?.manifest.nodes.map((node) => node.name)).toEqual(['KSTREAM-AGGREGATE-0000000002', 'KSTREAM-SOURCE-0000000000'])
  })
})

describe('stores and internal topics', () => {
  const lines = [
    `const clicks = builder.stream<string, { page: string; n: number }>('clicks')`,
    `const pages = builder.table<string, string>('pages')`,
    `const named = clicks`,
    `  .selectKey((click) => click.page)`,
    `  .join(pages, (click, page) => ({ ...click, page }))`,
    `const counts = named`,
    `  .groupBy((click) => click.page)`,
    `  .windowedBy(tumbling('1h'))`,
    `  .aggregate({ clicks: count() })`,
    `const sums = named`,
    `  .groupBy((click) => click.page)`,
    `  .aggregate(() => 0, (sum, click) => sum + click.n)`,
    `  .filter((sum) => sum > 10)`,
    `counts.toStream().to('counts')`,
    `sums.toStream().to('sums')`,
  ]
  const expected = {
    stores: ['counts', 'pages', 'sums'],
    internalTopics: [
      'counts-changelog',
      'counts-groupBy-repartition',
      'named-repartition',
      'pages-changelog',
      'sums-changelog',
      'sums-groupBy-repartition',
    ],
  }

  test('are named after the operators that need them', async () => {
    const { stores, internalTopics } = await namesOf(lines.join('\n'))
    expect({ stores, internalTopics }).toEqual(expected)
  })

  // Behind each of these lines a stateless operator can stand.
  const positions = [0, 1, 2, 3, 4, 5, 8, 9, 11, 12]
  test.each(positions)('keep their names with one more operator behind line %i, and with two', async (position) => {
    const operator = position === 1 || position >= 8 ? '.filter(() => true)' : '.peek(() => {}).filter(() => true)'
    for (const inserted of [operator, `${operator}${operator}`]) {
      const edited = lines.map((line, index) => (index === position ? `${line}${inserted}` : line))
      const { stores, internalTopics } = await namesOf(edited.join('\n'))
      expect({ stores, internalTopics }, edited.join('\n')).toEqual(expected)
    }
  })

  test('keep their names with another branch before them', async () => {
    const { stores, internalTopics } = await namesOf([lines[0], `clicks.filter(() => true).to('copies')`, ...lines.slice(1)].join('\n'))
    expect({ stores, internalTopics }).toEqual(expected)
  })
})
