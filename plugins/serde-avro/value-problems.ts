// What is wrong with a value that its schema does not admit, and where.

import type avsc from 'avsc'

/** The first problem, as a sentence: `value.items[2].price: expected a double, not "12"`. Undefined if avsc finds none. */
export function problemsOf(type: avsc.Type, value: unknown): string | undefined {
  let problem: string | undefined
  type.isValid(value, {
    errorHook(path, part, expected) {
      problem ??= `${pathText(path)}: expected ${typeText(expected)}, not ${shown(part)}`
    },
  })
  return problem
}

function pathText(path: readonly string[]): string {
  return `value${path.map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`)).join('')}`
}

function typeText(type: avsc.Type): string {
  const name = type.name ?? (type.typeName.startsWith('union:') ? 'one of ' : type.typeName.replace(/^(logical|abstract):/, ''))
  if (name !== 'one of ') return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`
  const branches = JSON.parse(JSON.stringify(type.schema())) as readonly (string | { readonly name?: string; readonly type: string })[]
  return `one of ${branches.map((branch) => (typeof branch === 'string' ? branch : (branch.name ?? branch.type))).join(', ')}`
}

const shownLengthMax = 60

function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value, bigintAsText) ?? String(value))
  return text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}...` : text
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
