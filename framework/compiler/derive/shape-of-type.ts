// From a TypeScript type to the shape of its JSON. What cannot travel is a problem at the member that cannot, and all problems of a type are found
// in one go. Named types become definitions, so that recursive ones end and shared ones are written once.

import { ts } from 'ts-morph'
import type { DiagnosticCode } from '../diagnostics.ts'
import { ambiguousPair, tagOf } from './distinguish.ts'
import { describeShape, type Literal, type Member, type Schema, type Shape } from './shape.ts'

export interface TypeProblem {
  readonly code: DiagnosticCode
  readonly details: Readonly<Record<string, string>>
  /** The member that is at fault, if it is not the type as a whole. */
  readonly declaration: ts.Declaration | undefined
}

export interface TypeContext {
  readonly checker: ts.TypeChecker
  readonly program: ts.Program
}

export type DerivedSchema =
  | { readonly kind: 'schema'; readonly schema: Schema }
  | { readonly kind: 'problems'; readonly problems: readonly TypeProblem[] }

/** What messages call a type: the value of stream(). */
export interface Subject {
  /** `key`, `value`. */
  readonly property: string
  /** `stream()`. */
  readonly method: string
}

/** null and undefined are left out: a record without a value has no bytes. */
export function schemaOfType(type: ts.Type, subject: Subject, context: TypeContext): DerivedSchema {
  const derivation = new Derivation(context, subject, type)
  const schema = derivation.run()
  return derivation.problems.length === 0 ? { kind: 'schema', schema } : { kind: 'problems', problems: derivation.problems }
}

/** Where in the type the derivation stands. */
interface Position {
  readonly path: string
  readonly declaration: ts.Declaration | undefined
}

/** A union whose variants are still to be told apart. */
interface Union {
  readonly union: { kind: 'union'; tag: string | null; variants: readonly Shape[] }
  /** Without literals. */
  readonly others: readonly Shape[]
  readonly at: Position
}

const pathLengthMax = 400

const primitiveFlags = ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike | ts.TypeFlags.BigIntLike

const hintsByBuiltIn: Readonly<Record<string, string>> = {
  Map: 'Use a Record<string, ...>, or pass a serde for the type.',
  ReadonlyMap: 'Use a Record<string, ...>, or pass a serde for the type.',
  Set: 'Use an array, or pass a serde for the type.',
  ReadonlySet: 'Use an array, or pass a serde for the type.',
  Promise: 'Operators are synchronous: a record holds the result, not the promise.',
  Uint8Array: 'Bytes can be a whole value, not a part of one: use a string in base64, or pass a serde for the type.',
}

class Derivation {
  readonly problems: TypeProblem[] = []
  private readonly checker: ts.TypeChecker
  private readonly program: ts.Program
  private readonly subject: Subject
  private readonly rootType: ts.Type
  private readonly definitions = new Map<string, Shape>()
  private readonly namesByType = new Map<ts.Type, string>()
  private readonly unfinished = new Set<ts.Type>()
  private readonly unions: Union[] = []

  constructor(context: TypeContext, subject: Subject, type: ts.Type) {
    this.checker = context.checker
    this.program = context.program
    this.subject = subject
    // What is left of unknown without null is {}, which says less than what the author sees.
    this.rootType = type.flags & ts.TypeFlags.Unknown ? type : this.checker.getNonNullableType(type)
  }

  run(): Schema {
    const name = this.nameOf(this.rootType)
    if (name !== null) this.namesByType.set(this.rootType, '#')
    const root = this.structureOf(this.rootType, { path: '', declaration: undefined })
    const schema = { name: name ?? '', root, definitions: this.definitions }
    this.tellVariantsApart(schema)
    return name === null ? { ...schema, name: describeShape(root) } : schema
  }

  private shapeOf(type: ts.Type, at: Position): Shape {
    const known = this.namesByType.get(type)
    if (known !== undefined) return { kind: 'reference', name: known }
    // A type that grows with each step ends here.
    if (at.path.length > pathLengthMax) return this.fail('MR1101', at, { type: this.textOf(type) })
    const name = this.nameOf(type)
    if (name === null) return this.anonymousShape(type, at)
    const unique = this.uniqueName(name)
    this.namesByType.set(type, unique)
    this.definitions.set(unique, { kind: 'null' })
    this.definitions.set(unique, this.structureOf(type, at))
    return { kind: 'reference', name: unique }
  }

  /** Written out where it is used, unless it contains itself: then it becomes a definition too. */
  private anonymousShape(type: ts.Type, at: Position): Shape {
    if (this.unfinished.has(type)) {
      const name = this.uniqueName('Recursive')
      this.namesByType.set(type, name)
      this.definitions.set(name, { kind: 'null' })
      return { kind: 'reference', name }
    }
    this.unfinished.add(type)
    const shape = this.structureOf(type, at)
    this.unfinished.delete(type)
    const name = this.namesByType.get(type)
    if (name === undefined) return shape
    this.definitions.set(name, shape)
    return { kind: 'reference', name }
  }

