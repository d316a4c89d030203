// Every operator that can be imported from `millrace` says what it does: a comment with a sentence and an example, and a type test that uses it. What the sentences
// say is for reviewers; the examples are compiled by examples.test.ts.

import ts from 'typescript'
import { expect, it } from 'vitest'

const entry = 'framework/index.ts'
const typeTests = ts.sys.readDirectory('test', ['.test-d.ts'])
const program = ts.createProgram([entry, ...typeTests], optionsOfProject())
const checker = program.getTypeChecker()

/** Whose exports are operators: what topologies are made of, and what processors see. */
const operatorFiles = /\/framework\/(?:dsl\/(?!callbacks|options)[\w-]+|graph\/(?:processor|keyed-state)|ports\/store)\.ts$/
/** Of stores what the engine needs is no operator. */
const engineParts: readonly string[] = [
  'StateEngine',
  'StateEngineSupport',
  'StateFolder',
  'StateBatch',
  'Mutation',
  'ByteStore',
  'KeyRange',
  'RangeOptions',
  'ByteEntry',
]

interface Operator {
  readonly name: string
  readonly declarations: readonly ts.Declaration[]
  /** An example of a class or an interface stands for the members that belong together. */
  readonly needsExample: boolean
}

it('every operator has a comment that says what it does', () => {
  const silent = operators().filter(
    ({ declarations }) =>
      commentOf(declarations)
        .replaceAll(/Kafka Streams: `[^`]*`\.?/g, '')
        .trim() === '',
  )
  expect(silent.map(({ name }) => name)).toEqual([])
})

it('every operator has an example', () => {
  const without = operators().filter(({ needsExample, declarations }) => needsExample && !hasExample(declarations))
  expect(without.map(({ name }) => name)).toEqual([])
})

it('every operator is used in a type test', () => {
  const used = usedInTypeTests()
  const untested = operators().filter(({ declarations }) => !declarations.some((declaration) => used.has(declaration)))
  expect(untested.map(({ name }) => name)).toEqual([])
})

function operators(): readonly Operator[] {
  const source = program.getSourceFile(entry)
  const module = source === undefined ? undefined : checker.getSymbolAtLocation(source)
  if (module === undefined) throw new Error(`${entry} is no module`)
  return checker.getExportsOfModule(module).flatMap((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    const declarations = symbol.declarations ?? []
    if (!declarations.some((one) => operatorFiles.test(one.getSourceFile().fileName)) || engineParts.includes(symbol.name)) return []
    return operatorsOf(symbol, declarations)
  })
}

function operatorsOf(symbol: ts.Symbol, declarations: readonly ts.Declaration[]): readonly Operator[] {
  const { name } = symbol
  if (symbol.flags & ts.SymbolFlags.Function) return [{ name, declarations, needsExample: true }]
  const isClass = (symbol.flags & ts.SymbolFlags.Class) !== 0
  if (!isClass && !(symbol.flags & ts.SymbolFlags.Interface)) return []
  const hasMethods = [...(symbol.members?.values() ?? [])].some((member) => member.flags & ts.SymbolFlags.Method)
  // Records and options are described, and used wherever what takes them is.
  if (!hasMethods && !isClass) return []
  const members = [...(symbol.members?.values() ?? [])].filter(
    (member) => isPublic(member) && (isClass || member.flags & ts.SymbolFlags.Method),
  )
  const parts = members.map((member) => ({
    name: `${name}.${member.name}`,
    declarations: member.declarations ?? [],
    needsExample: isClass,
  }))
  return [...(isClass ? [] : [{ name, declarations, needsExample: true }]), ...parts]
}

function isPublic(member: ts.Symbol): boolean {
  const isOperator = (member.flags & (ts.SymbolFlags.Method | ts.SymbolFlags.GetAccessor)) !== 0
  const [declaration] = member.declarations ?? []
  if (!isOperator || declaration === undefined) return false
  const hidden = ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)
  return !hidden && !ts.getJSDocTags(declaration).some((tag) => tag.tagName.text === 'internal')
}

/** Overloads share the comment of the first. */
function commentOf(declarations: readonly ts.Declaration[]): string {
  return declarations
    .flatMap((declaration) => ts.getJSDocCommentsAndTags(declaration))
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? '')
    .join(' ')
}

function hasExample(declarations: readonly ts.Declaration[]): boolean {
  return declarations.some((declaration) => ts.getJSDocTags(declaration).some((tag) => tag.tagName.text === 'example'))
}

function usedInTypeTests(): ReadonlySet<ts.Node> {
  const used = new Set<ts.Node>()
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node)
      const meant = symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      for (const declaration of meant?.declarations ?? []) used.add(declaration)
    }
    ts.forEachChild(node, visit)
  }
  for (const file of typeTests) visit(program.getSourceFile(file)!)
  return used
}

function optionsOfProject(): ts.CompilerOptions {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
  return ts.parseJsonConfigFileContent(config, ts.sys, process.cwd()).options
}
