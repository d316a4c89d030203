// Compares what came of a case with what Kafka Streams made of it, aspect by aspect.

import { isDeepStrictEqual } from 'node:util'
import type { Expectation } from './vector.ts'

export const aspects = ['outputs', 'stores', 'internal', 'describe'] as const
export type Aspect = (typeof aspects)[number]

/** The aspects that differ; `error` is always looked at. What the vector does not have must not be there. */
export function differences(expected: Expectation, actual: Expectation, only: readonly Aspect[] = aspects): readonly (Aspect | 'error')[] {
  const differing: (Aspect | 'error')[] = only.filter(
    (aspect) => !isDeepStrictEqual(comparable(expected)[aspect], comparable(actual)[aspect]),
  )
  const { phase, step } = expected.error ?? {}
  const sameError = phase === actual.error?.phase && step === actual.error?.step
  return sameError ? differing : [...differing, 'error']
}

/** The aspects that differ, each with its first difference, to read; '' if none does. */
export function problemOf(expected: Expectation, actual: Expectation, only: readonly Aspect[] = aspects): string {
  return differences(expected, actual, only)
    .map((aspect) => explain(expected, actual, aspect))
    .join('\n')
}

/** Of a dead letter's headers, those that hold a class or a stack of Java are compared by their presence; those of ours beside them are none of Kafka Streams'. */
function comparable(expectation: Expectation): Expectation {
  const { outputs } = expectation
  if (outputs === undefined) return expectation
  return {
    ...expectation,
    outputs: outputs.map((row) =>
      row.headers === undefined
        ? row
        : { ...row, headers: row.headers.filter(([key]) => !key.startsWith('__millrace.errors.')).map(withoutJava) },
    ),
  }
}

function withoutJava([key, text]: readonly [string, string]): readonly [string, string] {
  return [key, ['__streams.errors.exception', '__streams.errors.stacktrace'].includes(key) ? '' : text]
}

/** The first place where two aspects differ, as lines to read. */
export function explain(expected: Expectation, actual: Expectation, aspect: Aspect | 'error'): string {
  const [path, left, right] = firstDifference(expected[aspect], actual[aspect], aspect)
  return `${path}\n      Kafka Streams: ${short(left)}\n      Millrace:      ${short(right)}`
}

function firstDifference(expected: unknown, actual: unknown, path: string): [path: string, expected: unknown, actual: unknown] {
  if (isObject(expected) && isObject(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      if (!isDeepStrictEqual(expected[key], actual[key])) {
        const [inner, left, right] = firstDifference(expected[key], actual[key], `${path}.${key}`)
        // A row is read as a whole.
        return isObject(expected[key]) && !isObject(Object.values(expected[key] ?? {})[0])
          ? [`${path}.${key}`, expected[key], actual[key]]
          : [inner, left, right]
      }
    }
  }
  return [path, expected, actual]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 1500 ? `${text.slice(0, 1500)} …` : text
}
