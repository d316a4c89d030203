// Keys and values by their types, call by call: what nobody knows the type of, keys that may be null where a key is needed, joins of keys that can never be
// equal, and keys that are "changed" into themselves, which costs a topic.

import { ts } from 'ts-morph'
import { type Diagnostic, type DiagnosticCode, diagnostic } from '../diagnostics.ts'
import type { DslCall } from '../dsl-calls.ts'
import { sameKeyFix } from '../fixes/key-fix.ts'
import type { Fix } from '../fixes/text-edits.ts'
import type { Sources } from '../project.ts'

/** Of these the type arguments are key and value. */
const keyed: ReadonlySet<string> = new Set(['KStream', 'KTable', 'GlobalKTable', 'KGroupedStream', 'KGroupedTable'])

const joins: ReadonlySet<string> = new Set(['join', 'leftJoin', 'outerJoin'])

/** What drops a record without a key. A left join of a stream lets it pass (KIP-962). */
const needsKey: ReadonlySet<string> = new Set(['groupByKey', 'toTable', 'join'])

export function keyProblems(calls: readonly DslCall[], sources: Sources): Diagnostic[] {
  const reader = new KeyTypes(sources)
  return calls.flatMap((call) => (call.isMethod ? reader.problemsOf(call) : []))
}

/** TypeScript's own word on a join of different keys is a list of overloads: ours takes its place. */
export function withoutJoinErrors(
  errors: readonly Diagnostic[],
  calls: readonly DslCall[],
  problems: readonly Diagnostic[],
  sources: Sources,
): Diagnostic[] {
  const refused = calls.filter((call) =>
    problems.some(({ code, span }) => (code === 'MR1603' || code === 'MR1610') && isSame(span, sources.spanOf(methodNode(call)))),
  )
  return errors.filter(({ code, span }) => {
    if (!['TS2345', 'TS2769', 'TS2322', 'TS7006', 'TS7031', 'TS2339', 'TS18046'].includes(code) || span === undefined) return true
    return !refused.some(({ node }) => {
      const start = sources.spanOf(methodNode({ node }))
      const end = sources.spanAt(node.getSourceFile(), node.getEnd())
      return span.file === start.file && isAtMost(start, span) && isAtMost(span, end)
    })
  })
}

class KeyTypes {
  private readonly sources: Sources
  private readonly checker: ts.TypeChecker

  constructor(sources: Sources) {
    this.sources = sources
    this.checker = sources.program.getTypeChecker()
  }

  problemsOf(call: DslCall): readonly Diagnostic[] {
    return [...this.unknownTypes(call), ...this.nullKeys(call), ...this.joinedKeys(call), ...this.sameKeys(call)]
  }

  private unknownTypes(call: DslCall): readonly Diagnostic[] {
    const before = this.typesOf(ownerOf(call))
    const after = this.argumentsOf(call.signature.getReturnType())
    // A processor that forwards nothing says nothing of types.
    const endsHere = call.method === 'process' || call.method === 'processValues'
    return (['key', 'value'] as const).flatMap((which, index) => {
      const type = after?.[index]
      // A serde that has to be derived from it says so itself.
      if (
        type === undefined ||
        !isUnknown(type) ||
        (endsHere && !isAny(type)) ||
        call.missingSerdes.some(({ property }) => property === which)
      )
        return []
      const was = before?.[index]
      return was !== undefined && isUnknown(was) ? [] : [this.report('MR1601', call, { which, type: this.text(type) })]
    })
  }

  private nullKeys(call: DslCall): readonly Diagnostic[] {
    const { method } = call
    if (needsKey.has(method)) {
      const owner = this.typesOf(ownerOf(call))
      const key = owner?.[0]
      const isStream = this.nameOf(ownerOf(call)) === 'KStream'
      const isGlobal = call.node.arguments[0] !== undefined && this.nameOf(call.node.arguments[0]) === 'GlobalKTable'
      if (key === undefined || !isStream || isGlobal || !this.mayBeNull(key)) return []
      return [this.report('MR1602', call, { type: this.text(key), from: 'The key' })]
    }
    if (method !== 'groupBy') return []
    const key = this.argumentsOf(call.signature.getReturnType())?.[0]
    return key !== undefined && this.mayBeNull(key)
      ? [this.report('MR1602', call, { type: this.text(key), from: 'What the callback gives as the key' })]
      : []
  }

