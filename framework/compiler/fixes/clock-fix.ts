// `Date.now()` in an operator becomes the timestamp of the record, where the operator is handed the record: what it is called there, or a parameter put in.

import { ts } from 'ts-morph'
import { isLibraryPath, withForwardSlashes } from '../library.ts'
import { mentions } from './mentions.ts'
import { type EditedFile, type Fix, inserted, replacedNode, type TextEdit } from './text-edits.ts'

/** `callback` is the function that the operator was given, around the node. */
export function clockFix(node: ts.Node, callback: ts.Node, file: EditedFile, checker: ts.TypeChecker): Fix | undefined {
  const isClass = ts.isNewExpression(node)
  if (!isClass && !(ts.isCallExpression(node) && node.expression.getText(file.source) === 'Date.now')) return undefined
  if (isClass && node.expression.getText(file.source) !== 'Date') return undefined
  const reached = timestampAt(node, callback, file, checker)
  if (reached === undefined) return undefined
  const { expression, edits } = reached
  const text = isClass ? `new Date(${expression})` : expression
  return { title: `take the timestamp of the record, ${text}`, edits: [...edits, replacedNode(file, node, text)] }
}

interface Timestamp {
  readonly expression: string
  /** What is needed for it. */
  readonly edits: readonly TextEdit[]
}

function timestampAt(node: ts.Node, callback: ts.Node, file: EditedFile, checker: ts.TypeChecker): Timestamp | undefined {
  const between: ts.Node[] = []
  for (let at = node.parent; at !== undefined && !ts.isSourceFile(at); at = at.parent) {
    if (ts.isFunctionLike(at)) {
      const given = givenTimestamp(at, checker)
      // What another function in between calls the same would hide it.
      if (given !== undefined)
        return between.some((inner) => declares(inner, given.split('.')[0] ?? given)) ? undefined : { expression: given, edits: [] }
      between.push(at)
    }
    if (at === callback) return withRecord(at, file, checker)
  }
  return undefined
}

/** By a parameter that the function has. */
function givenTimestamp({ parameters }: ts.SignatureDeclaration, checker: ts.TypeChecker): string | undefined {
  const taken = parameters.find((parameter) => isRecord(checker.getTypeAtLocation(parameter)))
  if (taken === undefined || taken.dotDotDotToken !== undefined) return undefined
  if (ts.isIdentifier(taken.name)) return `${taken.name.text}.timestamp`
  if (!ts.isObjectBindingPattern(taken.name)) return undefined
  const element = taken.name.elements.find((one) => (one.propertyName ?? one.name).getText() === 'timestamp')
  return element !== undefined && ts.isIdentifier(element.name) ? element.name.text : undefined
}

/** By a parameter that is put in, with those before it. */
function withRecord(callback: ts.Node, file: EditedFile, checker: ts.TypeChecker): Timestamp | undefined {
  if (!ts.isArrowFunction(callback) && !ts.isFunctionExpression(callback)) return undefined
  const expected = checker.getContextualType(callback)?.getCallSignatures()[0]?.getParameters() ?? []
  const index = expected.findIndex((parameter) => isRecord(checker.getTypeOfSymbolAtLocation(parameter, callback)))
  const { parameters } = callback
  if (index === -1 || parameters.length > index || parameters.some((one) => one.dotDotDotToken !== undefined)) return undefined
  const added = expected
    .slice(parameters.length, index + 1)
    .map(({ name }, place, all) => (place === all.length - 1 ? 'record' : `_${name}`))
  // A name that is used there already would mean something else.
  if (added.some((name) => mentions(callback, name))) return undefined
  const open = parameters.pos
  const isBare = file.source.text[open - 1] !== '('
  const last = parameters.at(-1)
  if (last === undefined) return isBare ? undefined : { expression: 'record.timestamp', edits: [inserted(file, open, added.join(', '))] }
  const edits = isBare
    ? [replacedNode(file, last, `(${[last.getText(file.source), ...added].join(', ')})`)]
    : [inserted(file, last.getEnd(), `, ${added.join(', ')}`)]
  return { expression: 'record.timestamp', edits }
}

/** Millrace's record, or one of a topic: with a timestamp. */
function isRecord(type: ts.Type): boolean {
  const isOurs = type.getSymbol()?.declarations?.some((one) => isLibraryPath(withForwardSlashes(one.getSourceFile().fileName))) ?? false
  return isOurs && type.getProperty('timestamp') !== undefined && type.getProperty('value') !== undefined
}

function declares(node: ts.Node, name: string): boolean {
  return ts.isFunctionLike(node) && node.parameters.some((parameter) => mentions(parameter.name, name))
}
