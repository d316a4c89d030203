// What the compiler writes into the calls of a topology, and what the files look like then.

import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { type Derivation, derive } from '../../framework/compiler/derivation.ts'
import { dslCalls } from '../../framework/compiler/dsl-calls.ts'
import { isLibraryPath } from '../../framework/compiler/library.ts'
import { Sources } from '../../framework/compiler/project.ts'
import { readTopologyFile } from '../../framework/compiler/topology-file.ts'
import { fixtures, testProject, topologyText } from './compiled-project.ts'

// Compilations are work for the processor, and tests share it.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

function derivationIn(folder: string): { derivation: Derivation; sources: Sources } {
  const sources = Sources.open(folder)
  if (!(sources instanceof Sources)) throw new Error(`the project cannot be opened: ${JSON.stringify(sources)}`)
  sources.refresh()
  const [file] = sources.topologyFiles()
  if (file === undefined) throw new Error('the project has no topology')
  const context = { checker: sources.program.getTypeChecker(), isLibraryFile: (one: { fileName: string }) => isLibraryPath(one.fileName) }
  const closure = sources.closureOf(file)
  const calls = closure.flatMap((one) => dslCalls(one, context))
  const topology = readTopologyFile(file, calls, sources, 'variables')
  if (!('file' in topology)) throw new Error(JSON.stringify(topology))
  return { derivation: derive(topology, closure, calls, sources), sources }
}

describe('a rewritten topology', () => {
  const golden = join(fixtures, 'golden')
  const { derivation } = derivationIn(golden)

  test('has serdes and names in its calls, and is otherwise as it was', async () => {
    const path = join(golden, 'topologies/orders.ts')
    await expect(derivation.files.get(path)!.text).toMatchFileSnapshot(join(golden, 'expected/rewritten-orders.ts.txt'))
  })

  test('leaves files without anything to derive as they are', () => {
    const path = join(golden, 'orders/types.ts')
    expect(derivation.files.get(path)!.text).toContain('export interface Order {')
    expect(derivation.files.get(path)!.text).not.toContain('import')
  })

  test('takes its serdes from a module without ajv', () => {
    const source = derivation.serdes.moduleSource()
    expect(source).not.toMatch(/\bajv\b|require\(/)
    expect([...derivation.serdes.schemas.keys()]).toEqual([
      'json(Order)',
      'json(Customer)',
      'json(totals-groupBy-value)',
      'json({ orders: number; cents: number })',
    ])
  })
})

describe('rewriting a call', () => {
  async function rewritten(body: string, imports = ''): Promise<string> {
    const project = await testProject({ 'topologies/test.ts': topologyText('test', body, imports) })
    const { derivation, sources } = derivationIn(project.folder)
    await project.remove()
    const { text, map } = derivation.files.get(join(sources.folder, 'topologies/test.ts'))!
    expectLinesKept(text, map)
    const lines = text.split('\n')
    return lines.slice(lines.findIndex((line) => line.startsWith('export default')) + 1, -2).join('\n')
  }

  test('adds an options object, with what stands before it left out', async () => {
    expect(await rewritten(`const a = builder.stream<string, string>('a')\na.print()`)).toBe(
      `const a = builder.stream<string, string>('a', { name: 'a', key: $derived.string(), value: $derived.string() })\na.print({ name: 'test-print' })`,
    )
  })

  test('adds to an object literal what is not in it, before what is, so that the author wins', async () => {
    const body = `const given = { name: 'mine' } as { name?: string }
const a = builder.stream<string, string>('a', { value: string(), ...given })
const b = builder.stream<string, string>('b', {})
const c = builder.stream<string, string>('c', { key: string(), value: string(), name: 'd', })`
    expect(await rewritten(body, "import { string } from 'millrace'")).toBe(`const given = { name: 'mine' } as { name?: string }
const a = builder.stream<string, string>('a', { name: 'a', key: $derived.string(), value: string(), ...given })
const b = builder.stream<string, string>('b', { name: 'b', key: $derived.string(), value: $derived.string() })
const c = builder.stream<string, string>('c', { key: string(), value: string(), name: 'd', })`)
  })

  test('puts any other expression behind what it adds', async () => {
    const body = `const options: { name?: string } = {}
const always = { name: 'always' }
const a = builder.stream<string, string>('a', options)
const b = builder.stream<string, string>('b', always)`
    expect(await rewritten(body)).toBe(`const options: { name?: string } = {}
const always = { name: 'always' }
const a = builder.stream<string, string>('a', { name: 'a', key: $derived.string(), value: $derived.string(), ...(options) })
const b = builder.stream<string, string>('b', { key: $derived.string(), value: $derived.string(), ...(always) })`)
  })

  test('leaves the key of a windowed result to the graph', async () => {
    const body = `const counts = builder.stream<string, string>('a').groupByKey().windowedBy(tumbling('1m')).count()\ncounts.toStream().to('counts')`
    const text = await rewritten(body, "import { tumbling } from 'millrace'")
    expect(text.split('\n')[1]).toBe(
      `counts.toStream({ name: 'counts-toStream' }).to('counts', { name: 'counts-to', value: $derived.type_number })`,
    )
  })
})

/** Each word of the rewritten text that was there before is mapped to the line where it stood. */
function expectLinesKept(text: string, map: string): void {
  const { sourcesContent } = JSON.parse(map) as { sourcesContent: [string] }
  const original = sourcesContent[0].split('\n')
  const sourceMap = new SourceMap(JSON.parse(map))
  for (const [line, content] of text.split('\n').entries()) {
    for (const { index, 0: word } of content.matchAll(/builder|(?<=\.)(?:stream|toStream|print)\b/g)) {
      const entry = sourceMap.findEntry(line, index)
      if (!('originalLine' in entry)) throw new Error(`${word} at ${line}:${index} is not mapped`)
      expect(entry.originalLine).toBe(line)
      expect(original[line]!.slice(entry.originalColumn), content).toMatch(new RegExp(`^${word}`))
    }
  }
}
