// The page for those who come from Java names only what there is: each name in the column of Millrace is one that can be imported, or a member of one.

import { readFileSync } from 'node:fs'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { kafkaStreamsApi } from './kafka-streams-api.ts'

const page = 'docs/coming-from-java.md'
const entries = ['framework/index.ts', 'framework/runtime/index.ts', 'test/kit/index.ts']
const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
const program = ts.createProgram(entries, ts.parseJsonConfigFileContent(config, ts.sys, process.cwd()).options)
const checker = program.getTypeChecker()

it('names in the tables are there', () => {
  const names = namesOfMillrace()
  expect(names.length).toBeGreaterThan(100)
  const exported = exports()
  expect(names.filter((name) => !isThere(name, exported))).toEqual([])
})

it.each(Object.entries(kafkaStreamsApi))('each method of %s is named, beside ours or as missing', (owner, methods) => {
  const named = new Set(namesOfJava())
  expect(methods.split(' ').filter((method) => !named.has(`${owner}.${method}`))).toEqual([])
})

/** What stands as code in the first column, and behind "Not there"; a name without a class is of the class that stands before it in its row. */
function namesOfJava(): readonly string[] {
  const lines = readFileSync(page, 'utf8').split('\n')
  let section = ''
  return lines.flatMap((line) => {
    if (line.startsWith('## ')) section = line.slice(3)
    if (!line.startsWith('| ') && !line.startsWith('Not there')) return []
    let owner = section
    const column = line.startsWith('| ') ? (line.split('|')[1] ?? '') : line
    return [...column.matchAll(/`([^`]+)`/g)].map(([, code]) => {
      const [first = '', method] = (code as string).replace(/\(.*/, '').split('.')
      if (method !== undefined) owner = first
      return method === undefined ? `${owner}.${first}` : `${first}.${method}`
    })
  })
}

/** What stands as code in the second column. */
function namesOfMillrace(): readonly string[] {
  const rows = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| Kafka Streams |'))
  return rows.flatMap((row) => [...(row.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string))
}

function exports(): ReadonlyMap<string, ts.Symbol> {
  const symbols = entries.flatMap((entry) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)
    return module === undefined ? [] : checker.getExportsOfModule(module)
  })
  return new Map(symbols.map((symbol) => [symbol.name, symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol]))
}

function isThere(name: string, exported: ReadonlyMap<string, ts.Symbol>): boolean {
  const [owner = '', member] = name.split('.')
  const symbol = exported.get(owner)
  if (symbol === undefined || member === undefined) return symbol !== undefined
  return checker.getPropertyOfType(checker.getDeclaredTypeOfSymbol(symbol), member) !== undefined
}
