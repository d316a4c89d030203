// Fixes that checks of plugins give, as edits of text: those of sources name a node of the syntax tree, those of graphs options of the call that made a node of
// the graph. What cannot be an edit of this project throws an Error, which becomes a diagnostic with the name of the plugin.

import { ts } from 'ts-morph'
import type { OptionsFix, SourceEdit, SourceFix } from '../../ports/check.ts'
import type { CallSpan } from '../derivation.ts'
import type { Sources } from '../project.ts'
import { touches } from './apply-fixes.ts'
import { type EditedFile, type Fix, replaced, replacedNode, type TextEdit, withOption } from './text-edits.ts'

/** More are a loop without end. */
const editsMax = 1000

export function sourceFix({ title, edits }: SourceFix, sources: Sources): Fix {
  if (!isText(title) || !Array.isArray(edits) || edits.length === 0 || edits.length > editsMax)
    throw new Error(`it has given a fix without a title, or without a list of 1 to ${editsMax} edits`)
  const texts = edits.map((edit: SourceEdit) => sourceEdit(edit, sources))
  if (texts.some((one, index) => texts.slice(index + 1).some((other) => touches(one, other))))
    throw new Error('it has given a fix whose edits overlap')
  return { title, edits: texts }
}

function sourceEdit(edit: SourceEdit, sources: Sources): TextEdit {
  const node = edit.at as ts.Node
  const source = node.getSourceFile()
  if (!sources.isOwn(source)) throw new Error(`it has given a fix of ${sources.pathOf(source)}, which is no file of the project`)
  const { start = node.getStart(source), end = node.getEnd(), text } = edit
  const isRange = Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= source.getEnd()
  if (!isRange || typeof text !== 'string')
    throw new Error(`it has given a fix of ${sources.pathOf(source)} from ${start} to ${end}, which is no text of it`)
  return replaced(sources.editedFile(node), start, end, text)
}

/** undefined where there is no such call, or its options are not written there. */
export function optionsFix({ title, options }: OptionsFix, call: CallSpan | undefined, sources: Sources): Fix | undefined {
  const given = typeof options === 'object' && options !== null ? Object.entries(options) : []
  if (!isText(title) || given.length === 0) throw new Error('it has given a fix without a title, or without options')
  const texts = given.map(([name, value]) => ({ name, text: literalText(value) }))
  // A topology of a plugin is compiled already.
  if (call === undefined || call.optionsIndex === -1 || !sources.isOwn(call.node.getSourceFile())) return undefined
  const file = sources.editedFile(call.node)
  const object = call.node.arguments[call.optionsIndex]
  const present = texts.filter(({ name }) => propertyOf(object, name) !== undefined)
  const added = texts.filter((one) => !present.includes(one)).map(({ name, text }) => `${nameText(name)}: ${text}`)
  const edits = present.flatMap(({ name, text }) => setProperty(file, propertyOf(object, name), name, text) ?? [])
  const addition = added.length === 0 ? undefined : withOption(file, call.node, call.optionsIndex, added.join(', '))
  const isWhole = edits.length === present.length && (added.length === 0 || addition !== undefined)
  return isWhole ? { title, edits: addition === undefined ? edits : [...edits, addition] } : undefined
}

function propertyOf(object: ts.Expression | undefined, name: string): ts.ObjectLiteralElementLike | undefined {
  if (object === undefined || !ts.isObjectLiteralExpression(object)) return undefined
  return object.properties.find((one) => one.name !== undefined && !ts.isComputedPropertyName(one.name) && one.name.text === name)
}

function setProperty(
  file: EditedFile,
  property: ts.ObjectLiteralElementLike | undefined,
  name: string,
  text: string,
): TextEdit | undefined {
  if (property === undefined) return undefined
  if (ts.isPropertyAssignment(property)) return replacedNode(file, property.initializer, text)
  return ts.isShorthandPropertyAssignment(property) ? replacedNode(file, property, `${nameText(name)}: ${text}`) : undefined
}

/** JSON as somebody would write it in TypeScript. */
function literalText(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (value === null || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return String(value)
  if (Array.isArray(value)) return `[${value.map(literalText).join(', ')}]`
  if (typeof value !== 'object') throw new Error(`it has given a fix with an option that is no JSON: ${String(value)}`)
  const members = Object.entries(value).map(([name, member]) => `${nameText(name)}: ${literalText(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

function nameText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}

function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

function isText(text: unknown): text is string {
  return typeof text === 'string' && text !== ''
}
