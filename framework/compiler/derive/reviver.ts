// Source text of the functions that make Dates of their strings in a value that has passed its validator. They change the parsed JSON in place:
// nobody else has seen it yet. A type without a Date has none.

import { resolve, type Schema, type Shape } from './shape.ts'

/** Function declarations, and the name of the one for the whole value; null if there is nothing to revive. */
export function reviverSource(schema: Schema, name: string): { readonly source: string; readonly entry: string } | null {
  const writer = new ReviverWriter(schema, name)
  return writer.write()
}

type UnionShape = Shape & { readonly kind: 'union' }

class ReviverWriter {
  private readonly schema: Schema
  private readonly prefix: string
  private readonly revived: ReadonlySet<string>

  constructor(schema: Schema, prefix: string) {
    this.schema = schema
    this.prefix = prefix
    this.revived = namesWithDates(schema)
  }

  write(): { source: string; entry: string } | null {
    if (!this.revived.has('#')) return null
    const names = ['#', ...this.schema.definitions.keys()].filter((name) => this.revived.has(name))
    const functions = names.map((name) => {
      const shape = resolve({ kind: 'reference', name }, this.schema)
      return `function ${this.functionName(name)}(value, path) {\n${this.statements(shape, 'value', 'path', 1)}  return value\n}\n`
    })
    return { source: functions.join(''), entry: this.functionName('#') }
  }

  private functionName(name: string): string {
    if (name === '#') return this.prefix
    return `${this.prefix}_${[...this.schema.definitions.keys()].indexOf(name)}`
  }

  /** Statements that revive what the expression `target` holds; `path` is an expression too, for messages. */
  private statements(shape: Shape, target: string, path: string, depth: number): string {
    if (!this.holdsDate(shape)) return ''
    const indent = '  '.repeat(depth)
    switch (shape.kind) {
      case 'date':
        return `${indent}${target} = toDate(${target}, ${path})\n`
      case 'reference':
        return `${indent}${target} = ${this.functionName(shape.name)}(${target}, ${path})\n`
      case 'array': {
        const index = `i${depth}`
        const body = this.statements(shape.items, `${target}[${index}]`, `\`\${${path}}[\${${index}}]\``, depth + 1)
        return `${indent}for (let ${index} = 0; ${index} < ${target}.length; ${index}++) {\n${body}${indent}}\n`
      }
      case 'tuple':
        return this.tupleStatements(shape, target, path, depth)
      case 'object':
        return this.objectStatements(shape, target, path, depth)
      case 'union':
        return this.unionStatements(shape, target, path, depth)
      default:
        return ''
    }
  }

  private tupleStatements(shape: Shape & { kind: 'tuple' }, target: string, path: string, depth: number): string {
    const indent = '  '.repeat(depth)
    const items = shape.items.map((item, index) => {
      const body = this.statements(item, `${target}[${index}]`, `\`\${${path}}[${index}]\``, depth + 1)
      return body === '' ? '' : `${indent}if (${target}.length > ${index}) {\n${body}${indent}}\n`
    })
    if (shape.rest === null || !this.holdsDate(shape.rest)) return items.join('')
    const index = `i${depth}`
    const body = this.statements(shape.rest, `${target}[${index}]`, `\`\${${path}}[\${${index}}]\``, depth + 1)
    return `${items.join('')}${indent}for (let ${index} = ${shape.items.length}; ${index} < ${target}.length; ${index}++) {\n${body}${indent}}\n`
  }

