// From a TypeScript type to the shape of its JSON. What cannot travel is a problem at the member that cannot, and all problems of a type are found
// in one go. Named types become definitions, so that recursive ones end and shared ones are written once.

import { ts } from 'ts-morph'
import type { DiagnosticCode } from '../diagnostics.ts'
import { hintOfNode, hintsByBuiltIn, isClassOfNode } from './built-in-hints.ts'
import type { ClassCodecs } from './class-codecs.ts'
import { constraintsOf, defaultOf, isFor, type ReadConstraints, type Target } from './constraints.ts'
import { ambiguousPair, tagOf } from './distinguish.ts'
import { notesOf, type Tag, tagsOf } from './documentation.ts'
import { problemOfJson } from './json-of-shape.ts'
import { namePattern, simplifyLiterals, templateShape } from './literal-types.ts'
import { describeShape, type Json, type Literal, type Member, type NamePattern, type Notes, type Schema, type Shape } from './shape.ts'
import { aliasOf, itemNodeOf, mentionsParameter, tupleItemNode, typeNodeOf, unwrapped, variantNodeOf } from './type-syntax.ts'

export interface TypeProblem {
  readonly code: DiagnosticCode
  readonly details: Readonly<Record<string, string>>
  /** The member or the tag that is at fault, if it is not the type as a whole. */
  readonly node: ts.Node | undefined
}

export interface TypeContext {
  readonly checker: ts.TypeChecker
  readonly program: ts.Program
  /** Absent: no class has one. */
  readonly codecs?: ClassCodecs
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

/** null and undefined are left out: a record without a value has no bytes. `node` is how the type is written, where that is known. */
export function schemaOfType(type: ts.Type, subject: Subject, context: TypeContext, node?: ts.TypeNode): DerivedSchema {
  const derivation = new Derivation(context, subject, type, node)
  const schema = derivation.run()
  return derivation.problems.length === 0 ? { kind: 'schema', schema } : { kind: 'problems', problems: derivation.problems }
}

/** Where in the type the derivation stands. */
interface Position {
  readonly path: string
  readonly declaration: ts.Declaration | undefined
  /** The syntax of the type, where it is known. */
  readonly node?: ts.TypeNode | undefined
  /** Whether a tag says that bigints here travel as strings. */
  readonly asString?: boolean
}

/** A union whose variants are still to be told apart. */
interface Union {
  readonly union: { kind: 'union'; tag: string | null; variants: readonly Shape[] }
  /** Without literals. */
  readonly others: readonly Shape[]
  readonly at: Position
}

const pathLengthMax = 400
const shownPathLengthMax = 40

/** Problems that leave the shape as it is. */
const ofTags: readonly DiagnosticCode[] = ['MR1110', 'MR1111', 'MR1112']

/** The member of the brand BigIntAsString. */
const travelsAs = '__travelsAs'

/** Tags whose fit shows only when all is derived. */
interface Tagged {
  readonly shape: Shape
  readonly tags: ReadConstraints['tags']
  readonly at: Position
  /** Whether the member is one of another type's, mapped to a type of which its author knew nothing. */
  readonly isRemapped: boolean
}

interface WithDefault {
  readonly member: { readonly name: string; readonly shape: Shape; default?: Json }
  readonly tag: Tag
  readonly at: Position
}

const primitiveFlags = ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike | ts.TypeFlags.BigIntLike

const kindsByTarget: Readonly<Record<Target, string>> = { numbers: 'numbers', strings: 'strings', lists: 'arrays, tuples and sets' }

/** NoInfer<Order> is an Order. */
function inferable(type: ts.Type): ts.Type {
  return type.flags & ts.TypeFlags.Substitution ? (type as ts.SubstitutionType).baseType : type
}

class Derivation {
  readonly problems: TypeProblem[] = []
  private readonly checker: ts.TypeChecker
  private readonly program: ts.Program
  private readonly codecs: ClassCodecs | undefined
  private readonly subject: Subject
  private readonly rootType: ts.Type
  private readonly rootNode: ts.TypeNode | undefined
  private readonly definitions = new Map<string, Shape>()
  private readonly namesByType = new Map<ts.Type, string>()
  private readonly unfinished = new Set<ts.Type>()
  private readonly unions: Union[] = []
  private readonly tagged: Tagged[] = []
  private readonly defaults: WithDefault[] = []

