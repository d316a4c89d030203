// What must not stand in the callback of an operator: a record may be processed again after a crash, and has to give the same then. Calls are followed
// into the project's own functions, in whatever file they are; what a package does is known of some packages. Only what is certain is reported.

import { ts } from 'ts-morph'
import { type Diagnostic, type DiagnosticCode, diagnostic } from '../diagnostics.ts'
import type { DslCall } from '../dsl-calls.ts'
import { clockFix } from '../fixes/clock-fix.ts'
import { machineFix } from '../fixes/machine-fix.ts'
import type { Fix } from '../fixes/text-edits.ts'
import type { Sources } from '../project.ts'
import { callbacksOf, type OperatorCallback } from './callbacks.ts'
import { CalledNames, unwrapped } from './called-names.ts'
import { Changes, shortText } from './changes.ts'
import { FunctionsOf, isOwnFunction, type OwnFunction } from './functions-of.ts'
import { HiddenStates, resetTarget } from './hidden-state.ts'
import { type ImpureCall, ImpureCalls } from './impure-calls.ts'
import { LaterChanges } from './later-changes.ts'
import { type Frame, isWithin, type Origin, Origins } from './origins.ts'

export function impurities(calls: readonly DslCall[], sources: Sources): Diagnostic[] {
  const inspection = new Inspection(sources, new Set(calls.map(({ node }) => node.getSourceFile())))
  for (const call of calls) inspection.call(call)
  return inspection.found
}

/** A chain of calls that is longer goes round, or is nothing that a person could follow. */
const pathLengthMax = 20

const keepInStore = 'Keep it in a store: by count(), reduce() or aggregate(), or in process() with builder.addStore().'

const copyDeeper = 'A copy has the very same objects in it: copy what you change too, `{ ...old, inner: { ...old.inner, changed: 1 } }`.'

/** Methods that hand the members of their object to a function, with the parameters that take them. */
const handsOn: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(
    'every filter find findIndex findLast findLastIndex flatMap forEach map some'.split(' ').map((method) => [method, [0]] as const),
  ),
  reduce: [1],
  reduceRight: [1],
  sort: [0, 1],
  toSorted: [0, 1],
}

class Inspection {
  readonly found: Diagnostic[] = []
  private readonly sources: Sources
  private readonly checker: ts.TypeChecker
  private readonly names: CalledNames
  private readonly functions: FunctionsOf
  private readonly impure: ImpureCalls
  private readonly changes: Changes
  private readonly hidden: HiddenStates
  private readonly origins: Origins
  private readonly later: LaterChanges
  /** Functions that were looked at already, by what they were handed. */
  private readonly visited = new Map<OwnFunction, Set<string>>()

  constructor(sources: Sources, files: ReadonlySet<ts.SourceFile>) {
    this.sources = sources
    this.checker = sources.program.getTypeChecker()
    this.names = new CalledNames(sources)
    this.functions = new FunctionsOf(sources, this.names)
    this.impure = new ImpureCalls(this.names, this.checker)
    this.changes = new Changes(this.names, this.checker)
    this.hidden = new HiddenStates(this.names, this.checker)
    this.origins = new Origins(this.names, this.checker)
    this.later = new LaterChanges(files, this.names, this.changes)
  }

  call(call: DslCall): void {
    for (const argument of call.node.arguments) this.checkHandedOver(argument, call)
    for (const callback of callbacksOf(call, this.functions)) this.callback(callback, call.method)
  }

  /** `mapValues(Date.now)`: a function of the platform's or of a package in the place of a callback. */
  private checkHandedOver(argument: ts.Expression, { method }: DslCall): void {
    const bare = unwrapped(argument)
    if (!ts.isIdentifier(bare) && !ts.isPropertyAccessExpression(bare)) return
    if (this.checker.getTypeAtLocation(bare).getCallSignatures().length === 0) return
    const call = this.impure.ofName(bare, 1)
    if (call !== undefined) this.reportCall(call, argument, [`${method}()`])
  }

