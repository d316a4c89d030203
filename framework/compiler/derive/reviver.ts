// Source text of the functions that make Dates, bigints, bytes, sets and maps of their JSON, and fill in defaults, in a value that has passed its validator.
// They change the parsed JSON in place: nobody else has seen it yet. A type that is its own JSON has none.

import { codecExpression } from './class-codecs.ts'
import { isText, resolve, type Schema, type Shape } from './shape.ts'
import { type UnionShape, VariantTests } from './variant-test.ts'

/** Function declarations, and the name of the one for the whole value; null if there is nothing to revive. */
export function reviverSource(schema: Schema, name: string): { readonly source: string; readonly entry: string } | null {
  const writer = new ReviverWriter(schema, name)
  return writer.write()
}

class ReviverWriter {
  private readonly schema: Schema
  private readonly prefix: string
  private readonly revived: ReadonlySet<string>
  private readonly tests: VariantTests

  constructor(schema: Schema, prefix: string) {
    this.schema = schema
    this.prefix = prefix
    this.revived = namesRevived(schema)
    this.tests = new VariantTests(schema, 'json')
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
    const statements = this.plainStatements(shape, target, path, depth)
    if (shape.codec === undefined) return statements
    return `${statements}${'  '.repeat(depth)}${target} = decoded(${codecExpression(shape.codec)}, ${target}, ${path})\n`
  }

  private plainStatements(shape: Shape, target: string, path: string, depth: number): string {
    if (!this.isRevived(shape)) return ''
    const indent = '  '.repeat(depth)
    switch (shape.kind) {
      case 'date':
        return `${indent}${target} = toDate(${target}, ${path})\n`
      case 'bigint':
        return `${indent}${target} = BigInt(${target})\n`
      case 'bytes':
        return `${indent}${target} = fromBase64(${target})\n`
      case 'reference':
        return `${indent}${target} = ${this.functionName(shape.name)}(${target}, ${path})\n`
      case 'array':
        return this.itemStatements(shape.items, target, path, depth, 0)
      case 'set':
        return `${this.itemStatements(shape.items, target, path, depth, 0)}${indent}${target} = new Set(${target})\n`
      case 'map':
        return this.mapStatements(shape, target, path, depth)
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
      const body = this.statements(item, `${target}[${index}]`, itemPath(path, `${index}`), depth + 1)
      return body === '' ? '' : `${indent}if (${target}.length > ${index}) {\n${body}${indent}}\n`
    })
    return items.join('') + (shape.rest === null ? '' : this.itemStatements(shape.rest, target, path, depth, shape.items.length))
  }

  private itemStatements(items: Shape, target: string, path: string, depth: number, first: number): string {
    const [indent, index] = ['  '.repeat(depth), `i${depth}`]
    const body = this.statements(items, `${target}[${index}]`, itemPath(path, `\${${index}}`), depth + 1)
    return body === '' ? '' : `${indent}for (let ${index} = ${first}; ${index} < ${target}.length; ${index}++) {\n${body}${indent}}\n`
  }

  private objectStatements(shape: Shape & { kind: 'object' }, target: string, path: string, depth: number): string {
    const indent = '  '.repeat(depth)
    const members = shape.members.map((member) => {
      const name = JSON.stringify(member.name)
      const place = `${target}[${name}]`
      const path_ = memberPath(path, quotedInTemplate(member.name))
      const isThere = `Object.hasOwn(${target}, ${name})`
      if (member.default !== undefined) {
        const filled = `${indent}if (!${isThere}) ${place} = ${JSON.stringify(member.default)}\n`
        return filled + this.statements(member.shape, place, path_, depth)
      }
      if (!member.optional) return this.statements(member.shape, place, path_, depth)
      const body = this.statements(member.shape, place, path_, depth + 1)
      return body === '' ? '' : `${indent}if (${isThere}) {\n${body}${indent}}\n`
    })
    return members.join('') + this.otherMembers(shape, target, path, depth)
  }

  /** Members whose names the type does not list. */
  private otherMembers(shape: Shape & { kind: 'object' }, target: string, path: string, depth: number): string {
    const [indent, inner] = ['  '.repeat(depth), '  '.repeat(depth + 1)]
    const name = `n${depth}`
    const [place, path_] = [`${target}[${name}]`, memberPath(path, `\${${name}}`)]
    const patterns = (shape.patterns ?? []).map(({ pattern, shape: matching }) => {
      const test = `/${pattern}/u.test(${name})`
      const body = this.statements(matching, place, path_, depth + 2)
      return `${inner}if (${test}) {\n${body}${inner}  continue\n${inner}}\n`
    })
    const rest = shape.rest === null ? '' : this.statements(shape.rest, place, path_, depth + 1)
    const isNeeded = rest !== '' || (shape.patterns ?? []).some((one) => this.isRevived(one.shape))
    if (!isNeeded) return ''
    const known = JSON.stringify(shape.members.map((member) => member.name))
    const skip = shape.members.length === 0 ? '' : `${inner}if (${known}.includes(${name})) continue\n`
    return `${indent}for (const ${name} of Object.keys(${target})) {\n${skip}${patterns.join('')}${rest}${indent}}\n`
  }

  private unionStatements(union: UnionShape, target: string, path: string, depth: number): string {
    const indent = '  '.repeat(depth)
    const branches = union.variants.flatMap((variant) => {
      const body = this.statements(variant, target, path, depth + 1)
      return body === '' ? [] : [`if (${this.tests.test(variant, union, target)}) {\n${body}${indent}}`]
    })
    // Exclusive branches: a revived Date would pass the test for an object.
    return `${indent}${branches.join(' else ')}\n`
  }

  private mapStatements({ key, value }: Shape & { kind: 'map' }, target: string, path: string, depth: number): string {
    const [indent, inner] = ['  '.repeat(depth), '  '.repeat(depth + 1)]
    const [map, name] = [`m${depth}`, `k${depth}`]
    const around = (head: string, body: string, put: string): string =>
      [`${indent}{`, `const ${map} = new Map()`, `${head} {`, `${body}${put}`, '}', `${target} = ${map}`].join(`\n${inner}`) +
      `\n${indent}}\n`
    if (isText(key, this.schema)) {
      const body = this.statements(value, `${target}[${name}]`, memberPath(path, `\${${name}}`), depth + 1)
      return around(`for (const ${name} of Object.keys(${target}))`, body, `${map}.set(${name}, ${target}[${name}])`)
    }
    const at = itemPath(path, `\${${map}.size}`)
    const body =
      this.statements(key, `${name}[0]`, itemPath(at, '0'), depth + 1) + this.statements(value, `${name}[1]`, itemPath(at, '1'), depth + 1)
    return around(`for (const ${name} of ${target})`, body, `${map}.set(${name}[0], ${name}[1])`)
  }

  private isRevived(shape: Shape): boolean {
    return isRevived(shape, this.revived)
  }
}

