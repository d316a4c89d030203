// What a file of topologies/ must be: its default export is a topology, whose name is a literal and legal.

import { ts } from 'ts-morph'
import type { Naming } from '../graph/topology.ts'
import { type Diagnostic, diagnostic } from './diagnostics.ts'
import type { DslCall } from './dsl-calls.ts'
import { type Fix, inserted } from './fixes/text-edits.ts'
import type { Sources } from './project.ts'

export interface TopologyFile {
  readonly file: ts.SourceFile
  /** The call of topology(). */
  readonly call: DslCall
  readonly name: string
  readonly nameNode: ts.Node
  readonly naming: Naming
}

/** `calls` are those of the file, `naming` is the project's default. Nothing where TypeScript's own errors say why the export is no topology. */
export function readTopologyFile(
  file: ts.SourceFile,
  calls: readonly DslCall[],
  sources: Sources,
  naming: Naming,
): TopologyFile | readonly Diagnostic[] {
  const checker = sources.program.getTypeChecker()
  const moduleSymbol = checker.getSymbolAtLocation(file)
  const exported = moduleSymbol?.exports?.get(ts.InternalSymbolName.Default)
  const start = { file: sources.pathOf(file), line: 1, column: 1 }
  if (exported === undefined) return [diagnostic('MR1003', start, {}, exportFix(file, calls, sources))]
  const statement = exported.declarations?.[0]
  const span = statement === undefined ? start : sources.spanOf(statement)
  const type = checker.getTypeOfSymbolAtLocation(resolveAlias(exported, checker), file)
  if (type.flags & ts.TypeFlags.Any) return []
  if (type.getSymbol()?.name !== 'TopologyDefinition') return [diagnostic('MR1004', span, { type: checker.typeToString(type) })]
  const node = statement === undefined ? null : callOf(statement, checker)
  const call = calls.find((one) => one.node === node)
  const nameNode = call?.node.arguments[0]
  if (call === undefined || nameNode === undefined) return [diagnostic('MR1009', span)]
  const nameType = checker.getTypeAtLocation(nameNode)
  if (!nameType.isStringLiteral()) return [diagnostic('MR1005', sources.spanOf(nameNode))]
  const name = nameType.value
  if (!isLegalName(name)) return [diagnostic('MR1006', sources.spanOf(nameNode), { name })]
  return { file, call, name, nameNode, naming: namingOf(call, checker) ?? naming }
}

/** Where the file makes just one topology, and only forgot to export it. */
function exportFix(file: ts.SourceFile, calls: readonly DslCall[], sources: Sources): Fix | undefined {
  const made = calls.filter(({ method, isMethod }) => method === 'topology' && !isMethod)
  const [call] = made
  if (call === undefined || made.length > 1) return undefined
  const { parent } = call.node
  const edited = sources.editedFile(file)
  if (ts.isExpressionStatement(parent) && parent.parent === file)
    return { title: 'export it', edits: [inserted(edited, parent.getStart(file), 'export default ')] }
  const isTopLevel =
    ts.isVariableDeclaration(parent) && ts.isVariableStatement(parent.parent.parent) && parent.parent.parent.parent === file
  if (!isTopLevel || !ts.isIdentifier(parent.name)) return undefined
  const end = file.text.trimEnd().length
  return { title: 'export it', edits: [inserted(edited, end, `\n\nexport default ${parent.name.text}`)] }
}

/** Two files of one name. */
export function duplicateNames(topologies: readonly Pick<TopologyFile, 'file' | 'name' | 'nameNode'>[], sources: Sources): Diagnostic[] {
  return topologies.flatMap((topology) => {
    const others = topologies.filter((other) => other !== topology && other.name === topology.name)
    if (others.length === 0) return []
    const other = others.map((one) => sources.pathOf(one.file)).join(', ')
    return [diagnostic('MR1007', sources.spanOf(topology.nameNode), { name: topology.name, other })]
  })
}

// Kafka allows 249 characters in a topic; names of stores and suffixes come behind this one.
const nameLengthMax = 150

function isLegalName(name: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(name) && !/^\.+$/.test(name) && name.length <= nameLengthMax
}

function resolveAlias(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

/** The call behind `export default …` or `export { … as default }`, directly or by a constant of the file. */
function callOf(statement: ts.Declaration, checker: ts.TypeChecker): ts.Node | null {
  if (ts.isExportSpecifier(statement)) return callOfConstant(checker.getExportSpecifierLocalTargetSymbol(statement))
  if (!ts.isExportAssignment(statement)) return null
  const expression = unwrap(statement.expression)
  return ts.isIdentifier(expression) ? callOfConstant(checker.getSymbolAtLocation(expression)) : expression
}

function callOfConstant(constant: ts.Symbol | undefined): ts.Node | null {
  const declaration = constant?.valueDeclaration
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return null
  return unwrap(declaration.initializer)
}

function unwrap(expression: ts.Expression): ts.Expression {
  const isWrapper = ts.isParenthesizedExpression(expression) || ts.isSatisfiesExpression(expression) || ts.isAsExpression(expression)
  return isWrapper ? unwrap(expression.expression) : expression
}

/** What the options of topology() say, if they say it by a type. */
function namingOf(call: DslCall, checker: ts.TypeChecker): Naming | undefined {
  if (call.givenOptions === undefined) return undefined
  const naming = checker.getTypeAtLocation(call.givenOptions).getProperty('naming')
  if (naming === undefined) return undefined
  const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(naming, call.givenOptions))
  if (!type.isStringLiteral()) return undefined
  return type.value === 'kafka-streams' ? 'kafka-streams' : 'variables'
}
