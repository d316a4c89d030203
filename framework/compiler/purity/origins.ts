// Where an object comes from, as seen by the code of an operator: it was handed to the callback, it lives outside of it, or it was made inside. Only what is
// certain counts: what a function gives is taken for new.

import { ts } from 'ts-morph'
import { type CalledNames, unwrapped } from './called-names.ts'
import { ShallowCopies } from './shallow-copies.ts'

/** `isShared`: by a shallow copy, whose members are the same. */
export type Origin =
  /** It belongs to the record, or to the store: others see it too. */
  | { readonly kind: 'argument'; readonly name: string; readonly isShared?: true }
  /** A variable, or a field of an object, that outlives the callback. */
  | { readonly kind: 'captured'; readonly name: string; readonly isShared?: true }

/** The code that is looked at: a callback, or a function that it calls. */
export interface Frame {
  /** What is declared in one of these is made inside. */
  readonly roots: readonly ts.Node[]
  /** Of parameters, and of constants that hold (a part of) what they were handed. */
  readonly origins: Map<ts.Symbol, Origin>
  readonly thisOrigin: Origin | undefined
  /** The operator's method, and the functions called on the way. */
  readonly path: readonly string[]
  readonly isAsync: boolean
}

/** Methods that give the object itself. */
const givesItself: ReadonlySet<string> = new Set(['reverse', 'sort', 'fill'])

/** Methods that give a member of their object. */
const givesMember: ReadonlySet<string> = new Set(['at', 'find', 'findLast', 'get', 'pop', 'shift', 'values', 'entries'])

export class Origins {
  private readonly names: CalledNames
  private readonly checker: ts.TypeChecker
  private readonly copies: ShallowCopies

  constructor(names: CalledNames, checker: ts.TypeChecker) {
    this.names = names
    this.checker = checker
    this.copies = new ShallowCopies(names, checker)
  }

  /** undefined: made inside, or not known. */
  of(expression: ts.Expression, frame: Frame): Origin | undefined {
    const bare = unwrapped(expression)
    if (bare.kind === ts.SyntaxKind.ThisKeyword) return frame.thisOrigin
    if (ts.isIdentifier(bare)) return this.ofName(bare, frame)
    if (ts.isPropertyAccessExpression(bare)) return this.ofMember(bare, frame)
    if (ts.isElementAccessExpression(bare)) return this.ofMembers(bare.expression, frame)
    if (ts.isConditionalExpression(bare)) return this.of(bare.whenTrue, frame) ?? this.of(bare.whenFalse, frame)
    if (ts.isBinaryExpression(bare) && givesOneSide(bare.operatorToken.kind)) return this.of(bare.left, frame) ?? this.of(bare.right, frame)
    if (!ts.isCallExpression(bare) || !ts.isPropertyAccessExpression(bare.expression) || !this.isOfPlatform(bare.expression))
      return undefined
    const { expression: object, name } = bare.expression
    if (givesItself.has(name.text)) return this.of(object, frame)
    return givesMember.has(name.text) ? this.ofMembers(object, frame) : undefined
  }

  /** Of the items of an array, or of what is in a map: those of a copy are the same. */
  ofMembers(expression: ts.Expression, frame: Frame): Origin | undefined {
    return this.of(expression, frame) ?? this.ofOriginals(expression, undefined, frame)
  }

  private ofOriginals(expression: ts.Expression, member: string | undefined, frame: Frame): Origin | undefined {
    const found = this.copies.originals(expression, member).map((original) => this.ofMembers(original, frame))
    const [first] = found
    return first === undefined || found.includes(undefined) ? undefined : { ...first, isShared: true }
  }

  /** Gives the names that a declaration binds (`const { tags } = value`, a parameter) the origin of the whole. */
  bind(name: ts.BindingName, origin: Origin, frame: Frame): void {
    if (ts.isIdentifier(name)) {
      const symbol = this.checker.getSymbolAtLocation(name)
      if (symbol === undefined) return
      frame.origins.set(symbol, origin.kind === 'argument' ? { kind: 'argument', name: name.text } : origin)
      return
    }
    for (const element of name.elements) {
      // What `...rest` gives is new, though not its members.
      if (!ts.isOmittedExpression(element) && element.dotDotDotToken === undefined) this.bind(element.name, origin, frame)
    }
  }

  private ofName(name: ts.Identifier, frame: Frame): Origin | undefined {
    const symbol = this.valueOf(name)
    if (symbol === undefined) return undefined
    const known = frame.origins.get(symbol)
    if (known !== undefined) return known
    const declaration = symbol.valueDeclaration
    if (declaration === undefined) return undefined
    if (frame.roots.some((root) => isWithin(declaration, root))) return undefined
    const isVariable =
      ts.isVariableDeclaration(declaration) ||
      ts.isBindingElement(declaration) ||
      ts.isParameter(declaration) ||
      ts.isClassLike(declaration) ||
      ts.isFunctionDeclaration(declaration)
    // Of what belongs to packages and to the platform nobody knows whether it is state.
    const isOwn = !declaration.getSourceFile().isDeclarationFile && !declaration.getSourceFile().fileName.includes('/node_modules/')
    return isVariable && isOwn ? { kind: 'captured', name: name.text } : undefined
  }

  /** `this.count` is called so, and `Counter.total`. */
  private ofMember(access: ts.PropertyAccessExpression, frame: Frame): Origin | undefined {
    // Of an import of all (`import * as state`), the member is what is meant.
    const namespace = this.checker.getSymbolAtLocation(access.expression)
    if (namespace !== undefined && namespace.flags & ts.SymbolFlags.Alias && ts.isIdentifier(access.expression)) {
      const target = this.checker.getAliasedSymbol(namespace)
      if (target.flags & ts.SymbolFlags.ValueModule) return ownModule(target) ? { kind: 'captured', name: access.getText() } : undefined
    }
    return this.of(access.expression, frame) ?? this.ofOriginals(access.expression, access.name.text, frame)
  }

  private valueOf(name: ts.Identifier): ts.Symbol | undefined {
    if (ts.isShorthandPropertyAssignment(name.parent)) return this.checker.getShorthandAssignmentValueSymbol(name.parent)
    return this.names.symbolOf(name)
  }

  private isOfPlatform(access: ts.PropertyAccessExpression): boolean {
    const symbol = this.checker.getSymbolAtLocation(access.name)
    return symbol?.declarations?.some((one) => this.names.isPlatformFile(one.getSourceFile())) ?? false
  }
}

function ownModule(module: ts.Symbol): boolean {
  const file = module.declarations?.[0]?.getSourceFile()
  return file !== undefined && !file.isDeclarationFile && !file.fileName.includes('/node_modules/')
}

export function isWithin(node: ts.Node, ancestor: ts.Node): boolean {
  return node.getSourceFile() === ancestor.getSourceFile() && node.pos >= ancestor.pos && node.end <= ancestor.end
}

function givesOneSide(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.QuestionQuestionToken || kind === ts.SyntaxKind.BarBarToken || kind === ts.SyntaxKind.AmpersandAmpersandToken
  )
}
