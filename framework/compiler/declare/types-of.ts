// The types of a topology's topics, of what the compiler has of it.

import type { Derivation } from '../derivation.ts'
import type { TypeContext } from '../derive/shape-of-type.ts'
import type { DslCall } from '../dsl-calls.ts'
import type { Evaluation } from '../evaluate.ts'
import { type TopicTypes, topicTypes } from './topic-types.ts'

export function typesOf(evaluation: Evaluation, derivation: Derivation, calls: readonly DslCall[], context: TypeContext): TopicTypes {
  return topicTypes({ manifest: evaluation.manifest, calls, shapes: derivation.serdes.shapes, context })
}