  private callback({ function: callback, roots, at }: OperatorCallback, method: string): void {
    const isAsync = this.givesPromise(callback)
    if (isAsync) this.report('MR1204', at, { method: `${method}()` })
    // What is handed over by its name stands elsewhere.
    const path = at === callback || isWithin(callback, at) ? [`${method}()`] : [`${method}()`, nameOf(callback, at)]
    const frame: Frame = { roots, origins: new Map(), thisOrigin: undefined, path, isAsync }
    for (const { name } of callback.parameters) this.origins.bind(name, { kind: 'argument', name: shortText(name) }, frame)
    this.enter(callback, frame)
  }

  private enter(callee: OwnFunction, frame: Frame): void {
    const handed = [...callee.parameters.map(({ name }) => this.originOfParameter(name, frame)), frame.thisOrigin?.kind].join()
    const known = this.visited.get(callee) ?? new Set()
    this.visited.set(callee, known)
    if (known.has(handed) || frame.path.length > pathLengthMax) return
    known.add(handed)
    for (const parameter of callee.parameters) if (parameter.initializer !== undefined) this.visit(parameter.initializer, frame)
    this.visit(callee.body, frame)
  }

  private originOfParameter(name: ts.BindingName, frame: Frame): string {
    if (!ts.isIdentifier(name))
      return name.elements.map((one) => (ts.isOmittedExpression(one) ? '' : this.originOfParameter(one.name, frame))).join('/')
    const symbol = this.checker.getSymbolAtLocation(name)
    return symbol === undefined ? '' : (frame.origins.get(symbol)?.kind ?? '')
  }

  private visit(node: ts.Node, frame: Frame): void {
    if (ts.isTypeNode(node)) return
    if (ts.isVariableDeclaration(node)) this.bindVariable(node, frame)
    if (ts.isForOfStatement(node)) this.bindMembers(node, frame)
    for (const change of this.changes.of(node)) this.checkChange(change, node, frame)
    if (ts.isCallExpression(node)) {
      this.checkHiddenState(node, frame)
      this.checkCall(node, frame)
    } else if (ts.isNewExpression(node)) this.checkNew(node, frame)
    else if (ts.isPropertyAccessExpression(node)) this.checkRead(node, frame)
    else if (ts.isIdentifier(node)) this.checkLater(node, frame)
    // In a callback that is asynchronous as a whole one report is enough.
    else if (ts.isExpressionStatement(node) && !frame.isAsync) this.checkFloating(node)
    ts.forEachChild(node, (child) => this.visit(child, frame))
  }

  // -------------------------------------------------------------------------------------------------------------- values

  private bindVariable({ name, initializer, parent }: ts.VariableDeclaration, frame: Frame): void {
    // A variable that can be given another value says nothing of what it holds.
    const isConstant = ts.isVariableDeclarationList(parent) && (parent.flags & ts.NodeFlags.Const) !== 0
    const origin = !isConstant || initializer === undefined ? undefined : this.origins.of(initializer, frame)
    if (origin !== undefined) this.origins.bind(name, origin, frame)
  }

  private bindMembers({ initializer, expression }: ts.ForOfStatement, frame: Frame): void {
    const origin = this.origins.ofMembers(expression, frame)
    const [variable] = ts.isVariableDeclarationList(initializer) ? initializer.declarations : []
    if (origin !== undefined && variable !== undefined) this.origins.bind(variable.name, origin, frame)
  }

  private checkChange({ target, assigns, text, instead }: ReturnType<Changes['of']>[number], node: ts.Node, frame: Frame): void {
    const bare = unwrapped(target)
    const origin = this.origins.of(bare, frame)
    // To give a parameter another value changes nothing outside.
    if (origin === undefined || (assigns && ts.isIdentifier(bare) && origin.kind === 'argument')) return
    // A constant that holds something captured cannot be assigned: that is TypeScript's to say.
    const path = pathText(frame.path)
    const { name, isShared = false } = origin
    if (origin.kind === 'argument') this.report('MR1209', node, { change: text, name, path, instead: isShared ? copyDeeper : instead })
    else if (resetTarget(node) === undefined)
      this.report('MR1208', node, { change: text, name, path, instead: isShared ? copyDeeper : keepInStore })
  }

