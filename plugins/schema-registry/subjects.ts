// Under which subject a schema is registered, as Java's subject name strategies have it.

import type { SerdeUse } from '../../framework/index.ts'

export interface SubjectOf extends SerdeUse {
  /** The full name of the type, such as `shop.Order`. */
  readonly typeName: string | undefined
}

/**
 * `topic`: `<topic>-key` or `<topic>-value` (TopicNameStrategy); `record`: the full name of the type (RecordNameStrategy); `topicRecord`: both, with a hyphen
 * (TopicRecordNameStrategy); or a function that gives the subject.
 */
export type SubjectStrategy = 'topic' | 'record' | 'topicRecord' | ((use: SubjectOf) => string)

/** Undefined: it would take the topic, which each record chooses, or the name of a type that has none. */
export function subjectOf(strategy: SubjectStrategy, use: SubjectOf): string | undefined {
  if (typeof strategy === 'function') return strategy(use)
  const { topic, part, typeName } = use
  if (strategy === 'record') return typeName
  if (topic === undefined) return undefined
  if (strategy === 'topic') return `${topic}-${part}`
  return typeName === undefined ? undefined : `${topic}-${typeName}`
}
