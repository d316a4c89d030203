// Everything that is derived for one topology: the serdes and names of the calls in its file and in what it imports, and the rewritten files with them.

import { ts } from 'ts-morph'
import { ClassCodecs } from './derive/class-codecs.ts'
import { DerivedSerdes, ModuleTexts } from './derive/derived-serdes.ts'
import type { TypeProblem } from './derive/shape-of-type.ts'
import { type Diagnostic, diagnostic, type Span } from './diagnostics.ts'
import type { DslCall } from './dsl-calls.ts'
import { nameFix } from './fixes/name-fix.ts'
import { type NamedCalls, nameCalls } from './names.ts'
import type { Sources } from './project.ts'
import { type CallEdit, type RewrittenFile, rewriteFile } from './rewrite.ts'
import type { TopologyFile } from './topology-file.ts'

export interface Derivation {
  readonly serdes: DerivedSerdes
  readonly files: ReadonlyMap<string, RewrittenFile>
  /** Files into which something was written, and those that import one of them, by absolute path. */
  readonly rewrittenWithImports: ReadonlySet<string>
  /** Serdes that could not be derived. Whether they are needed, the graph says. */
  readonly refused: readonly RefusedSerde[]
  /** What is wrong with types that calls take a description of. */
  readonly undescribed: readonly Diagnostic[]
  readonly callSpans: readonly CallSpan[]
  readonly advice: readonly Diagnostic[]
}

export interface RefusedSerde {
  readonly property: string
  /** Of the call that would have needed it. */
  readonly call: CallSpan
  readonly problems: readonly Diagnostic[]
}

/** Where a call is written, and where stack traces place it: at the name of the method. */
export interface CallSpan {
  readonly name: string | undefined
  readonly span: Span
  readonly method: string
  readonly node: ts.CallExpression
  /** Where its options stand in the arguments; -1 if it takes none. */
  readonly optionsIndex: number
  /** Whether its author names the store, or says something of it. */
  readonly givesStore: boolean
  /** Whether it was given anything but a name. */
  readonly givesOptions: boolean
}

/** The module that rewritten files import their serdes from. */
export const derivedModule = 'millrace:derived'

const noNames: NamedCalls = { names: new Map(), taken: new Set(), numbered: [], mayRunOften: () => true }

const importName = '$derived'

export function derive(
  topology: TopologyFile,
  closure: readonly ts.SourceFile[],
  calls: readonly DslCall[],
  sources: Sources,
  texts: ModuleTexts = new ModuleTexts(),
): Derivation {
  const { program } = sources
  const checker = program.getTypeChecker()
  const codecs = new ClassCodecs({ checker, folder: sources.folder, closure })
  const serdes = new DerivedSerdes({ program, checker, codecs }, texts)
  const { names, numbered, ...naming } = topology.naming === 'kafka-streams' ? noNames : nameCalls(calls, topology.name)
  const refused: RefusedSerde[] = []
  const callSpans: CallSpan[] = []
  const undescribed: Diagnostic[] = []
  const edits = calls.map((call): CallEdit => {
    const name = names.get(call)
    const callSpan = {
      name: name ?? call.givenName,
      span: sources.spanOf(methodNode(call)),
      method: call.method,
      node: call.node,
      optionsIndex: call.optionsIndex,
      ...optionsOf(call),
    }
    callSpans.push(callSpan)
    const properties = new Map<string, string>()
    if (name !== undefined) properties.set('name', quoted(name))
    for (const { property, type } of call.missingSerdes) {
      const derived = serdes.serdeOf(
        type,
        { property, method: `${call.method}()` },
        `${name ?? call.method}-${property}`,
        writtenType(call, property),
      )
      if (derived.kind === 'serde') properties.set(property, `${importName}.${derived.expression}`)
      else if (derived.kind === 'refused')
        refused.push({ property, call: callSpan, problems: derived.problems.map((problem) => typeDiagnostic(problem, call, sources)) })
    }
    for (const { property, type } of call.missingTypes) {
      const derived = serdes.descriptionOf(type, { property, method: `${call.method}()` }, `${call.method}-${property}`)
      if (derived.kind === 'description') properties.set(property, `${importName}.${derived.expression}`)
      // Without it the call cannot be made, whatever the graph needs.
      else undescribed.push(...derived.problems.map((problem) => typeDiagnostic(problem, call, sources)))
    }
    return { node: call.node, optionsIndex: call.optionsIndex, properties }
  })
  const advice = numbered.map((call) =>
    diagnostic('MR1401', sources.spanOf(methodNode(call)), { method: `${call.method}()` }, nameFix(call, { closure, sources, ...naming })),
  )
  const files = rewriteAll(closure, edits, sources)
  return { serdes, refused, undescribed, callSpans, advice, files, rewrittenWithImports: withImporters(closure, files, sources) }
}

