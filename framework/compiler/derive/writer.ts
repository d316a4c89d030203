// Source text of the functions that write a value of a known type as JSON: what JSON.stringify gives, in the order of the type, two to five times as fast, with a form
// for what JSON has none for. Each function says what it is made of, for the two slow ways: members that the type does not name, and a value that is not of its type.

import { codecExpression } from './class-codecs.ts'
import { describeShape, isText, type Member, type ObjectShape, type Schema, type Shape } from './shape.ts'
import { type UnionShape, VariantTests } from './variant-test.ts'

/** Declarations, and the name of the one for the whole value. */
export function writerSource(schema: Schema, name: string): { readonly source: string; readonly entry: string } {
  return new WriterWriter(schema, name).write()
}

class WriterWriter {
  private readonly schema: Schema
  private readonly prefix: string
  private readonly tests: VariantTests
  private readonly declarations: string[] = []
  private count = 0

  constructor(schema: Schema, prefix: string) {
    this.schema = schema
    this.prefix = prefix
    this.tests = new VariantTests(schema, 'value')
  }

  write(): { source: string; entry: string } {
    const named = [['#', this.schema.root] as const, ...this.schema.definitions].map(([name, shape]) => {
      const [own, writer] = [this.functionName(name), this.writerOf(shape)]
      // Declared as functions, which are there before all else: types that contain themselves refer to what comes later.
      return `function ${own}(value) { return ${writer}(value) }\n${own}.within = (value) => ${writer}.within?.(value) ?? []\n`
    })
    return { source: `${this.declarations.join('')}${named.join('')}`, entry: this.functionName('#') }
  }

  private functionName(name: string): string {
    return name === '#' ? this.prefix : `${this.prefix}_${[...this.schema.definitions.keys()].indexOf(name)}`
  }

  /** What writes a shape: a function of the serdes' own, or the name of one that is declared here. */
  private writerOf(shape: Shape): string {
    if (shape.codec === undefined) return this.plainWriterOf(shape)
    // Asked for when the first value is written: modules import each other.
    const codec = `() => ${codecExpression(shape.codec)}`
    return this.declared(`$json.coded(${codec}, ${this.plainWriterOf(shape)}, ${JSON.stringify(shape.codec.type)})`)
  }

  private plainWriterOf(shape: Shape): string {
    switch (shape.kind) {
      case 'string':
        return '$json.text'
      case 'number':
      case 'boolean':
      case 'date':
      case 'bigint':
      case 'bytes':
        return `$json.${shape.kind}`
      case 'null':
        return '$json.nothing'
      case 'literals':
        return shape.values.every((value) => typeof value === 'string') ? '$json.text' : '$json.literal'
      case 'reference':
        return this.functionName(shape.name)
      case 'array':
        return this.declared(`$json.array(${this.writerOf(shape.items)})`)
      case 'set':
        return this.declared(`$json.set(${this.writerOf(shape.items)})`)
      case 'map': {
        const form = isText(shape.key, this.schema) ? 'map' : 'pairs'
        return this.declared(`$json.${form}(${this.writerOf(shape.key)}, ${this.writerOf(shape.value)})`)
      }
      case 'tuple': {
        const items = shape.items.map((item) => this.writerOf(item)).join(', ')
        return this.declared(`$json.tuple([${items}], ${shape.required}, ${shape.rest === null ? 'undefined' : this.writerOf(shape.rest)})`)
      }
      case 'object':
        return this.objectWriter(shape)
      case 'union':
        return this.unionWriter(shape)
    }
  }

  private declared(expression: string): string {
    const name = `${this.prefix}$${this.count++}`
    this.declarations.push(`const ${name} = ${expression}\n`)
    return name
  }

  private unionWriter(union: UnionShape): string {
    // An instance would pass for a plain object.
    const variants = [...union.variants].sort((a, b) => Number(this.tests.isCoded(b)) - Number(this.tests.isCoded(a)))
    const choices = variants.map((variant) => `${this.tests.test(variant, union, 'value')} ? ${this.writerOf(variant)} : `)
    return this.declared(`$json.union((value) => ${choices.join('')}undefined, ${JSON.stringify(describeShape(union))})`)
  }

  private objectWriter({ members, rest, patterns = [] }: ObjectShape): string {
    const writers = members.map(({ shape }) => this.writerOf(shape))
    const known = members.map(({ name, optional }, index) => `[${JSON.stringify(name)}, ${writers[index]}, ${optional}]`)
    const matching = patterns.map(({ pattern, shape }) => `[/${pattern}/u, ${this.writerOf(shape)}]`)
    const others = [`[${matching.join(', ')}]`, ...(rest === null ? [] : [this.writerOf(rest)])].join(', ')
    // Where other members are the rule there is no quick way.
    const isClosed = rest === null && patterns.length === 0 && members.length > 0 && !members.some(({ name }) => name === '__proto__')
    const quick = isClosed ? quickText(members, writers) : 'undefined'
    return this.declared(`$json.object([${known.join(', ')}], ${quick}${isClosed ? '' : `, ${others}`})`)
  }
}

/**
 * Writes an object that has no members but those of its type, and gives undefined for any other: it counts down the members that there are, which costs nothing
 * measurable.
 */
function quickText(members: readonly Member[], writers: readonly string[]): string {
  const begins = members[0]?.optional === false
  const statements = members.map(({ name, optional }, index) => {
    const place = `value[${JSON.stringify(name)}]`
    const label = `${index === 0 && begins ? '{' : ','}${JSON.stringify(name)}:`
    const append = `text += '${label.replace(/[\\']/g, '\\$&')}' + ${writers[index]}(${place})`
    if (!optional) return append
    // `constructor` and its like seem to be there always.
    const own = name in Object.prototype ? `Object.hasOwn(value, ${JSON.stringify(name)}) && ` : ''
    return `if (${own}${place} !== undefined) { left++; ${append} }`
  })
  const required = members.filter(({ optional }) => !optional).length
  const text = begins ? "text + '}'" : "'{' + text.slice(1) + '}'"
  return `(value) => {
  let left = ${required}, text = ''
  ${statements.join('\n  ')}
  for (const name in value) left--
  return left === 0 ? ${text} : undefined
}`
}