  constructor(context: TypeContext, subject: Subject, type: ts.Type, node?: ts.TypeNode) {
    this.rootNode = node
    this.checker = context.checker
    this.program = context.program
    this.codecs = context.codecs
    this.subject = subject
    // What is left of unknown without null is {}, which says less than what the author sees.
    this.rootType = type.flags & ts.TypeFlags.Unknown ? type : this.checker.getNonNullableType(inferable(type))
  }

  run(): Schema {
    const name = this.nameOf(this.rootType)
    if (name !== null) this.namesByType.set(this.rootType, '#')
    const aliases = this.forgottenAliases(this.rootType, this.rootNode)
    const asString = aliases.some((alias) => saysAsString(tagsOf(alias)))
    const plain = this.namedStructure(this.rootType, { path: '', declaration: undefined, asString })
    const root = this.documented(plain, [...aliases].reverse(), { path: '', declaration: undefined }, false)
    const schema = { name: name ?? '', root, definitions: this.definitions }
    this.fitTags(schema)
    this.tellVariantsApart(schema)
    if (name !== null) return schema
    const [alias] = root.constraints === undefined ? [] : aliases
    return { ...schema, name: alias?.name.text ?? describeShape(root) }
  }

  private shapeOf(given: ts.Type, at: Position): Shape {
    const type = inferable(given)
    const known = this.namesByType.get(type)
    if (known !== undefined) return { kind: 'reference', name: known }
    // A type that grows with each step ends here.
    if (at.path.length > pathLengthMax) return this.failEndless(at)
    const name = this.nameOf(type)
    if (name === null) return this.anonymousShape(type, at)
    const unique = this.uniqueName(name)
    this.namesByType.set(type, unique)
    this.definitions.set(unique, { kind: 'null' })
    this.definitions.set(unique, this.namedStructure(type, at))
    return { kind: 'reference', name: unique }
  }

  /** What its author says of a type where it is declared, too. */
  private namedStructure(type: ts.Type, at: Position): Shape {
    const declaration = (type.aliasSymbol ?? (type.flags & ts.TypeFlags.Object ? type.getSymbol() : undefined))?.declarations?.find(
      (one) => ts.isTypeAliasDeclaration(one) || ts.isInterfaceDeclaration(one),
    )
    if (declaration === undefined || this.nameOf(type) === null) return this.structureOf(type, at)
    const isGeneric = ts.isTypeAliasDeclaration(declaration) && declaration.typeParameters !== undefined
    const node = isGeneric ? undefined : typeNodeOf(declaration)
    return this.documented(this.structureOf(type, { ...at, node }), [declaration], at, false)
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
    if (flags & ts.TypeFlags.BigIntLike) return at.asString === true ? { kind: 'bigint' } : this.fail('MR1103', at)
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
      else others.push(this.aliasedShape(variant, { ...at, node: variantNodeOf(at.node, variant, this.checker) }))
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
    if (primitive === undefined) return this.objectLikeShape(type, at)
    return this.shapeOf(primitive, { ...at, asString: at.asString === true || type.getProperty(travelsAs) !== undefined })
  }

