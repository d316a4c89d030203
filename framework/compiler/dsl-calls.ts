// The calls of Millrace's own methods in a file, with what the compiler may write into them. It is generic: a method that takes a last parameter called
// `options` gets serdes for the properties of type Serde<X> that its author left out, and a name if there is one to give. So a new operator of the dsl needs
// nothing here.

import { ts } from 'ts-morph'
import { isLibraryPath, withForwardSlashes } from './library.ts'

export interface DslCall {
  readonly node: ts.CallExpression
  /** `stream`, `filter`, `topology` … */
  readonly method: string
  /** Whether it is called on something (`stream.filter`), as all operators are. */
  readonly isMethod: boolean
  /** The types of the parameters as resolved for this call. */
  readonly signature: ts.Signature
  /** Where the options object stands in the arguments; -1 if the method takes none. */
  readonly optionsIndex: number
  readonly givenOptions: ts.Expression | undefined
  readonly takesName: boolean
  /** The name that the author gave as a literal. */
  readonly givenName: string | undefined
  /** X of each option of type Serde<X>, given or not. */
  readonly serdeTypes: Readonly<Record<string, ts.Type>>
  /** Descriptions of types left out: the property and the X of its TypeDescription<X>. */
  readonly missingTypes: readonly { readonly property: string; readonly type: ts.Type }[]
  /** Serdes left out: the property and the type X of its Serde<X>. */
  readonly missingSerdes: readonly { readonly property: string; readonly type: ts.Type }[]
}

/** Whether a file belongs to Millrace. */
export function isLibraryFile(file: ts.SourceFile): boolean {
  return isLibraryPath(withForwardSlashes(file.fileName))
}

export interface CallContext {
  readonly checker: ts.TypeChecker
  /** Whether a file belongs to Millrace. */
  readonly isLibraryFile: (file: ts.SourceFile) => boolean
}

/** In the order of the text. */
export function dslCalls(file: ts.SourceFile, context: CallContext): DslCall[] {
  const calls: DslCall[] = []
  const visit = (node: ts.Node): void => {
    // Children first: in a chain a().b() the call of a is a child of that of b.
    ts.forEachChild(node, visit)
    if (!ts.isCallExpression(node)) return
    const call = dslCall(node, context)
    if (call !== null) calls.push(call)
  }
  visit(file)
  return calls
}

/** null where it is no call of a method of Millrace's. */
export function dslCall(node: ts.CallExpression, context: CallContext): DslCall | null {
  const signature = context.checker.getResolvedSignature(node)
  const declaration = signature?.declaration
  if (signature === undefined || declaration === undefined) return null
  if (!context.isLibraryFile(declaration.getSourceFile())) return callOfPlugin(node, signature, context)
  const isMethod = ts.isPropertyAccessExpression(node.expression)
  const method = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText()
  const parameters = signature.getParameters()
  const last = parameters.at(-1)
  const optionsIndex = last?.name === 'options' ? parameters.length - 1 : -1
  const common = { node, method, isMethod, signature, optionsIndex }
  if (last === undefined || optionsIndex === -1)
    return {
      ...common,
      givenOptions: undefined,
      takesName: false,
      givenName: undefined,
      serdeTypes: {},
      missingTypes: [],
      missingSerdes: [],
    }
  const givenOptions = node.arguments[optionsIndex]
  const optionsType = context.checker.getNonNullableType(context.checker.getTypeOfSymbolAtLocation(last, node))
  const isGiven = givenProperties(givenOptions, context.checker)
  const serdes = optionsType.getProperties().flatMap((property) => {
    const type = argumentOf('Serde', context.checker.getTypeOfSymbolAtLocation(property, node), context)
    return type === null ? [] : [{ property: property.name, type }]
  })
  const missingSerdes = serdes.filter(({ property }) => !isGiven(property))
  const missingTypes = typesLeftOut(optionsType, node, isGiven, context)
  const serdeTypes = Object.fromEntries(serdes.map(({ property, type }) => [property, type]))
  const takesName = isMethod && optionsType.getProperty('name') !== undefined && !isGiven('name')
  return { ...common, givenOptions, takesName, givenName: literalName(givenOptions), serdeTypes, missingTypes, missingSerdes }
}

/** A function of a plugin that takes the description of a type. */
function callOfPlugin(node: ts.CallExpression, signature: ts.Signature, context: CallContext): DslCall | null {
  const parameters = signature.getParameters()
  const last = parameters.at(-1)
  if (last?.name !== 'options') return null
  const optionsIndex = parameters.length - 1
  const givenOptions = node.arguments[optionsIndex]
  const optionsType = context.checker.getNonNullableType(context.checker.getTypeOfSymbolAtLocation(last, node))
  const missingTypes = typesLeftOut(optionsType, node, givenProperties(givenOptions, context.checker), context)
  if (missingTypes.length === 0) return null
  const method = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText()
  const nothing = { takesName: false, givenName: undefined, serdeTypes: {}, missingSerdes: [] }
  return { node, method, isMethod: false, signature, optionsIndex, givenOptions, missingTypes, ...nothing }
}

function typesLeftOut(
  options: ts.Type,
  node: ts.CallExpression,
  isGiven: (name: string) => boolean,
  context: CallContext,
): DslCall['missingTypes'] {
  return options.getProperties().flatMap((property) => {
    if (isGiven(property.name)) return []
    const type = argumentOf('TypeDescription', context.checker.getTypeOfSymbolAtLocation(property, node), context)
    return type === null ? [] : [{ property: property.name, type }]
  })
}

/** X of Serde<X> | undefined, where Serde is Millrace's. */
function argumentOf(name: 'Serde' | 'TypeDescription', type: ts.Type, { checker, isLibraryFile }: CallContext): ts.Type | null {
  const bare = checker.getNonNullableType(type)
  const symbol = bare.getSymbol()
  if (symbol?.name !== name || !(symbol.declarations ?? []).some((one) => isLibraryFile(one.getSourceFile()))) return null
  return checker.getTypeArguments(bare as ts.TypeReference)[0] ?? null
}

/** Which properties the author gives: of an object literal those that it writes, of any other expression those that its type always has. */
function givenProperties(given: ts.Expression | undefined, checker: ts.TypeChecker): (name: string) => boolean {
  if (given === undefined) return () => false
  const type = checker.getTypeAtLocation(given)
  return (name) => {
    if (ts.isObjectLiteralExpression(given) && given.properties.some((property) => property.name?.getText() === name)) return true
    const property = type.getProperty(name)
    return property !== undefined && !(property.flags & ts.SymbolFlags.Optional)
  }
}

function literalName(given: ts.Expression | undefined): string | undefined {
  if (given === undefined || !ts.isObjectLiteralExpression(given)) return undefined
  const property = given.properties.find((one) => one.name?.getText() === 'name')
  if (property === undefined || !ts.isPropertyAssignment(property)) return undefined
  return ts.isStringLiteralLike(property.initializer) ? property.initializer.text : undefined
}