  private structureOf(type: ts.Type, at: Position): Shape {
    const flags = type.flags
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return this.fail('MR1101', at, { type: this.textOf(type) })
    if (flags & ts.TypeFlags.Never) return this.fail('MR1109', at)
    if (flags & ts.TypeFlags.Null) return { kind: 'null' }
    if (flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) return this.fail('MR1108', at)
    if (flags & ts.TypeFlags.BigIntLike) return this.fail('MR1103', at)
    if (flags & ts.TypeFlags.ESSymbolLike) return this.fail('MR1104', at)
    const literal = this.literalOf(type)
    if (literal !== undefined) return { kind: 'literals', values: [literal] }
    if (flags & ts.TypeFlags.Boolean) return { kind: 'boolean' }
    if (flags & ts.TypeFlags.TemplateLiteral) return templateShape(type as ts.TemplateLiteralType)
    if (flags & ts.TypeFlags.StringLike) return { kind: 'string' }
    if (flags & ts.TypeFlags.NumberLike && !type.isUnion()) return { kind: 'number' }
    if (type.isUnion()) return this.unionShape(type, at)
    if (type.isIntersection()) return this.intersectionShape(type, at)
    if (flags & ts.TypeFlags.Instantiable) return this.fail('MR1107', at, { type: this.textOf(type) })
    if (flags & ts.TypeFlags.NonPrimitive) return this.fail('MR1101', at, { type: this.textOf(type) })
    return this.objectLikeShape(type, at)
  }

  private literalOf(type: ts.Type): Literal | undefined {
    if (type.isStringLiteral() || type.isNumberLiteral()) return type.value
    if (type.flags & ts.TypeFlags.BooleanLiteral) return this.checker.typeToString(type) === 'true'
    return undefined
  }

  private unionShape(type: ts.UnionType, at: Position): Shape {
    const literals: Literal[] = []
    const others: Shape[] = []
    for (const variant of type.types) {
      const literal = this.literalOf(variant)
      if (literal !== undefined) literals.push(literal)
      else others.push(this.shapeOf(variant, at))
    }
    const variants = [...simplifyLiterals(literals), ...others]
    const [only] = variants
    if (variants.length === 1 && only !== undefined) return only
    const union = { kind: 'union' as const, tag: null, variants }
    this.unions.push({ union, others, at })
    return union
  }

  /** Only when all is derived: what a recursive type is made of is not known while it is looked at. Half a union would only raise misleading problems. */
  private tellVariantsApart(schema: Schema): void {
    if (this.problems.length > 0) return
    for (const { union, others, at } of this.unions) {
      const tag = tagOf(others, schema)
      const pair = tag === null ? ambiguousPair(union.variants, schema) : null
      if (pair !== null) this.fail('MR1106', at, { first: describeShape(pair[0]), second: describeShape(pair[1]) })
      else if (others.length === union.variants.length) union.tag = tag
    }
  }

  private intersectionShape(type: ts.IntersectionType, at: Position): Shape {
    // A branded primitive (string & { readonly brand: ... }) travels as its primitive: the brand is there for the checker only.
    const primitive = type.types.find((part) => part.flags & primitiveFlags)
    return primitive === undefined ? this.objectLikeShape(type, at) : this.shapeOf(primitive, at)
  }