/** Names of the definitions (`#`: the root) in which something can stand that is not its own JSON. */
function namesRevived(schema: Schema): ReadonlySet<string> {
  const found = new Set<string>()
  const all = [['#', schema.root] as const, ...schema.definitions]
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const [name, shape] of all) if (isRevived(shape, found)) found.add(name)
  }
  return found
}

function isRevived(shape: Shape, names: ReadonlySet<string>): boolean {
  if (shape.codec !== undefined) return true
  switch (shape.kind) {
    case 'date':
    case 'bigint':
    case 'bytes':
    case 'set':
    case 'map':
      return true
    case 'reference':
      return names.has(shape.name)
    case 'array':
      return isRevived(shape.items, names)
    case 'tuple':
      return shape.items.some((item) => isRevived(item, names)) || (shape.rest !== null && isRevived(shape.rest, names))
    case 'object':
      return (
        shape.members.some((member) => member.default !== undefined || isRevived(member.shape, names)) ||
        (shape.patterns ?? []).some((one) => isRevived(one.shape, names)) ||
        (shape.rest !== null && isRevived(shape.rest, names))
      )
    case 'union':
      return shape.variants.some((variant) => isRevived(variant, names))
    default:
      return false
  }
}

/** Paths are template literals: each holds the one before it. */
function memberPath(path: string, name: string): string {
  return `\`\${${path}}.${name}\``
}

function itemPath(path: string, index: string): string {
  return `\`\${${path}}[${index}]\``
}

function quotedInTemplate(text: string): string {
  return text.replace(/[\\`$]/g, '\\$&')
}
