// A check: topics are called after the team that owns them.

import type { GraphCheck } from 'millrace'

export const namedTopics: GraphCheck = {
  summary: 'Topics are called after the team that owns them.',
  *graph({ nodes }) {
    for (const { name, input, topic } of nodes) {
      const topics = input?.kind === 'topics' ? input.topics : topic === undefined ? [] : [topic]
      for (const { name: called } of topics.filter(({ internal }) => !internal)) {
        if (/^[a-z]+\.[a-z-]+$/.test(called)) continue
        const remedy = 'Call it after its team and what is in it, such as bank.payments.'
        yield { node: name, severity: 'warning', message: `The topic ${called} does not say whose it is.`, remedy }
      }
    }
  },
}
