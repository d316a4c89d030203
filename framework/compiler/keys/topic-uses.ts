// What the topologies of a project say of one topic: who reads it, who writes it, with which types. A reader has to take all that a writer of the project writes,
// and of two readers one may look at less than the other, but not at something else.

import { distance } from 'fastest-levenshtein'
import { ts } from 'ts-morph'
import { type Diagnostic, diagnostic } from '../diagnostics.ts'
import type { DslCall } from '../dsl-calls.ts'
import type { Sources } from '../project.ts'
import { methodNode } from './key-types.ts'

interface Use {
  readonly call: DslCall
  readonly topic: string
  readonly writes: boolean
  readonly types: Readonly<Record<'key' | 'value', ts.Type | undefined>>
}

const reads: ReadonlySet<string> = new Set(['stream', 'table', 'globalTable'])

export function topicProblems(calls: readonly DslCall[], sources: Sources): Diagnostic[] {
  const checker = sources.program.getTypeChecker()
  const uses = calls.flatMap((call) => usesOf(call, checker))
  const found: Diagnostic[] = []
  for (const [index, use] of uses.entries()) {
    if (use.writes) continue
    for (const other of uses) {
      if (other.topic !== use.topic || other === use || (!other.writes && uses.indexOf(other) > index)) continue
      const which = (['key', 'value'] as const).find((one) => !fits(other.types[one], use.types[one], other.writes, checker))
      if (which === undefined) continue
      const { file, line } = sources.spanOf(methodNode(other.call))
      const text = (type: ts.Type | undefined): string => (type === undefined ? '' : checker.typeToString(type))
      const details = {
        topic: use.topic,
        which,
        type: text(use.types[which]),
        other: text(other.types[which]),
        verb: other.writes ? 'written' : 'read',
        place: `${file}:${line}`,
      }
      found.push(diagnostic('MR1606', sources.spanOf(methodNode(use.call)), details))
      break
    }
  }
  return [...found, ...misspelt(uses, sources)]
}

/** Shorter names are near to each other by chance. */
const nameLengthMin = 6
/** From this length on two edits are a slip too. */
const longNameLength = 12

/** A topic that nobody writes, whose name is nearly that of one that another topology does. */
function misspelt(uses: readonly Use[], sources: Sources): readonly Diagnostic[] {
  const writers = uses.filter(({ writes }) => writes)
  const written = new Set(writers.map(({ topic }) => topic))
  const read = new Set(uses.filter(({ writes }) => !writes).map(({ topic }) => topic))
  return uses.flatMap(({ call, topic, writes }) => {
    if (writes || written.has(topic) || topic.length < nameLengthMin) return []
    // What one file reads and writes are often two forms of a word: measures, measured.
    const file = call.node.getSourceFile()
    const meant = writers.find((other) => other.call.node.getSourceFile() !== file && !read.has(other.topic) && isNear(topic, other.topic))
    return meant === undefined ? [] : [diagnostic('MR1408', sources.spanOf(methodNode(call)), { topic, meant: meant.topic })]
  })
}

/** Versions and numbers are told apart by design. */
export function isNear(a: string, b: string): boolean {
  const plain = (name: string): string => name.toLowerCase().replace(/\d+/g, '#')
  return plain(a) !== plain(b) && distance(a.toLowerCase(), b.toLowerCase()) <= (a.length < longNameLength ? 1 : 2)
}

function usesOf(call: DslCall, checker: ts.TypeChecker): readonly Use[] {
  const { method, isMethod, node, serdeTypes } = call
  const writes = method === 'to'
  if (!isMethod || (!writes && !reads.has(method))) return []
  const [topic] = node.arguments
  const types = { key: serdeTypes.key, value: serdeTypes.value }
  return topic === undefined ? [] : topicsOf(topic, checker).map((name) => ({ call, topic: name, writes, types }))
}

function topicsOf(expression: ts.Expression, checker: ts.TypeChecker): readonly string[] {
  if (ts.isArrayLiteralExpression(expression)) return expression.elements.flatMap((one) => topicsOf(one, checker))
  const type = checker.getTypeAtLocation(expression)
  return type.isStringLiteral() ? [type.value] : []
}

function fits(other: ts.Type | undefined, own: ts.Type | undefined, isWritten: boolean, checker: ts.TypeChecker): boolean {
  if (other === undefined || own === undefined || isOpen(other) || isOpen(own)) return true
  const [from, to] = [checker.getNonNullableType(other), checker.getNonNullableType(own)]
  return checker.isTypeAssignableTo(from, to) || (!isWritten && checker.isTypeAssignableTo(to, from))
}

/** What is a type parameter, or not known, is another diagnostic's matter. */
function isOpen({ flags }: ts.Type): boolean {
  return (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.TypeParameter | ts.TypeFlags.Never)) !== 0
}
