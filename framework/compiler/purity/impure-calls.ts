// What is wrong with one call, by what it calls: a function of the platform, of Node's modules, or of a known package.

import { ts } from 'ts-morph'
import type { DiagnosticCode } from '../diagnostics.ts'
import type { CalledNames } from './called-names.ts'
import { codeOfPackage } from './package-functions.ts'
import { codeOfClass, codeOfGlobal, codeOfModule, isEnvironment, takenOfMachine } from './platform-functions.ts'

export interface ImpureCall {
  readonly code: DiagnosticCode
  /** As it is shown: `Date.now()`. */
  readonly text: string
  /** What it takes of the machine: its language, its time zone. */
  readonly of?: string
}

export class ImpureCalls {
  private readonly names: CalledNames
  private readonly checker: ts.TypeChecker

  constructor(names: CalledNames, checker: ts.TypeChecker) {
    this.names = names
    this.checker = checker
  }

  ofCall({ expression, arguments: given }: ts.CallExpression): ImpureCall | undefined {
    return this.ofName(expression, given.length)
  }

  /** Of a function that is called, or handed over to be called. */
  ofName(expression: ts.Expression, argumentCount: number): ImpureCall | undefined {
    const called = this.names.of(expression)
    if (called === undefined) return undefined
    const { kind, name } = called
    if (kind === 'global') return impure(codeOfGlobal(name), `${name}()`)
    if (kind === 'module') return impure(codeOfModule(called.module, name), `${called.module}.${name}()`)
    if (kind === 'package') return impure(codeOfPackage(called.package, name, argumentCount), `${name}() of ${called.package}`)
    const of = takenOfMachine(this.ownerOf(expression, called.owner), name, argumentCount)
    return of === undefined ? undefined : { code: 'MR1210', text: `${name}()`, of }
  }

  ofNew(node: ts.NewExpression): ImpureCall | undefined {
    const name = this.names.globalName(node.expression)
    const given = node.arguments?.length ?? 0
    if (name === 'Date' && given === 0) return { code: 'MR1201', text: 'new Date()' }
    if (name === 'Date' && given > 1) return { code: 'MR1210', text: 'new Date(year, month, …)', of: 'time zone' }
    if (name?.startsWith('Intl.') === true && given === 0) return { code: 'MR1210', text: `new ${name}()`, of: 'language' }
    if (name !== undefined) return impure(codeOfClass(name), `new ${name}()`)
    const called = this.names.of(node.expression)
    if (called?.kind === 'module') return impure(codeOfModule(called.module, called.name), `new ${called.module}.${called.name}()`)
    return called?.kind === 'package'
      ? impure(codeOfPackage(called.package, called.name, given), `new ${called.name}() of ${called.package}`)
      : undefined
  }

  /** `process.env`. */
  ofRead(node: ts.PropertyAccessExpression): ImpureCall | undefined {
    const name = this.names.globalName(node)
    return name !== undefined && isEnvironment(name) ? { code: 'MR1207', text: name } : undefined
  }

  /** toString and toLocaleString are declared by Object too: what they are called on says whose they are. */
  private ownerOf(expression: ts.Expression, declared: string): string {
    if (!ts.isPropertyAccessExpression(expression)) return declared
    const type = this.checker.getNonNullableType(this.checker.getTypeAtLocation(expression.expression))
    return type.getSymbol()?.name === 'Date' ? 'Date' : declared
  }
}

function impure(code: DiagnosticCode | undefined, text: string): ImpureCall | undefined {
  return code === undefined ? undefined : { code, text }
}