  private objectLikeShape(type: ts.Type, at: Position): Shape {
    if (this.checker.isTupleType(type)) return this.tupleShape(type as ts.TupleTypeReference, at)
    if (this.checker.isArrayType(type)) {
      const [items] = this.checker.getTypeArguments(type as ts.TypeReference)
      if (items === undefined) throw new Error('an array type has its type of items')
      return { kind: 'array', items: this.shapeOf(items, { ...at, path: `${at.path}[]` }) }
    }
    if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0) return this.fail('MR1102', at)
    const symbol = type.getSymbol()
    if (symbol !== undefined && this.isBuiltIn(symbol)) {
      if (symbol.name === 'Date') return { kind: 'date' }
      const hint = hintsByBuiltIn[symbol.name] ?? 'Use plain data, or pass a serde for the type.'
      return this.fail('MR1105', at, { type: symbol.name, hint })
    }
    if (symbol !== undefined && symbol.flags & ts.SymbolFlags.Class)
      return this.fail('MR1105', at, { type: symbol.name, hint: 'Use an interface and functions over it, or pass a serde for the type.' })
    return this.objectShape(type, at)
  }

  private objectShape(type: ts.Type, at: Position): Shape {
    const members: Member[] = []
    for (const property of type.getProperties()) {
      // A name in symbols (a brand) is not seen by JSON.
      if (property.name.startsWith('__@')) continue
      const member = this.memberOf(property, at)
      if (member !== null) members.push(member)
    }
    const index = this.checker.getIndexInfosOfType(type).find((info) => !(info.keyType.flags & ts.TypeFlags.ESSymbolLike))
    if (index === undefined && members.length === 0 && type.getProperties().length === 0)
      return this.fail('MR1101', at, { type: this.textOf(type) })
    const rest =
      index === undefined ? null : this.shapeOf(index.type, { path: `${at.path}[]`, declaration: index.declaration ?? at.declaration })
    return { kind: 'object', members, rest }
  }

  private memberOf(property: ts.Symbol, at: Position): Member | null {
    const type = this.checker.getTypeOfSymbol(property)
    const declaration = property.declarations?.[0]
    const path = /^[A-Za-z_$][\w$]*$/.test(property.name) ? `${at.path}.${property.name}` : `${at.path}['${property.name}']`
    if (type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) return null
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0 || mayBe(type, ts.TypeFlags.Undefined)
    return {
      name: property.name,
      optional: isOptional,
      shape: this.definedShape(type, { path, declaration: declaration ?? at.declaration }),
    }
  }

  /** The shape of what is left of a type when undefined says that a member is absent. */
  private definedShape(type: ts.Type, at: Position): Shape {
    if (!mayBe(type, ts.TypeFlags.Undefined)) return this.shapeOf(type, at)
    const shape = this.shapeOf(this.checker.getNonNullableType(type), at)
    if (!mayBe(type, ts.TypeFlags.Null)) return shape
    const variants = shape.kind === 'union' && shape.tag === null ? shape.variants : [shape]
    return { kind: 'union', tag: null, variants: [...variants, { kind: 'null' }] }
  }

  private tupleShape(type: ts.TupleTypeReference, at: Position): Shape {
    const items: Shape[] = []
    let rest: Shape | null = null
    let required = 0
    for (const [index, item] of this.checker.getTypeArguments(type).entries()) {
      const flags = type.target.elementFlags[index] ?? ts.ElementFlags.Required
      const itemAt = { ...at, path: `${at.path}[${index}]` }
      const shape = flags & ts.ElementFlags.Optional ? this.definedShape(item, itemAt) : this.shapeOf(item, itemAt)
      if (flags & ts.ElementFlags.Variable) rest = shape
      else if (rest !== null) return this.fail('MR1106', itemAt, { first: `...${describeShape(rest)}[]`, second: describeShape(shape) })
      else items.push(shape)
      if (flags & ts.ElementFlags.Required) required++
    }
    return { kind: 'tuple', items, required, rest }
  }

  private fail(code: DiagnosticCode, at: Position, details: Readonly<Record<string, string>> = {}): Shape {
    const { property, method } = this.subject
    const root = this.nameOf(this.rootType)
    const member = root === null ? `${property}${at.path} of ${method}` : `${root}${at.path}`
    const what = at.path === '' ? `The ${property} of ${method}` : member
    this.problems.push({ code, details: { what, ...details }, declaration: at.declaration })
    return { kind: 'null' }
  }

  /** The name that the author gave to an object type or a union; what is built in or literal has none of its own. */
  private nameOf(type: ts.Type): string | null {
    if (type.aliasSymbol !== undefined) {
      const isStructured = type.isUnion() || (type.flags & ts.TypeFlags.Object) !== 0 || type.isIntersection()
      return isStructured && !this.isBuiltIn(type.aliasSymbol) ? type.aliasSymbol.name : null
    }
    const symbol = type.getSymbol()
    if (symbol === undefined || !(symbol.flags & ts.SymbolFlags.Interface)) return null
    return this.isBuiltIn(symbol) ? null : symbol.name
  }

  private uniqueName(name: string): string {
    let unique = name
    for (let count = 2; this.definitions.has(unique); count++) unique = `${name}_${count}`
    return unique
  }

  private isBuiltIn(symbol: ts.Symbol): boolean {
    return (
      symbol.name !== '__type' && (symbol.declarations ?? []).some((one) => this.program.isSourceFileDefaultLibrary(one.getSourceFile()))
    )
  }

  private textOf(type: ts.Type): string {
    return this.checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation)
  }
}

function mayBe(type: ts.Type, flag: ts.TypeFlags): boolean {
  return (type.flags & flag) !== 0 || (type.isUnion() && type.types.some((part) => (part.flags & flag) !== 0))
}

function simplifyLiterals(literals: readonly Literal[]): Shape[] {
  const isBoolean = literals.includes(true) && literals.includes(false)
  const values = isBoolean ? literals.filter((value) => typeof value !== 'boolean') : literals
  const shapes: Shape[] = isBoolean ? [{ kind: 'boolean' }] : []
  return values.length === 0 ? shapes : [{ kind: 'literals', values }, ...shapes]
}

function templateShape(type: ts.TemplateLiteralType): Shape {
  const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  const holes = type.types.map((hole) => (hole.flags & ts.TypeFlags.NumberLike ? '-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?' : '[\\s\\S]*'))
  const pattern = type.texts.map((text, index) => `${literally(text)}${holes[index] ?? ''}`).join('')
  return { kind: 'string', pattern: `^${pattern}$` }
}