  private objectLikeShape(type: ts.Type, at: Position): Shape {
    if (this.checker.isTupleType(type)) return this.tupleShape(type as ts.TupleTypeReference, at)
    if (this.checker.isArrayType(type)) {
      const [items] = this.checker.getTypeArguments(type as ts.TypeReference)
      if (items === undefined) throw new Error('an array type has its type of items')
      return { kind: 'array', items: this.itemShape(items, at) }
    }
    const coded = this.codedShape(type, at)
    if (coded !== null) return coded
    if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0) return this.fail('MR1102', at)
    const symbol = type.getSymbol()
    if (symbol !== undefined && this.isBuiltIn(symbol)) {
      const known = this.builtInShape(symbol.name, type, at)
      if (known !== null) return known
      const hint = hintsByBuiltIn[symbol.name] ?? 'Use plain data, or pass a serde for the type.'
      return this.fail('MR1105', at, { type: symbol.name, hint })
    }
    if (symbol !== undefined && isClassOfNode(symbol, type, this.checker))
      return this.fail('MR1105', at, { type: symbol.name, hint: hintOfNode(symbol.name) })
    if (symbol !== undefined && symbol.flags & ts.SymbolFlags.Class)
      return this.fail('MR1105', at, {
        type: symbol.name,
        hint: `Give it a codec, \`static readonly codec = codec(${symbol.name}, { encode, decode })\`; or use an interface and functions over it.`,
      })
    return this.objectShape(type, at)
  }

  /** Of a class with a codec: the shape of what stands for an instance. */
  private codedShape(type: ts.Type, at: Position): Shape | null {
    const found = this.codecs?.of(type) ?? null
    if (found === null) return null
    const name = type.getSymbol()?.name ?? ''
    if (found.codec === undefined) return this.fail('MR1113', at, { type: name })
    const shape = this.structureOf(found.encoded, { path: at.path, declaration: at.declaration })
    // A codec of what has a codec would be two on one shape.
    if (shape.codec !== undefined) return this.fail('MR1114', at, { type: name, encoded: shape.codec.type })
    if (shape.kind === 'reference' || shape.kind === 'null') return shape
    return Object.assign(shape, { codec: found.codec })
  }

  /** Of what is the platform's own and has a form in JSON. */
  private builtInShape(name: string, type: ts.Type, at: Position): Shape | null {
    const [first, second] = this.checker.getTypeArguments(type as ts.TypeReference)
    switch (name) {
      case 'Date':
        return { kind: 'date' }
      case 'Uint8Array':
        return { kind: 'bytes' }
      case 'Set':
      case 'ReadonlySet':
        return first === undefined ? null : { kind: 'set', items: this.itemShape(first, at) }
      case 'Map':
      case 'ReadonlyMap': {
        if (first === undefined || second === undefined) return null
        const bare = unwrapped(at.node)
        const nodes = bare !== undefined && ts.isTypeReferenceNode(bare) ? bare.typeArguments : undefined
        const key = this.aliasedShape(first, { ...at, path: `${at.path}[key]`, node: nodes?.[0] })
        return { kind: 'map', key, value: this.aliasedShape(second, { ...at, path: `${at.path}[]`, node: nodes?.[1] }) }
      }
      default:
        return null
    }
  }

  private itemShape(items: ts.Type, at: Position): Shape {
    return this.aliasedShape(items, { ...at, path: `${at.path}[]`, node: itemNodeOf(at.node) })
  }

  /** With what the alias says that stands in the syntax, if the checker has forgotten it. */
  private aliasedShape(type: ts.Type, at: Position): Shape {
    const aliases = this.forgottenAliases(type, at.node)
    const last = aliases.at(-1)
    const asString = at.asString === true || aliases.some((alias) => saysAsString(tagsOf(alias)))
    const shape = this.shapeOf(type, { ...at, asString, ...(last === undefined ? {} : { node: last.type }) })
    return this.documented(shape, [...aliases].reverse(), at, false)
  }

