// What the topologies of a project say of one topic: who reads it, who writes it, with which types. A reader has to take all that a writer of the project writes,
// and of two readers one may look at less than the other, but not at something else.

import { distance } from 'fastest-levenshtein'
import { ts } from 'ts-morph'
import { type Diagnostic, diagnostic, type Span } from '../diagnostics.ts'
import { type DslCall, dslCall, isLibraryFile } from '../dsl-calls.ts'
import type { Sources } from '../project.ts'
import { methodNode } from './key-types.ts'

/** A call that reads or writes a topic whose name is known. */
export interface TopicUse {
  readonly node: ts.CallExpression
  readonly topic: string
  readonly writes: boolean
  readonly span: Span
}

const reads: ReadonlySet<string> = new Set(['stream', 'table', 'globalTable'])

/** What two uses of a topic do not agree on, by their types. */
interface Disagreement {
  readonly which: 'key' | 'value'
  readonly type: string
  readonly other: string
}

/** Compares the uses of topics. What was said of two is kept as long as both are these objects: the types of all others need not be made anew. */
export class TopicCheck {
  private readonly verdicts = new WeakMap<TopicUse, WeakMap<TopicUse, Disagreement | null>>()

  problems(uses: readonly TopicUse[], sources: Sources): Diagnostic[] {
    const types = new UseTypes(sources)
    const byTopic = new Map<string, TopicUse[]>()
    for (const use of uses) byTopic.set(use.topic, [...(byTopic.get(use.topic) ?? []), use])
    const found = [...byTopic.values()].flatMap((same) => same.flatMap((use, index) => this.problemOf(use, index, same, types)))
    return [...found, ...misspelt(uses)]
  }

  /** A use is held against all that write, and against those before it that read. */
  private problemOf(use: TopicUse, index: number, same: readonly TopicUse[], types: UseTypes): readonly Diagnostic[] {
    if (use.writes) return []
    for (const [place, other] of same.entries()) {
      if (other === use || (!other.writes && place > index)) continue
      const verdict = this.verdict(use, other, types)
      if (verdict === null) continue
      const verb = other.writes ? 'written' : 'read'
      return [diagnostic('MR1606', use.span, { topic: use.topic, ...verdict, verb, place: `${other.span.file}:${other.span.line}` })]
    }
    return []
  }

  private verdict(use: TopicUse, other: TopicUse, types: UseTypes): Disagreement | null {
    const known = this.verdicts.get(use) ?? new WeakMap<TopicUse, Disagreement | null>()
    this.verdicts.set(use, known)
    const kept = known.get(other)
    if (kept !== undefined) return kept
    const verdict = types.compare(use, other)
    known.set(other, verdict)
    return verdict
  }
}

/** The types of uses in one program. */
class UseTypes {
  private readonly checker: ts.TypeChecker
  private readonly known = new Map<TopicUse, DslCall['serdeTypes']>()

  constructor(sources: Sources) {
    this.checker = sources.program.getTypeChecker()
  }

  compare(use: TopicUse, other: TopicUse): Disagreement | null {
    const [own, others] = [this.of(use), this.of(other)]
    const which = (['key', 'value'] as const).find((one) => !fits(others[one], own[one], other.writes, this.checker))
    return which === undefined ? null : { which, type: this.text(own[which]), other: this.text(others[which]) }
  }

  private of(use: TopicUse): DslCall['serdeTypes'] {
    const types = this.known.get(use) ?? dslCall(use.node, { checker: this.checker, isLibraryFile })?.serdeTypes ?? {}
    this.known.set(use, types)
    return types
  }

  private text(type: ts.Type | undefined): string {
    return type === undefined ? '' : this.checker.typeToString(type)
  }
}

/** Shorter names are near to each other by chance. */
const nameLengthMin = 6
/** From this length on two edits are a slip too. */
const longNameLength = 12

/** A topic that nobody writes, whose name is nearly that of one that another topology does. */
function misspelt(uses: readonly TopicUse[]): readonly Diagnostic[] {
  const writers = uses.filter(({ writes }) => writes)
  const written = new Set(writers.map(({ topic }) => topic))
  const read = new Set(uses.filter(({ writes }) => !writes).map(({ topic }) => topic))
  const candidates = writers.filter(({ topic }) => !read.has(topic))
  const near = new Map<string, readonly TopicUse[]>()
  return uses.flatMap(({ topic, writes, span }) => {
    if (writes || written.has(topic) || topic.length < nameLengthMin) return []
    const similar = near.get(topic) ?? candidates.filter((other) => isNear(topic, other.topic))
    near.set(topic, similar)
    // What one file reads and writes are often two forms of a word: measures, measured.
    const meant = similar.find((other) => other.span.file !== span.file)
    return meant === undefined ? [] : [diagnostic('MR1408', span, { topic, meant: meant.topic })]
  })
}

/** Versions and numbers are told apart by design. */
export function isNear(a: string, b: string): boolean {
  const plain = (name: string): string => name.toLowerCase().replace(/\d+/g, '#')
  return plain(a) !== plain(b) && distance(a.toLowerCase(), b.toLowerCase()) <= (a.length < longNameLength ? 1 : 2)
}

export function topicUses(calls: readonly DslCall[], sources: Sources): readonly TopicUse[] {
  const checker = sources.program.getTypeChecker()
  return calls.flatMap(({ method, isMethod, node }) => {
    const writes = method === 'to'
    const [topic] = node.arguments
    if (!isMethod || (!writes && !reads.has(method)) || topic === undefined) return []
    const span = sources.spanOf(methodNode({ node }))
    return topicsOf(topic, checker).map((name) => ({ node, topic: name, writes, span }))
  })
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
