// Writes what was derived into the calls, as an author could have written it by hand: `stream('flights', { name: 'flights', key: … })`. Only
// text is put in, none moved or taken out, and the source map says where each piece came from.

import MagicString from 'magic-string'
import { ts } from 'ts-morph'

/** What one call gets: expressions by property. */
export interface CallEdit {
  readonly node: ts.CallExpression
  readonly optionsIndex: number
  readonly properties: ReadonlyMap<string, string>
}

export interface RewrittenFile {
  readonly text: string
  /** A source map as JSON; its one source is `path`. */
  readonly map: string
}

export interface RewriteOptions {
  /** How the file is called in the source map. */
  readonly path: string
  /** What is put before the first statement: the import that the expressions need. */
  readonly preamble: string
}

export function rewriteFile(file: ts.SourceFile, edits: readonly CallEdit[], { path, preamble }: RewriteOptions): RewrittenFile {
  const text = new MagicString(file.text)
  for (const edit of edits) {
    if (edit.properties.size > 0) insertProperties(text, edit)
  }
  // On the line of the first statement, so that lines keep their numbers even for tools without the map.
  const first = file.statements[0]?.getStart(file) ?? 0
  if (preamble !== '' && edits.length > 0) text.appendLeft(first, `${preamble}; `)
  return { text: text.toString(), map: text.generateMap({ source: path, includeContent: true, hires: 'boundary' }).toString() }
}

function insertProperties(text: MagicString, { node, optionsIndex, properties }: CallEdit): void {
  const written = [...properties].map(([name, expression]) => `${name}: ${expression}`).join(', ')
  const given = node.arguments[optionsIndex]
  if (given === undefined) {
    const missing = Array.from({ length: optionsIndex - node.arguments.length }, () => 'undefined')
    const inserted = [...missing, `{ ${written} }`].join(', ')
    const last = node.arguments.at(-1)
    if (last === undefined) text.appendLeft(node.getEnd() - 1, inserted)
    else text.appendLeft(last.getEnd(), `, ${inserted}`)
  } else if (ts.isObjectLiteralExpression(given)) {
    // Before what the author wrote, so that a spread of theirs wins.
    text.appendLeft(given.getStart() + 1, given.properties.length === 0 ? ` ${written} ` : ` ${written},`)
  } else {
    text.appendLeft(given.getStart(), `{ ${written}, ...(`)
    text.appendLeft(given.getEnd(), ') }')
  }
}