  /** Also of calls that TypeScript refuses: it is a call of the method all the same. */
  private joinedKeys(call: DslCall): readonly Diagnostic[] {
    const [other, ...rest] = call.node.arguments
    if (!joins.has(call.method) || other === undefined || this.isForeignKeyJoin(call, rest)) return []
    const name = this.nameOf(other)
    const isOfStreams = name === 'KStream' && this.nameOf(ownerOf(call)) === 'KStream'
    if (isOfStreams && rest.length < 2) return [this.report('MR1610', call, { join: `${call.method}(${shown(other)}` })]
    const own = this.typesOf(ownerOf(call))?.[0]
    const others = name === 'KStream' || name === 'KTable' ? this.typesOf(other)?.[0] : undefined
    if (own === undefined || others === undefined || isUnknown(own) || isUnknown(others)) return []
    const [left, right] = [this.checker.getNonNullableType(own), this.checker.getNonNullableType(others)]
    if (this.checker.isTypeAssignableTo(left, right) || this.checker.isTypeAssignableTo(right, left)) return []
    return [this.report('MR1603', call, { left: this.text(left), right: this.text(right), other: shown(other) })]
  }

  /** `orders.join(customers, (order) => order.customer, joiner)`: any key may be joined so. */
  private isForeignKeyJoin(call: DslCall, [first, second]: readonly ts.Expression[]): boolean {
    const isFunction = (one: ts.Expression | undefined): boolean =>
      one !== undefined && this.checker.getTypeAtLocation(one).getCallSignatures().length > 0
    return this.nameOf(ownerOf(call)) === 'KTable' && isFunction(first) && isFunction(second)
  }

  /** `groupBy((value, key) => key)`, `map((value, key) => [key, …])`. */
  private sameKeys(call: DslCall): readonly Diagnostic[] {
    const [callback] = call.node.arguments
    const instead = { groupBy: 'groupByKey()', selectKey: 'nothing: leave it out', map: 'mapValues()' }[call.method]
    if (instead === undefined || callback === undefined || this.nameOf(ownerOf(call)) !== 'KStream') return []
    if (!ts.isArrowFunction(callback) || ts.isBlock(callback.body)) return []
    const key = callback.parameters[1]?.name
    const result = unparenthesized(callback.body)
    const given = call.method === 'map' ? (ts.isArrayLiteralExpression(result) ? result.elements[0] : undefined) : result
    const isKey = key !== undefined && given !== undefined && ts.isIdentifier(key) && ts.isIdentifier(given) && given.text === key.text
    if (!isKey) return []
    const fix = sameKeyFix(call.node, callback, result, this.sources.editedFile(callback))
    return [this.report('MR1402', call, { method: `${call.method}()`, instead }, fix)]
  }

  private typesOf(expression: ts.Expression): readonly ts.Type[] | undefined {
    return this.argumentsOf(this.checker.getTypeAtLocation(expression))
  }

  private argumentsOf(type: ts.Type): readonly ts.Type[] | undefined {
    const name = type.getSymbol()?.name
    return name !== undefined && keyed.has(name) ? this.checker.getTypeArguments(type as ts.TypeReference) : undefined
  }

  private nameOf(expression: ts.Expression): string | undefined {
    return this.checker.getTypeAtLocation(expression).getSymbol()?.name
  }

  private mayBeNull(type: ts.Type): boolean {
    if (isUnknown(type)) return false
    const parts = type.isUnion() ? type.types : [type]
    return parts.some(({ flags }) => (flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined | ts.TypeFlags.Void)) !== 0)
  }

  private text(type: ts.Type): string {
    return this.checker.typeToString(type)
  }

  private report(code: DiagnosticCode, call: DslCall, details: Readonly<Record<string, string>>, fix?: Fix): Diagnostic {
    return diagnostic(code, this.sources.spanOf(methodNode(call)), { method: `${call.method}()`, ...details }, fix)
  }
}

export function methodNode({ node }: Pick<DslCall, 'node'>): ts.Node {
  return ts.isPropertyAccessExpression(node.expression) ? node.expression.name : node.expression
}

function ownerOf({ node }: DslCall): ts.Expression {
  return ts.isPropertyAccessExpression(node.expression) ? node.expression.expression : node.expression
}

function isAny({ flags }: ts.Type): boolean {
  return (flags & ts.TypeFlags.Any) !== 0
}

function isUnknown({ flags }: ts.Type): boolean {
  return (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0
}

function unparenthesized(expression: ts.Expression): ts.Expression {
  return ts.isParenthesizedExpression(expression) ? unparenthesized(expression.expression) : expression
}

function shown(expression: ts.Expression): string {
  return ts.isIdentifier(expression) ? expression.text : 'the other side'
}

type Place = Diagnostic['span']

function isSame(a: Place, b: Place): boolean {
  return a?.file === b?.file && a?.line === b?.line && a?.column === b?.column
}

function isAtMost(a: NonNullable<Place>, b: NonNullable<Place>): boolean {
  return a.line < b.line || (a.line === b.line && a.column <= b.column)
}
