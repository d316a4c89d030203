// A key that is "changed" into itself is left alone: groupBy((value, key) => key) becomes groupByKey(), and so on.

import { ts } from 'ts-morph'
import { mentions } from './mentions.ts'
import { type EditedFile, type Fix, otherCall, withoutCall } from './text-edits.ts'

/** `callback` is an expression that gives the key, or `[key, value]`, of which `result` is what comes without parentheses. */
export function sameKeyFix(call: ts.CallExpression, callback: ts.ArrowFunction, result: ts.Expression, file: EditedFile): Fix | undefined {
  const method = ts.isPropertyAccessExpression(call.expression) ? call.expression.name.text : ''
  const textOf = (node: ts.Node): string => node.getText(file.source)
  const rest = call.arguments.slice(1).map(textOf)
  if (method === 'groupBy') return fixOf('use groupByKey()', otherCall(file, call, `groupByKey(${rest.join(', ')})`))
  if (method === 'selectKey') return fixOf('take selectKey() out', withoutCall(file, call))
  if (method !== 'map' || !ts.isArrayLiteralExpression(result) || result.elements.length !== 2) return undefined
  const [, value] = result.elements
  const [first, second] = callback.parameters
  if (value === undefined || ts.isSpreadElement(value) || first === undefined || second === undefined) return undefined
  // The key is the second of two parameters: it goes where nothing else needs it.
  const keepsKey = callback.parameters.length > 2 || mentions(value, textOf(second.name))
  const parameters = (keepsKey ? callback.parameters : [first]).map(textOf).join(', ')
  const text = ts.isObjectLiteralExpression(value) ? `(${textOf(value)})` : textOf(value)
  return fixOf('use mapValues()', otherCall(file, call, `mapValues(${[`(${parameters}) => ${text}`, ...rest].join(', ')})`))
}

function fixOf(title: string, edit: Fix['edits'][number] | undefined): Fix | undefined {
  return edit === undefined ? undefined : { title, edits: [edit] }
}