  /** Of what was made outside of the callback. */
  private checkHiddenState(node: ts.CallExpression, frame: Frame): void {
    const state = this.hidden.of(node)
    if (state === undefined || !ts.isPropertyAccessExpression(node.expression)) return
    const object = unwrapped(node.expression.expression)
    // What stands for a part of something outside, `const rows = table.values()`, was made inside.
    const symbol = this.names.symbolOf(object)
    const isHeld = symbol !== undefined && frame.origins.has(symbol)
    if (isHeld || !(ts.isIdentifier(object) || ts.isPropertyAccessExpression(object))) return
    if (this.origins.of(object, frame)?.kind !== 'captured') return
    this.report('MR1208', node, { change: shortText(node), name: state.name, path: pathText(frame.path), instead: state.instead })
  }

  // --------------------------------------------------------------------------------------------------------------- calls

  private checkCall(node: ts.CallExpression, frame: Frame): void {
    const call = this.impure.ofCall(node)
    // What is asynchronous is reported as a whole.
    if (call !== undefined && !(frame.isAsync && this.isPromise(this.checker.getTypeAtLocation(node))))
      this.reportCall(call, node, frame.path, this.fixOf(call, node, frame))
    const callees = this.functions.expression(node.expression)
    for (const callee of callees) this.follow(callee, node, frame)
    this.followArguments(node, frame)
  }

  private checkNew(node: ts.NewExpression, frame: Frame): void {
    const call = this.impure.ofNew(node)
    if (call !== undefined) this.reportCall(call, node, frame.path, this.fixOf(call, node, frame))
    const made = this.functions.made(node)
    if (made === undefined) return
    const path = [...frame.path, `new ${made.name?.text ?? 'class'}`]
    const inside = { ...frame, roots: [made], origins: new Map(), thisOrigin: undefined, path }
    for (const member of made.members) {
      if (ts.isConstructorDeclaration(member) && isOwnFunction(member)) this.follow(member, node, { ...inside, path: frame.path }, path)
      else if (ts.isPropertyDeclaration(member) && member.initializer !== undefined && !isStatic(member))
        this.visit(member.initializer, inside)
    }
  }

  private follow(
    callee: OwnFunction,
    node: ts.CallExpression | ts.NewExpression,
    frame: Frame,
    path = [...frame.path, nameOf(callee, node)],
  ): void {
    const isInside = frame.roots.some((root) => isWithin(callee, root))
    const { expression } = node
    const thisOrigin =
      ts.isCallExpression(node) && ts.isPropertyAccessExpression(expression) ? this.origins.of(expression.expression, frame) : undefined
    const isArrow = ts.isArrowFunction(callee)
    const called: Frame = {
      roots: isInside ? frame.roots : [callee],
      origins: isInside ? new Map(frame.origins) : new Map(),
      thisOrigin: isArrow && isInside ? frame.thisOrigin : isArrow ? undefined : thisOrigin,
      path,
      isAsync: this.givesPromise(callee),
    }
    const given = node.arguments ?? []
    callee.parameters.forEach(({ name }, index) => {
      const argument = given[index]
      const origin = argument === undefined || ts.isSpreadElement(argument) ? undefined : this.origins.of(argument, frame)
      if (origin !== undefined) this.origins.bind(name, origin, called)
    })
    this.enter(callee, called)
  }

  /** Functions that are handed on: those that are written there are looked at where they stand. */
  private followArguments(node: ts.CallExpression, frame: Frame): void {
    const { expression } = node
    const method = ts.isPropertyAccessExpression(expression) ? expression.name.text : ''
    const owner = ts.isPropertyAccessExpression(expression) ? this.origins.ofMembers(expression.expression, frame) : undefined
    const takesMembers = owner !== undefined && Object.hasOwn(handsOn, method) ? (handsOn[method] ?? []) : []
    for (const argument of node.arguments) {
      const bare = unwrapped(argument)
      const isWritten = ts.isArrowFunction(bare) || ts.isFunctionExpression(bare)
      if (isWritten) {
        this.bindHandedOn(bare, takesMembers, owner, frame)
        continue
      }
      if (!ts.isIdentifier(bare) && !ts.isPropertyAccessExpression(bare)) continue
      for (const callee of this.functions.named(bare)) {
        const isInside = frame.roots.some((root) => isWithin(callee, root))
        const roots = isInside ? frame.roots : [callee]
        const path = [...frame.path, nameOf(callee, node)]
        const called = {
          roots,
          origins: new Map(isInside ? frame.origins : []),
          thisOrigin: undefined,
          path,
          isAsync: this.givesPromise(callee),
        }
        this.bindHandedOn(callee, takesMembers, owner, called)
        this.enter(callee, called)
      }
    }
  }