  /** From the name that is written to the one that it stands for in the end. Aliases that the checker knows say what they say in their definition. */
  private forgottenAliases(type: ts.Type, node: ts.TypeNode | undefined): ts.TypeAliasDeclaration[] {
    const found: ts.TypeAliasDeclaration[] = []
    for (let alias = aliasOf(unwrapped(node), this.checker); alias !== undefined; alias = aliasOf(unwrapped(alias.type), this.checker)) {
      if (found.includes(alias) || type.aliasSymbol?.declarations?.includes(alias) === true) break
      found.push(alias)
    }
    return found
  }

  /** A shape with the constraints and notes of declarations; later ones win. */
  private documented(shape: Shape, declarations: readonly ts.Declaration[], at: Position, isRemapped: boolean): Shape {
    if (declarations.length === 0) return shape
    const { constraints, tags, problems } = constraintsOf(declarations.flatMap((one) => tagsOf(one)))
    for (const { code, tag, details } of problems) this.fail(code, at, details, tag.node)
    const notes = Object.assign({}, shape.notes, ...declarations.map((one) => notesOf(one) ?? {})) as Notes
    // Into the shape itself, which nobody else has yet: its unions are still to get their tags.
    Object.assign(
      shape,
      constraints === undefined ? {} : { constraints: { ...shape.constraints, ...constraints } },
      Object.keys(notes).length === 0 ? {} : { notes },
    )
    if (tags.length > 0) this.tagged.push({ shape, tags, at, isRemapped })
    return shape
  }

  private fitTags(schema: Schema): void {
    for (const { shape, tags, at, isRemapped } of this.tagged) {
      for (const { tag, target } of tags) {
        // What cannot travel has a problem already.
        if (isRemapped || isFor(target, shape, schema) || (shape.kind === 'null' && this.problems.length > 0)) continue
        this.fail('MR1110', at, { tag: tag.name, kinds: kindsByTarget[target], type: describeShape(shape) }, tag.node)
      }
    }
    // What stands for a type that cannot travel says nothing of defaults.
    if (this.problems.some(({ code }) => !ofTags.includes(code))) return
    for (const { member, tag, at } of this.defaults) {
      const value = defaultOf(tag.text, isFor('strings', member.shape, schema))
      const problem = value === undefined ? 'it is no JSON' : problemOfJson(value, member.shape, schema)
      if (problem !== undefined || value === undefined) this.fail('MR1112', at, { text: tag.text, problem: problem ?? '' }, tag.node)
      else member.default = value
    }
  }

  private objectShape(type: ts.Type, at: Position): Shape {
    const members: Member[] = []
    for (const property of type.getProperties()) {
      // A name in symbols (a brand) is not seen by JSON.
      if (property.name.startsWith('__@')) continue
      const member = this.memberOf(property, at)
      if (member !== null) members.push(member)
    }
    const indexes = this.checker.getIndexInfosOfType(type).filter((info) => !(info.keyType.flags & ts.TypeFlags.ESSymbolLike))
    if (indexes.length === 0 && members.length === 0 && type.getProperties().length === 0)
      return this.fail('MR1101', at, { type: this.textOf(type) })
    let rest: Shape | null = null
    const patterns: NamePattern[] = []
    for (const info of indexes) {
      const node = info.declaration === undefined ? undefined : info.declaration.type
      const shape = this.aliasedShape(info.type, { path: `${at.path}[]`, declaration: info.declaration ?? at.declaration, node })
      const pattern = namePattern(info.keyType)
      if (pattern === undefined) rest = shape
      else patterns.push({ pattern, shape })
    }
    return { kind: 'object', members, rest, ...(patterns.length === 0 ? {} : { patterns }) }
  }

