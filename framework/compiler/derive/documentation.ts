// What JSDoc says of a type or a member: a description and tags.

import { ts } from 'ts-morph'
import type { Notes } from './shape.ts'

export interface Tag {
  /** Without the @. */
  readonly name: string
  readonly text: string
  readonly node: ts.Node
}

/** The tags of a declaration, in their order. */
export function tagsOf(declaration: ts.Node): Tag[] {
  const inline = inlineHostOf(declaration)
  return ts.getJSDocTags(inline ?? declaration).map((node) => ({
    name: node.tagName.text,
    text: textOf(node.comment).trim(),
    node: inline === undefined ? node : declaration,
  }))
}

export function notesOf(declaration: ts.Node): Notes | undefined {
  const tags = tagsOf(declaration)
  const own = ts.getJSDocCommentsAndTags(inlineHostOf(declaration) ?? declaration).filter((one) => ts.isJSDoc(one))
  const text = tags.find(({ name }) => name === 'description')?.text ?? textOf(own.at(-1)?.comment).trim()
  const isDeprecated = tags.some(({ name }) => name === 'deprecated')
  if (text === '' && !isDeprecated) return undefined
  return { ...(text === '' ? {} : { description: text }), ...(isDeprecated ? { deprecated: true } : {}) }
}

/**
 * TypeScript overlooks a comment behind a brace or another member on the same line, as in `{ /** @minimum 0 *\/ size: number }`; whoever wrote it would believe that
 * values are checked. The declaration that it gives has the comment alone.
 */
function inlineHostOf(declaration: ts.Node): ts.Node | undefined {
  if (!ts.isPropertySignature(declaration) && !ts.isPropertyDeclaration(declaration)) return undefined
  const { text } = declaration.getSourceFile()
  const comment = ts.getTrailingCommentRanges(text, declaration.pos)?.at(-1)
  if (comment === undefined || ts.getJSDocCommentsAndTags(declaration).length > 0) return undefined
  const written = text.slice(comment.pos, comment.end)
  const isBefore = !text.slice(comment.end, declaration.getStart()).includes('\n')
  if (!written.startsWith('/**') || !isBefore) return undefined
  const [statement] = ts.createSourceFile('comment.ts', `${written}\ntype Documented = never`, ts.ScriptTarget.Latest, true).statements
  return statement
}

function textOf(comment: string | ts.NodeArray<ts.JSDocComment> | undefined): string {
  return ts.getTextOfJSDocComment(comment) ?? ''
}