  private bindHandedOn({ parameters }: OwnFunction, indexes: readonly number[], origin: Origin | undefined, frame: Frame): void {
    if (origin === undefined) return
    for (const index of indexes) {
      const parameter = parameters[index]
      if (parameter !== undefined) this.origins.bind(parameter.name, origin, frame)
    }
  }

  // --------------------------------------------------------------------------------------------------------------- reads

  private checkRead(node: ts.PropertyAccessExpression, frame: Frame): void {
    if (ts.isCallExpression(node.parent) && node.parent.expression === node) return
    const call = this.impure.ofRead(node)
    if (call !== undefined) this.reportCall(call, node, frame.path)
    for (const getter of this.functions.named(node)) {
      if (!ts.isGetAccessorDeclaration(getter)) continue
      const path = [...frame.path, getter.name.getText()]
      this.enter(getter, { roots: [getter], origins: new Map(), thisOrigin: this.origins.of(node.expression, frame), path, isAsync: false })
    }
  }

  private checkLater(node: ts.Identifier, frame: Frame): void {
    const change = this.later.of(node, frame.roots)
    if (change === undefined) return
    const { file, line } = this.sources.spanOf(change)
    this.report('MR1211', node, { name: node.text, path: pathText(frame.path), place: `${file}:${line}` })
  }

  private checkFloating(node: ts.ExpressionStatement): void {
    const bare = unwrapped(node.expression)
    const value = ts.isVoidExpression(bare) ? unwrapped(bare.expression) : bare
    if (!this.isPromise(this.checker.getTypeAtLocation(value))) return
    // That it does I/O says more.
    if (ts.isCallExpression(value) && this.impure.ofCall(value) !== undefined) return
    this.report('MR1205', node, {})
  }

  private givesPromise(callee: OwnFunction): boolean {
    const signature = this.checker.getSignatureFromDeclaration(callee)
    return signature !== undefined && this.isPromise(signature.getReturnType())
  }

  private isPromise(type: ts.Type): boolean {
    if (type.isUnion()) return type.types.some((one) => this.isPromise(one))
    const name = type.getSymbol()?.name
    return name === 'Promise' || name === 'PromiseLike'
  }

  /** In the callback itself; what a function does that others call too is its author's to change. */
  private fixOf({ code }: ImpureCall, node: ts.Node, { roots: [callback], path }: Frame): Fix | undefined {
    const file = this.sources.editedFile(node)
    if (code === 'MR1210') return machineFix(node, file)
    return code === 'MR1201' && callback !== undefined && path.length === 1 ? clockFix(node, callback, file, this.checker) : undefined
  }

  private reportCall({ code, text, of }: ImpureCall, node: ts.Node, path: readonly string[], fix?: Fix): void {
    this.report(code, node, { call: text, path: pathText(path), of: of ?? '' }, fix)
  }

  private report(code: DiagnosticCode, node: ts.Node, details: Readonly<Record<string, string>>, fix?: Fix): void {
    this.found.push(diagnostic(code, this.sources.spanOf(node), details, fix))
  }
}

/** How the code is reached from the operator; nothing where it stands in the callback itself. */
function pathText(path: readonly string[]): string {
  return path.length < 2 ? '' : ` (${path.join(' → ')})`
}

function isStatic(member: ts.PropertyDeclaration): boolean {
  return (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static) !== 0
}

function nameOf(callee: OwnFunction, node: ts.Node): string {
  const name = callee.name?.getText()
  if (name !== undefined) return name
  const holder = callee.parent
  if (ts.isVariableDeclaration(holder) || ts.isPropertyAssignment(holder) || ts.isPropertyDeclaration(holder)) return holder.name.getText()
  return shortText(ts.isCallExpression(node) || ts.isNewExpression(node) ? node.expression : node)
}
