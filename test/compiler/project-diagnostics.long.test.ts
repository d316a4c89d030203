// What is said of a project's files (MR1001, MR1002), of plugins of its configuration (MR15xx), of a topology beside the version that runs (MR17xx), its costs (MR18xx) and the topics that there are (MR19xx): for each code a topology that is wrong, its exact print, and one that is
// right, in test/fixtures/projects. The pages of docs/diagnostics are made from them.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { type Diagnostic, diagnosticCodes, formatDiagnostics, openProject } from '../../framework/compiler/index.ts'
import { asTimestamp, type Manifest, murmur2, noHeaders, string } from '../../framework/index.ts'
import { MemoryBroker } from '../../plugins/broker-memory/index.ts'
import { AppBench } from '../runtime/app-bench.ts'
import { testProject } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 120_000 })

const folder = join(import.meta.dirname, '../fixtures/projects')
const codes = readdirSync(folder).sort()

interface Cluster {
  /** Partitions by topic. */
  readonly topics: Readonly<Record<string, number>>
  /** Whether the keys of a topic lie where Java's partitioner puts them. */
  readonly keys?: Readonly<Record<string, 'right' | 'elsewhere'>>
}

async function foundIn(code: string, version: 'wrong' | 'right'): Promise<readonly Diagnostic[]> {
  const file = (name: string): string | undefined =>
    existsSync(join(folder, code, name)) ? readFileSync(join(folder, code, name), 'utf8') : undefined
  const listed = file(`${version}.files.txt`)
  if (listed !== undefined) return await foundInFiles(listed.trim().split('\n'), file('right.ts') ?? '')
  const config = file(`${version}.config.ts`)
  const before = file('before.ts')
  const project = await testProject({
    'topologies/topology.ts': before ?? file(`${version}.ts`) ?? '',
    ...(config === undefined ? {} : { 'millrace.config.ts': config }),
  })
  try {
    const compiler = openProject(project.folder)
    const cluster = file('cluster.json')
    if (cluster !== undefined) {
      const broker = await brokerWith(JSON.parse(cluster) as Cluster)
      return await compiler.checkCluster({ broker, applicationIdOf: (name) => name })
    }
    if (before === undefined) return await compiler.check()
    const [old] = (await compiler.build({ out: join(project.folder, 'old') })).topologies
    const manifest = JSON.parse(readFileSync(join(project.folder, 'old', old?.name ?? '', 'manifest.json'), 'utf8')) as Manifest
    await project.write('topologies/topology.ts', file(`${version}.ts`) ?? '')
    compiler.refresh()
    const deployed = { manifests: new Map([[manifest.topology, manifest]]), allowed: [] }
    return (await compiler.build({ out: join(project.folder, 'dist'), deployed })).diagnostics
  } finally {
    await project.remove()
  }
}

/** In a project that has these files and no others. */
async function foundInFiles(paths: readonly string[], topology: string): Promise<readonly Diagnostic[]> {
  const project = await testProject({})
  try {
    for (const made of ['package.json', 'tsconfig.json']) if (!paths.includes(made)) await rm(join(project.folder, made))
    for (const path of paths.filter((one) => one.endsWith('.ts'))) await project.write(path, topology)
    return await openProject(project.folder).check()
  } finally {
    await project.remove()
  }
}

async function brokerWith({ topics, keys = {} }: Cluster): Promise<MemoryBroker> {
  const bench = new AppBench()
  await bench.createTopics(topics)
  const broker = new MemoryBroker(bench.cluster, 'test')
  const producer = broker.producer({ clientId: 'test', lingerMs: 0, bufferBytesMax: 1_000_000, compression: 'none' })
  for (const [topic, where] of Object.entries(keys)) {
    const writer = await producer.writer(topic)
    for (let index = 0; index < 40; index++) {
      const key = Buffer.from(`key-${index}`)
      const right = (murmur2(key, 0, key.length) & 0x7fffffff) % writer.partitions
      const partition = where === 'right' ? right : (right + 1) % writer.partitions
      writer.append(partition, asTimestamp(0), key, 0, key.length, 'x', string(), noHeaders)
    }
  }
  await producer.flush()
  await producer.close()
  return broker
}

test('there is a project for each code of files, plugins, versions, costs and clusters', () => {
  expect(codes).toEqual(diagnosticCodes.filter((code) => /^MR(100[12]|1[5789])/.test(code)))
})

test.each(codes)('%s is printed exactly so where it is wrong', async (code) => {
  const print = formatDiagnostics((await foundIn(code, 'wrong')).filter((one) => one.code === code))
  expect(print).toContain(` ${code}: `)
  await expect(print).toMatchFileSnapshot(join(folder, code, 'print.txt'))
})

test.each(codes)('%s is not said where it is right, nor anything else', async (code) => {
  expect(formatDiagnostics(await foundIn(code, 'right'))).toBe('')
})