  private memberOf(property: ts.Symbol, at: Position): Member | null {
    const type = this.checker.getTypeOfSymbol(property)
    const declaration = property.declarations?.[0]
    const path = /^[A-Za-z_$][\w$]*$/.test(property.name) ? `${at.path}.${property.name}` : `${at.path}['${property.name}']`
    if (type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void)) return null
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0 || mayBe(type, ts.TypeFlags.Undefined)
    const node = typeNodeOf(declaration)
    const isRemapped = node !== undefined && this.isRemapped(type, node)
    const tags = declaration === undefined ? [] : tagsOf(declaration)
    const own: Position = {
      path,
      declaration: declaration ?? at.declaration,
      node: isRemapped ? undefined : node,
      asString: saysAsString(tags),
    }
    const shape = this.documented(this.definedShape(type, own), declaration === undefined ? [] : [declaration], own, isRemapped)
    const member = { name: property.name, optional: isOptional, shape }
    const defaultTag = [
      ...this.forgottenAliases(type, own.node)
        .reverse()
        .flatMap((alias) => tagsOf(alias)),
      ...tags,
    ].findLast(({ name }) => name === 'default')
    if (defaultTag !== undefined && !isRemapped) this.defaults.push({ member, tag: defaultTag, at: own })
    return member
  }

  /** Whether a mapped type has given a member another type than the one that its author wrote. A type parameter stands for whatever it is. */
  private isRemapped(type: ts.Type, node: ts.TypeNode): boolean {
    const written = this.checker.getTypeFromTypeNode(node)
    if (this.checker.getNonNullableType(written) === this.checker.getNonNullableType(type)) return false
    return !mentionsParameter(node, this.checker)
  }

  /** The shape of what is left of a type when undefined says that a member is absent. */
  private definedShape(type: ts.Type, at: Position): Shape {
    if (!mayBe(type, ts.TypeFlags.Undefined)) return this.aliasedShape(type, at)
    const shape = this.aliasedShape(this.checker.getNonNullableType(type), at)
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
      const itemAt = { ...at, path: `${at.path}[${index}]`, node: tupleItemNode(at.node, index, (flags & ts.ElementFlags.Variable) !== 0) }
      const shape = flags & ts.ElementFlags.Optional ? this.definedShape(item, itemAt) : this.aliasedShape(item, itemAt)
      if (flags & ts.ElementFlags.Variable) rest = shape
      else if (rest !== null) return this.fail('MR1106', itemAt, { first: `...${describeShape(rest)}[]`, second: describeShape(shape) })
      else items.push(shape)
      if (flags & ts.ElementFlags.Required) required++
    }
    return { kind: 'tuple', items, required, rest }
  }

  /** Said once: a type that grows does so at each member. */
  private failEndless(at: Position): Shape {
    if (this.problems.some(({ code }) => code === 'MR1115')) return { kind: 'null' }
    return this.fail('MR1115', { path: `${at.path.slice(0, shownPathLengthMax)}…`, declaration: at.declaration })
  }

  private fail(code: DiagnosticCode, at: Position, details: Readonly<Record<string, string>> = {}, node?: ts.Node): Shape {
    const { property, method } = this.subject
    const root = this.nameOf(this.rootType)
    const member = root === null ? `${property}${at.path} of ${method}` : `${root}${at.path}`
    const what = at.path === '' ? `The ${property} of ${method}` : member
    this.problems.push({ code, details: { what, ...details }, node: node ?? at.declaration })
    return { kind: 'null' }
  }

  /** The name that the author gave to an object type or a union; what is built in or literal has none of its own. */
  private nameOf(type: ts.Type): string | null {
    if (type.aliasSymbol !== undefined) {
      const isStructured = type.isUnion() || (type.flags & ts.TypeFlags.Object) !== 0 || type.isIntersection()
      return isStructured && !this.isBuiltIn(type.aliasSymbol) ? type.aliasSymbol.name : null
    }
    const symbol = type.getSymbol()
    if (symbol !== undefined && type.flags & ts.TypeFlags.Object && (this.codecs?.of(type) ?? null) !== null) return symbol.name
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

function saysAsString(tags: readonly Tag[]): boolean {
  return tags.some(({ name }) => name === 'asString')
}
