// JSDoc tags as constraints: which there are, what stands behind them, which values they are for. A tag that cannot be meant so is a problem at the tag, because
// whoever wrote it believes that values are checked.

import type { DiagnosticCode } from '../diagnostics.ts'
import type { Tag } from './documentation.ts'
import { type Constraints, type Definitions, type Json, resolve, type Shape } from './shape.ts'
import { stringFormats } from './string-formats.ts'

/** The kinds of values that constraints are for. */
export type Target = 'numbers' | 'strings' | 'lists'

interface TagRule {
  readonly target: Target
  /** What the text says; undefined if it says nothing that the tag could take. */
  parse(text: string): number | string | true | undefined
  /** What the text has to be, behind `is not`. */
  readonly expected: string
}

const aNumber = { parse: numberOf, expected: 'a number' }
const aSize = { parse: (text: string) => (/^\d+$/.test(text) ? Number(text) : undefined), expected: 'a whole number from 0 on' }

const rules: Readonly<Record<keyof Constraints, TagRule>> = {
  minimum: { target: 'numbers', ...aNumber },
  maximum: { target: 'numbers', ...aNumber },
  exclusiveMinimum: { target: 'numbers', ...aNumber },
  exclusiveMaximum: { target: 'numbers', ...aNumber },
  multipleOf: {
    target: 'numbers',
    parse: (text) => ((numberOf(text) ?? 0) > 0 ? numberOf(text) : undefined),
    expected: 'a number above 0',
  },
  minLength: { target: 'strings', ...aSize },
  maxLength: { target: 'strings', ...aSize },
  pattern: { target: 'strings', parse: patternOf, expected: 'a regular expression (with the flag u, without slashes around it)' },
  format: {
    target: 'strings',
    parse: (text) => (stringFormats.some((format) => format === text) ? text : undefined),
    expected: `a format that is known: ${stringFormats.join(', ')}`,
  },
  minItems: { target: 'lists', ...aSize },
  maxItems: { target: 'lists', ...aSize },
  uniqueItems: { target: 'lists', parse: (text) => (text === '' || text === 'true' ? true : undefined), expected: 'empty' },
}

export interface ConstraintProblem {
  readonly code: DiagnosticCode
  readonly tag: Tag
  readonly details: Readonly<Record<string, string>>
}

/** A tag with what it says. */
interface ReadTag {
  readonly tag: Tag
  readonly target: Target
}

export interface ReadConstraints {
  readonly constraints: Constraints | undefined
  readonly tags: readonly ReadTag[]
  readonly problems: readonly ConstraintProblem[]
}

/** The constraints among the tags; where two say the same thing the later one holds. */
export function constraintsOf(tags: readonly Tag[]): ReadConstraints {
  const found: Record<string, number | string | true> = {}
  const read: ReadTag[] = []
  const problems: ConstraintProblem[] = []
  for (const tag of tags) {
    const rule = Object.hasOwn(rules, tag.name) ? rules[tag.name as keyof Constraints] : undefined
    if (rule === undefined) continue
    const value = rule.parse(tag.text)
    if (value === undefined) problems.push({ code: 'MR1111', tag, details: { tag: tag.name, text: tag.text, expected: rule.expected } })
    else {
      found[tag.name] = value
      read.push({ tag, target: rule.target })
    }
  }
  return { constraints: read.length === 0 ? undefined : (found as Constraints), tags: read, problems }
}

/** Whether a value of the shape can be one that a constraint is for. */
export function isFor(target: Target, shape: Shape, definitions: Definitions): boolean {
  const resolved = resolve(shape, definitions)
  switch (resolved.kind) {
    case 'union':
      return resolved.variants.some((variant) => isFor(target, variant, definitions))
    case 'number':
      return target === 'numbers'
    case 'string':
      return target === 'strings'
    case 'literals':
      return resolved.values.some((value) =>
        typeof value === 'number' ? target === 'numbers' : typeof value === 'string' && target === 'strings',
      )
    case 'array':
    case 'set':
    case 'tuple':
      return target === 'lists'
    default:
      return false
  }
}

/** JSON, or a string without quotes or in single ones, as documentation has it; undefined if it is neither. */
export function defaultOf(text: string, isString: boolean): Json | undefined {
  const bare = text.replace(/^`(.*)`$/s, '$1')
  try {
    return JSON.parse(bare) as Json
  } catch {
    const quoted = /^'(.*)'$/s.exec(bare)?.[1]
    return quoted ?? (isString && bare !== '' ? bare : undefined)
  }
}

function numberOf(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}

function patternOf(text: string): string | undefined {
  try {
    new RegExp(text, 'u')
    return text === '' ? undefined : text
  } catch {
    return undefined
  }
}
