// The codecs of classes: which class has one, and how it is imported. A class of the project has a static member; one of somebody else has a constant, in a file of the topology or imported by one.

import { isAbsolute, relative } from 'node:path'
import { ts } from 'ts-morph'
import { isLibraryPath, withForwardSlashes } from '../library.ts'
import type { ShapeCodec } from './shape.ts'

export interface FoundCodec {
  /** What stands for an instance. */
  readonly encoded: ts.Type
  /** How the codec is imported; undefined: its file does not export it. */
  readonly codec: ShapeCodec | undefined
}

interface ConstantCodec extends FoundCodec {
  readonly instance: ts.Type
}

export interface CodecContext {
  readonly checker: ts.TypeChecker
  /** The folder of the project. */
  readonly folder: string
  /** The files of the topology. */
  readonly closure: readonly ts.SourceFile[]
}

export class ClassCodecs {
  private readonly context: CodecContext
  private readonly known = new Map<ts.Type, FoundCodec | null>()
  private constants: readonly ConstantCodec[] | undefined

  constructor(context: CodecContext) {
    this.context = context
  }

  /** That of a class; null: it has none. */
  of(type: ts.Type): FoundCodec | null {
    const symbol = type.getSymbol()
    if (symbol === undefined || !(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))) return null
    const known = this.known.get(type)
    if (known !== undefined) return known
    const found = this.staticOf(symbol, type) ?? this.constantOf(type, symbol.name) ?? null
    this.known.set(type, found)
    return found
  }

  private staticOf(symbol: ts.Symbol, type: ts.Type): FoundCodec | undefined {
    const { checker } = this.context
    const declaration = symbol.valueDeclaration
    if (!(symbol.flags & ts.SymbolFlags.Class) || declaration === undefined) return undefined
    const member = checker.getTypeOfSymbolAtLocation(symbol, declaration).getProperty('codec')
    if (member === undefined) return undefined
    const args = this.argumentsOf(checker.getTypeOfSymbolAtLocation(member, declaration))
    // A class inherits the member of its base, which makes instances of that one.
    if (args === undefined || args[0].getSymbol() !== symbol) return undefined
    // A codec of Box<number> gives no Box<string>.
    if (!checker.isTypeAssignableTo(args[0], type)) return undefined
    const place = this.exportOf(symbol, declaration.getSourceFile())
    return { encoded: args[1], codec: place === undefined ? undefined : { type: symbol.name, ...place, path: `${place.path}.codec` } }
  }

  /** A class may have two declarations, as Node's URL has: one of the module, one of the platform. */
  private constantOf(type: ts.Type, name: string): FoundCodec | undefined {
    const { checker } = this.context
    return this.constantsOf().find(
      ({ instance }) =>
        instance.getSymbol()?.name === name &&
        (instance.getSymbol() === type.getSymbol() ||
          (checker.isTypeAssignableTo(instance, type) && checker.isTypeAssignableTo(type, instance))),
    )
  }

  /** Constants of the files, and what they import of packages. */
  private constantsOf(): readonly ConstantCodec[] {
    if (this.constants !== undefined) return this.constants
    const { checker, closure } = this.context
    const found: ConstantCodec[] = []
    const take = (constant: ts.Symbol, at: ts.Node, place: Pick<ShapeCodec, 'module' | 'path'>): void => {
      if (!(constant.flags & ts.SymbolFlags.Variable)) return
      const args = this.argumentsOf(checker.getTypeOfSymbolAtLocation(constant, at))
      const symbol = args?.[0].getSymbol()
      if (args === undefined || symbol === undefined) return
      found.push({ instance: args[0], encoded: args[1], codec: { type: symbol.name, ...place } })
    }
    for (const file of closure) {
      const module = checker.getSymbolAtLocation(file)
      for (const exported of module === undefined ? [] : checker.getExportsOfModule(module))
        take(this.target(exported), file, { module: this.moduleOf(file), path: exported.name })
      for (const statement of file.statements) {
        if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
        const { text } = statement.moduleSpecifier
        const bindings = statement.importClause?.namedBindings
        if (/^[./]/.test(text) || bindings === undefined || !ts.isNamedImports(bindings)) continue
        for (const { name, propertyName } of bindings.elements) {
          const symbol = checker.getSymbolAtLocation(name)
          if (symbol !== undefined) take(this.target(symbol), name, { module: text, path: (propertyName ?? name).text })
        }
      }
    }
    this.constants = found
    return found
  }

  /** How a class is imported: from its file, or from the package that a file of the topology has it from. */
  private exportOf(symbol: ts.Symbol, file: ts.SourceFile): Pick<ShapeCodec, 'module' | 'path'> | undefined {
    const { checker, closure } = this.context
    if (!file.isDeclarationFile && !file.fileName.includes('/node_modules/')) {
      const module = checker.getSymbolAtLocation(file)
      const exported = (module === undefined ? [] : checker.getExportsOfModule(module)).find((one) => this.target(one) === symbol)
      return exported === undefined ? undefined : { module: this.moduleOf(file), path: exported.name }
    }
    for (const importing of closure) {
      for (const statement of importing.statements) {
        if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
        const module = checker.getSymbolAtLocation(statement.moduleSpecifier)
        const exported = (module === undefined ? [] : checker.getExportsOfModule(module)).find((one) => this.target(one) === symbol)
        if (exported !== undefined && !/^[./]/.test(statement.moduleSpecifier.text))
          return { module: statement.moduleSpecifier.text, path: exported.name }
      }
    }
    return undefined
  }

  private moduleOf(file: ts.SourceFile): string {
    const path = withForwardSlashes(relative(this.context.folder, file.fileName))
    return /^[.]{1,2}\//.test(path) || isAbsolute(path) ? path : `./${path}`
  }

  private target(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? this.context.checker.getAliasedSymbol(symbol) : symbol
  }

  /** T and E of Millrace's Codec<T, E>. */
  private argumentsOf(type: ts.Type): readonly [ts.Type, ts.Type] | undefined {
    const symbol = type.getSymbol()
    if (symbol?.name !== 'Codec') return undefined
    if (!(symbol.declarations ?? []).some((one) => isLibraryPath(withForwardSlashes(one.getSourceFile().fileName)))) return undefined
    const [instance, encoded] = this.context.checker.getTypeArguments(type as ts.TypeReference)
    return instance === undefined || encoded === undefined ? undefined : [instance, encoded]
  }
}

/** The name under which the derived module imports a module. */
export function importedAs(module: string): string {
  return `$from_${module.replace(/\W/g, (character) => `$${character.charCodeAt(0).toString(16)}`)}`
}

/** The codec, as an expression of the derived module. */
export function codecExpression({ module, path }: ShapeCodec): string {
  return `${importedAs(module)}.${path}`
}
