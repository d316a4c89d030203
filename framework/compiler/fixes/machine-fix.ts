// What takes language or time zone of the machine takes English or UTC instead, as the diagnostic recommends: `getHours()` becomes `getUTCHours()`.

import { ts } from 'ts-morph'
import { type EditedFile, type Fix, inserted, replacedNode } from './text-edits.ts'

const withUtc = /^(get|set)(Date|Day|FullYear|Hours|Month)$/

export function machineFix(node: ts.Node, file: EditedFile): Fix | undefined {
  if (ts.isNewExpression(node)) return ofNew(node, file)
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined
  const { name } = node.expression
  const { length: count } = node.arguments
  const [, verb, part] = withUtc.exec(name.text) ?? []
  if (verb !== undefined && part !== undefined) {
    const instead = `${verb}UTC${part}`
    return { title: `take UTC, ${instead}()`, edits: [replacedNode(file, name, instead)] }
  }
  const atEnd = (text: string): Fix['edits'] => [inserted(file, node.arguments.at(-1)?.getEnd() ?? node.getEnd() - 1, text)]
  if (name.text === 'localeCompare' && count === 1) return { title: "name the language, 'en'", edits: atEnd(", 'en'") }
  if (/^toLocale(Lower|Upper)Case$/.test(name.text) && count === 0) return { title: "name the language, 'en'", edits: atEnd("'en'") }
  if (/^toLocale(Date|Time)String$/.test(name.text) && count === 0)
    return { title: "name the language, 'en', and take UTC", edits: atEnd("'en', { timeZone: 'UTC' }") }
  return undefined
}

function ofNew(node: ts.NewExpression, file: EditedFile): Fix | undefined {
  const given = node.arguments ?? []
  const [first, last] = [given[0], given.at(-1)]
  if (node.expression.getText(file.source) !== 'Date' || first === undefined || last === undefined || given.length < 2) return undefined
  const edits = [inserted(file, first.getStart(file.source), 'Date.UTC('), inserted(file, last.getEnd(), ')')]
  return { title: 'take UTC, Date.UTC(…)', edits }
}
