// What the compiler needs of millrace.config.ts, read from its text: it is checked with the topologies, because a build carries it, and its `naming` is the
// default of topologies that set none.

import { ts } from 'ts-morph'
import type { Naming } from '../graph/topology.ts'

export const configFileName = 'millrace.config.ts'

/** A `naming` that is not written as a literal is the default. */
export function namingIn(config: ts.SourceFile | undefined): Naming {
  let naming: Naming = 'variables'
  const visit = (node: ts.Node): void => {
    const isNaming = ts.isPropertyAssignment(node) && node.name.getText() === 'naming' && ts.isStringLiteralLike(node.initializer)
    if (isNaming && node.initializer.getText().slice(1, -1) === 'kafka-streams') naming = 'kafka-streams'
    ts.forEachChild(node, visit)
  }
  if (config !== undefined) visit(config)
  return naming
}

/** `export default …`, or `export { settings as default }`. */
export function hasDefaultExport(config: ts.SourceFile): boolean {
  return config.statements.some(
    (statement) =>
      (ts.isExportAssignment(statement) && statement.isExportEquals !== true) ||
      (ts.isExportDeclaration(statement) &&
        statement.exportClause !== undefined &&
        ts.isNamedExports(statement.exportClause) &&
        statement.exportClause.elements.some(({ name }) => name.text === 'default')),
  )
}
