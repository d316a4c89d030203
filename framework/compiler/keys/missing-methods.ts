// Methods that a stream, a table or a group does not have, and what its author will have meant: TypeScript says that there is none, and not what to do.

import { ts } from 'ts-morph'
import { type Diagnostic, diagnostic } from '../diagnostics.ts'
import { type EditedFile, type Fix, inserted, replacedNode, type TextEdit, withoutCall } from '../fixes/text-edits.ts'
import { isLibraryPath, withForwardSlashes } from '../library.ts'
import type { Sources } from '../project.ts'

const ofStreams = 'flatMap flatMapValues forEach map merge peek print process processValues repartition selectKey sinkTo split to'
const aggregations = 'aggregate cogroup count reduce'
const windowed = 'TimeWindowedKStream SessionWindowedKStream CountWindowedKStream'

const toStream = 'A table changes; make a stream of its changes first: .toStream().'
const group = 'Say by what: .groupByKey() or .groupBy(…) first.'
const result = 'A group has no records; fold them first: .count(), .reduce(…) or .aggregate(…).'

const aggregators = 'countDistinct max maxBy mean min minBy quantile sum topN'
const compute = 'Name what is to be computed: .aggregate({ total: sum((value) => value.amount) }).'

/** By type and method. */
const meant: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  KTable: {
    ...each(ofStreams, toStream),
    ...each(aggregations, 'Say by what: .groupBy(…) first, or .toStream().groupByKey().'),
    groupByKey:
      'A table has one row for each key already. Group by something else, .groupBy(…), or count its changes: .toStream().groupByKey().',
    windowedBy: '.toStream().groupByKey().windowedBy(…).',
    toTable: 'It is a table.',
  },
  KStream: {
    ...each(aggregations, group),
    ...each(aggregators, 'Say by what, then what is to be computed: .groupByKey().aggregate({ total: sum((value) => value.amount) }).'),
    windowedBy: group,
    suppress: 'Only a table can hold changes back: call it before .toStream().',
    toStream: 'It is a stream.',
    through: 'Use .repartition(), or .to(…) and builder.stream(…).',
    transform: 'Use .process(…).',
    transformValues: 'Use .processValues(…).',
    foreach: 'It is called forEach.',
  },
  KGroupedStream: {
    ...each(`${ofStreams} filter mapValues join leftJoin toStream`, result),
    ...each(aggregators, compute),
    suppress: 'Count or aggregate first, in a window: .windowedBy(…).count().',
  },
  KGroupedTable: {
    ...each(`${ofStreams} filter mapValues join leftJoin toStream`, result),
    ...each(aggregators, compute),
    windowedBy: 'Only streams have windows: .toStream().groupByKey().windowedBy(…).',
  },
  ...Object.fromEntries(
    windowed
      .split(' ')
      .map((type) => [
        type,
        { ...each(`${ofStreams} filter mapValues join leftJoin suppress toStream`, result), ...each(aggregators, compute) },
      ]),
  ),
  BranchedKStream: each(
    `${ofStreams} filter mapValues`,
    'End the split first, .defaultBranch() or .noDefaultBranch(): it gives the branches as a list.',
  ),
}

/** The problems, and TypeScript's errors without those that they explain. */
export function missingMethods(files: readonly ts.SourceFile[], errors: readonly Diagnostic[], sources: Sources): readonly Diagnostic[] {
  const candidates = errors.filter(({ code }) => code === 'TS2339' || code === 'TS2551')
  if (candidates.length === 0) return errors
  const explained = new Map<Diagnostic, Diagnostic>()
  const refused: ts.CallExpression[] = []
  const checker = sources.program.getTypeChecker()
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) explain(node)
    ts.forEachChild(node, visit)
  }
  const explain = ({ expression, name }: ts.PropertyAccessExpression): void => {
    const symbol = checker.getTypeAtLocation(expression).getSymbol()
    const isOurs = symbol?.declarations?.some((one) => isLibraryPath(withForwardSlashes(one.getSourceFile().fileName))) ?? false
    const methods = isOurs && symbol !== undefined && Object.hasOwn(meant, symbol.name) ? meant[symbol.name] : undefined
    const instead = methods !== undefined && Object.hasOwn(methods, name.text) ? methods[name.text] : undefined
    if (symbol === undefined || instead === undefined) return
    const span = sources.spanOf(name)
    const error = candidates.find((one) => one.span?.file === span.file && one.span.line === span.line && one.span.column === span.column)
    if (error === undefined) return
    const details = { type: symbol.name, method: `${name.text}()`, instead }
    if (ts.isCallExpression(name.parent.parent)) refused.push(name.parent.parent)
    explained.set(error, diagnostic('MR1608', span, details, fixOf(symbol.name, expression, name, sources)))
  }
  for (const file of files) visit(file)
  return errors.filter((error) => !isOfParameter(error, refused, sources)).map((error) => explained.get(error) ?? error)
}

/** What a callback is handed by a method that there is not, nobody can know: that says nothing more. */
function isOfParameter({ code, span }: Diagnostic, calls: readonly ts.CallExpression[], sources: Sources): boolean {
  if (!['TS7006', 'TS7031'].includes(code) || span === undefined) return false
  return calls.some((call) => {
    const file = call.getSourceFile()
    if (sources.pathOf(file) !== span.file) return false
    const position = file.getPositionOfLineAndCharacter(span.line - 1, span.column - 1)
    return call.arguments.some((one) => ts.isFunctionLike(one) && one.parameters.some(({ pos, end }) => pos <= position && position < end))
  })
}

/** Where only one thing can be meant. */
function fixOf(type: string, owner: ts.Expression, name: ts.MemberName, sources: Sources): Fix | undefined {
  const file = sources.editedFile(name)
  if (type === 'KTable' && ofStreams.split(' ').includes(name.text))
    return { title: 'make a stream of its changes first, toStream()', edits: [callBefore(file, owner, name, 'toStream()')] }
  if (type !== 'KStream' && type !== 'KTable') return undefined
  if (name.text === 'foreach') return { title: 'call it forEach', edits: [replacedNode(file, name, 'forEach')] }
  const call = name.parent.parent
  const isItself = name.text === (type === 'KStream' ? 'toStream' : 'toTable')
  const edit = isItself && ts.isCallExpression(call) && call.arguments.length === 0 ? withoutCall(file, call) : undefined
  return edit === undefined ? undefined : { title: `take ${name.text}() out`, edits: [edit] }
}

/** On a line of its own if the method has one. */
function callBefore(file: EditedFile, owner: ts.Expression, name: ts.MemberName, call: string): TextEdit {
  const between = file.source.text.slice(owner.getEnd(), name.getStart(file.source))
  const [space = ''] = /^\s*/.exec(between) ?? []
  return inserted(file, owner.getEnd(), `${space}.${call}`)
}

function each(methods: string, instead: string): Record<string, string> {
  return Object.fromEntries(methods.split(' ').map((method) => [method, instead]))
}
