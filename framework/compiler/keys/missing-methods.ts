// Methods that a stream, a table or a group does not have, and what its author will have meant: TypeScript says that there is none, and not what to do.

import { ts } from 'ts-morph'
import { type Diagnostic, diagnostic } from '../diagnostics.ts'
import { isLibraryPath, withForwardSlashes } from '../library.ts'
import type { Sources } from '../project.ts'

const ofStreams = 'flatMap flatMapValues forEach map merge peek print process processValues repartition selectKey sinkTo split to'
const aggregations = 'aggregate cogroup count reduce'
const windowed = 'TimeWindowedKStream SessionWindowedKStream CountWindowedKStream'

const toStream = 'A table changes; make a stream of its changes first: .toStream().'
const group = 'Say by what: .groupByKey() or .groupBy(…) first.'
const result = 'A group has no records; fold them first: .count(), .reduce(…) or .aggregate(…).'

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
    windowedBy: group,
    suppress: 'Only a table can hold changes back: call it before .toStream().',
    toStream: 'It is a stream.',
    through: 'Use .repartition(), or .to(…) and builder.stream(…).',
    transform: 'Use .process(…).',
    transformValues: 'Use .processValues(…).',
    foreach: 'It is called forEach.',
  },
  KGroupedStream: {
    ...each(`${ofStreams} filter mapValues join leftJoin`, result),
    suppress: 'Count or aggregate first, in a window: .windowedBy(…).count().',
  },
  KGroupedTable: {
    ...each(`${ofStreams} filter mapValues join leftJoin`, result),
    windowedBy: 'Only streams have windows: .toStream().groupByKey().windowedBy(…).',
  },
  ...Object.fromEntries(windowed.split(' ').map((type) => [type, each(`${ofStreams} filter mapValues join leftJoin suppress`, result)])),
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
    if (error !== undefined) explained.set(error, diagnostic('MR1608', span, { type: symbol.name, method: `${name.text}()`, instead }))
  }
  for (const file of files) visit(file)
  return errors.map((error) => explained.get(error) ?? error)
}

function each(methods: string, instead: string): Record<string, string> {
  return Object.fromEntries(methods.split(' ').map((method) => [method, instead]))
}