  private objectStatements(shape: Shape & { kind: 'object' }, target: string, path: string, depth: number): string {
    const indent = '  '.repeat(depth)
    const members = shape.members.map((member) => {
      const place = `${target}[${JSON.stringify(member.name)}]`
      const memberPath = `\`\${${path}}.${member.name.replace(/[\\`$]/g, '\\$&')}\``
      if (!member.optional) return this.statements(member.shape, place, memberPath, depth)
      const body = this.statements(member.shape, place, memberPath, depth + 1)
      const isThere = `Object.hasOwn(${target}, ${JSON.stringify(member.name)})`
      return body === '' ? '' : `${indent}if (${isThere}) {\n${body}${indent}}\n`
    })
    if (shape.rest === null || !this.holdsDate(shape.rest)) return members.join('')
    const name = `n${depth}`
    const known = JSON.stringify(shape.members.map((member) => member.name))
    const body = this.statements(shape.rest, `${target}[${name}]`, `\`\${${path}}.\${${name}}\``, depth + 1)
    const skip = shape.members.length === 0 ? '' : `${'  '.repeat(depth + 1)}if (${known}.includes(${name})) continue\n`
    return `${members.join('')}${indent}for (const ${name} of Object.keys(${target})) {\n${skip}${body}${indent}}\n`
  }

  private unionStatements(union: UnionShape, target: string, path: string, depth: number): string {
    const indent = '  '.repeat(depth)
    const branches = union.variants.flatMap((variant) => {
      const body = this.statements(variant, target, path, depth + 1)
      return body === '' ? [] : [`if (${this.test(variant, union, target)}) {\n${body}${indent}}`]
    })
    // Exclusive branches: a revived Date would pass the test for an object.
    return `${indent}${branches.join(' else ')}\n`
  }

  /** An expression that tells a variant from all others of its union, for a value that has passed the validator. */
  private test(variant: Shape, union: UnionShape, target: string): string {
    const shape = resolve(variant, this.schema)
    if (shape.kind === 'union') return shape.variants.map((one) => `(${this.test(one, union, target)})`).join(' || ')
    if (shape.kind === 'tuple') {
      const most = shape.rest === null ? ` && ${target}.length <= ${shape.items.length}` : ''
      return `${this.kindTest(shape, target)} && ${target}.length >= ${shape.required}${most}`
    }
    if (shape.kind !== 'object') return this.kindTest(shape, target)
    if (union.variants.filter((one) => resolve(one, this.schema).kind === 'object').length < 2) return this.kindTest(shape, target)
    const telling = shape.members.filter((member) => (union.tag === null ? !member.optional : member.name === union.tag))
    const tests = telling.map((member) => this.kindTest(member.shape, `${target}[${JSON.stringify(member.name)}]`))
    return [this.kindTest(shape, target), ...tests].join(' && ')
  }

  private kindTest(shape: Shape, target: string): string {
    const resolved = resolve(shape, this.schema)
    switch (resolved.kind) {
      case 'literals':
        return `(${resolved.values.map((value) => `${target} === ${JSON.stringify(value)}`).join(' || ')})`
      case 'string':
      case 'date':
        return `typeof ${target} === 'string'`
      case 'number':
      case 'boolean':
        return `typeof ${target} === '${resolved.kind}'`
      case 'array':
      case 'tuple':
        return `Array.isArray(${target})`
      case 'null':
        return `${target} === null`
      case 'object':
        return `typeof ${target} === 'object' && ${target} !== null && !Array.isArray(${target})`
      default:
        return `${target} !== undefined`
    }
  }

  private holdsDate(shape: Shape): boolean {
    return holdsDate(shape, this.revived)
  }
}

/** Names of the definitions (`#`: the root) in which a Date can stand. */
function namesWithDates(schema: Schema): ReadonlySet<string> {
  const found = new Set<string>()
  const all = [['#', schema.root] as const, ...schema.definitions]
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const [name, shape] of all) if (holdsDate(shape, found)) found.add(name)
  }
  return found
}

function holdsDate(shape: Shape, names: ReadonlySet<string>): boolean {
  switch (shape.kind) {
    case 'date':
      return true
    case 'reference':
      return names.has(shape.name)
    case 'array':
      return holdsDate(shape.items, names)
    case 'tuple':
      return shape.items.some((item) => holdsDate(item, names)) || (shape.rest !== null && holdsDate(shape.rest, names))
    case 'object':
      return shape.members.some((member) => holdsDate(member.shape, names)) || (shape.rest !== null && holdsDate(shape.rest, names))
    case 'union':
      return shape.variants.some((variant) => holdsDate(variant, names))
    default:
      return false
  }
}