/** How the type of a key or a value is written, `stream<UserId, Order>()`: TypeScript forgets the alias of a primitive. */
function writtenType({ node, signature }: DslCall, property: string): ts.TypeNode | undefined {
  const parameters = signature.declaration?.typeParameters ?? []
  const index = parameters.findIndex((one) => ts.isTypeParameterDeclaration(one) && one.name.text === property.charAt(0).toUpperCase())
  return index < 0 ? undefined : node.typeArguments?.[index]
}

function optionsOf({ givenOptions }: DslCall): Pick<CallSpan, 'givesStore' | 'givesOptions'> {
  if (givenOptions === undefined) return { givesStore: false, givesOptions: false }
  if (!ts.isObjectLiteralExpression(givenOptions)) return { givesStore: true, givesOptions: true }
  const names = givenOptions.properties.map((property) => property.name?.getText())
  return { givesStore: names.includes('store') || names.includes(undefined), givesOptions: names.some((name) => name !== 'name') }
}

function withImporters(closure: readonly ts.SourceFile[], files: ReadonlyMap<string, RewrittenFile>, sources: Sources): Set<string> {
  const found = new Set(closure.filter((file) => files.get(file.fileName)?.text !== file.text).map((file) => file.fileName))
  const imports = closure.map((file) => ({ path: file.fileName, imported: sources.ownImportsOf(file) }))
  // Until a pass finds nothing more: imports may go in circles.
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const { path, imported } of imports) if (imported.some(({ fileName }) => found.has(fileName))) found.add(path)
  }
  return found
}

/** For a topology that is compiled already. */
export function nothingDerived({ program }: Sources): Derivation {
  const serdes = new DerivedSerdes({ program, checker: program.getTypeChecker() })
  return { serdes, refused: [], undescribed: [], callSpans: [], advice: [], files: new Map(), rewrittenWithImports: new Set() }
}

function rewriteAll(closure: readonly ts.SourceFile[], edits: readonly CallEdit[], sources: Sources): Map<string, RewrittenFile> {
  const preamble = `import * as ${importName} from ${quoted(derivedModule)}`
  return new Map(
    // JSON has no place for a source map.
    closure
      .filter((file) => !file.fileName.endsWith('.json'))
      .map((file) => {
        const own = edits.filter((edit) => edit.node.getSourceFile() === file && edit.properties.size > 0)
        return [file.fileName, rewriteFile(file, own, { path: sources.pathOf(file), preamble })]
      }),
  )
}

/** At the member that cannot travel where that is the project's own, else at the call. */
function typeDiagnostic({ code, details, node }: TypeProblem, call: DslCall, sources: Sources): Diagnostic {
  const isOwn = node !== undefined && sources.isOwn(node.getSourceFile())
  return diagnostic(code, sources.spanOf(isOwn ? node : methodNode(call)), details)
}

function methodNode({ node }: DslCall): ts.Node {
  return ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
