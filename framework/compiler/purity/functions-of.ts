// Which functions of the project an expression may give: one written there, one by its name, what a function of the project returns, and what is put into a
// call of another's (`flow(trim, lower)`), which will probably call it.

import { ts } from 'ts-morph'
import type { Sources } from '../project.ts'
import { type CalledNames, unwrapped } from './called-names.ts'

/** A function with its code, of the author's. */
export type OwnFunction = ts.FunctionLikeDeclaration & { readonly body: ts.Block | ts.Expression }

export type Supplied = ts.ClassLikeDeclaration | ts.ObjectLiteralExpression

/** Further than this nobody nests functions that make functions. */
const depthMax = 8

export class FunctionsOf {
  private readonly sources: Sources
  private readonly names: CalledNames

  constructor(sources: Sources, names: CalledNames) {
    this.sources = sources
    this.names = names
  }

  isCallable(expression: ts.Expression): boolean {
    return this.sources.program.getTypeChecker().getTypeAtLocation(expression).getCallSignatures().length > 0
  }

  expression(expression: ts.Expression, depth = 0): readonly OwnFunction[] {
    if (depth > depthMax) return []
    const bare = unwrapped(expression)
    if (ts.isArrowFunction(bare) || ts.isFunctionExpression(bare)) return [bare]
    if (ts.isConditionalExpression(bare)) return [bare.whenTrue, bare.whenFalse].flatMap((one) => this.expression(one, depth + 1))
    if (ts.isIdentifier(bare) || ts.isPropertyAccessExpression(bare)) return this.named(bare, depth)
    if (!ts.isCallExpression(bare)) return []
    const own = this.expression(bare.expression, depth + 1)
    const given = bare.arguments.flatMap((argument) => this.expression(argument, depth + 1))
    return [...own.flatMap((maker) => resultsOf(maker).flatMap((result) => this.expression(result, depth + 1))), ...given]
  }

  /** What a name stands for: a function, a method, a getter, or a constant that holds one. */
  named(name: ts.Expression, depth = 0): readonly OwnFunction[] {
    return (this.names.symbolOf(name)?.declarations ?? []).flatMap((declaration) => this.declared(declaration, depth))
  }

  private declared(declaration: ts.Declaration, depth: number): readonly OwnFunction[] {
    if (!this.sources.isOwn(declaration.getSourceFile())) return []
    if (ts.isFunctionLike(declaration)) return isOwnFunction(declaration) ? [declaration] : []
    if (ts.isShorthandPropertyAssignment(declaration)) return this.expression(declaration.name, depth + 1)
    const holds = ts.isVariableDeclaration(declaration) || ts.isPropertyAssignment(declaration) || ts.isPropertyDeclaration(declaration)
    return holds && declaration.initializer !== undefined ? this.expression(declaration.initializer, depth + 1) : []
  }

  /** The constructor of a class of the project's, and what gives its fields their first values. */
  made(expression: ts.NewExpression): ts.ClassLikeDeclaration | undefined {
    const declarations = this.names.symbolOf(expression.expression)?.declarations ?? []
    return declarations.find((one) => ts.isClassLike(one) && this.sources.isOwn(one.getSourceFile())) as ts.ClassLikeDeclaration | undefined
  }

  /** A class, and those of the project that it extends. */
  withBases(made: ts.ClassLikeDeclaration): readonly ts.ClassLikeDeclaration[] {
    const found = new Set([made])
    for (const one of found) {
      const base = one.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0]
      for (const declaration of base === undefined ? [] : (this.names.symbolOf(base.expression)?.declarations ?? []))
        if (ts.isClassLike(declaration) && this.sources.isOwn(declaration.getSourceFile())) found.add(declaration)
    }
    return [...found]
  }

  /** The objects that a supplier gives (`() => new Watch()`, `() => ({ process … })`), as classes and literals. */
  suppliedBy(supplier: OwnFunction): readonly Supplied[] {
    return resultsOf(supplier).flatMap((result): readonly Supplied[] => {
      const bare = unwrapped(result)
      if (ts.isObjectLiteralExpression(bare)) return [bare]
      if (ts.isNewExpression(bare)) return listOf(this.made(bare))
      if (!ts.isIdentifier(bare)) return []
      const declaration = this.names.symbolOf(bare)?.valueDeclaration
      if (declaration === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer === undefined) return []
      const value = unwrapped(declaration.initializer)
      return ts.isObjectLiteralExpression(value) ? [value] : ts.isNewExpression(value) ? listOf(this.made(value)) : []
    })
  }
}

function listOf<T>(one: T | undefined): readonly T[] {
  return one === undefined ? [] : [one]
}

export function isOwnFunction(node: ts.Node): node is OwnFunction {
  return ts.isFunctionLike(node) && (node as ts.FunctionLikeDeclaration).body !== undefined
}

/** The expressions that a function returns, not those of functions inside of it. */
export function resultsOf({ body }: OwnFunction): readonly ts.Expression[] {
  if (!ts.isBlock(body)) return [body]
  const results: ts.Expression[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isReturnStatement(node) && node.expression !== undefined) results.push(node.expression)
    if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit)
  }
  visit(body)
  return results
}
