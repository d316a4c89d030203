// A check of sources, with a fix: `currency: 'eur'` would fail when the first amount is written.

import type { SourceCheck, ts } from 'millrace/compiler'

export const currencies: SourceCheck = {
  summary: 'Currencies are written in capital letters.',
  *source({ ts, files }) {
    const found: ts.StringLiteral[] = []
    const visit = (node: ts.Node): void => {
      const isCurrency = ts.isPropertyAssignment(node) && node.name.getText() === 'currency'
      if (isCurrency && ts.isStringLiteral(node.initializer) && /^[A-Za-z]{3}$/.test(node.initializer.text)) found.push(node.initializer)
      ts.forEachChild(node, visit)
    }
    for (const file of files) visit(file)
    for (const at of found) {
      const capitals = at.text.toUpperCase()
      if (at.text === capitals) continue
      const fix = { title: `write ${capitals}`, edits: [{ at, text: `'${capitals}'` }] }
      yield { at, message: `'${at.text}' is no currency.`, remedy: `Write it in capital letters: ${capitals}.`, fix }
    }
  },
}
