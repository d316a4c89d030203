// Source text of the tests that tell the variants of a union apart, in two forms: of JSON that has passed its validator, and of a value as the program has it.

import { codecExpression } from './class-codecs.ts'
import { isAlwaysThere, isText, resolve, type Schema, type Shape } from './shape.ts'

export type UnionShape = Extract<Shape, { kind: 'union' }>

export class VariantTests {
  private readonly schema: Schema
  private readonly form: 'json' | 'value'

  constructor(schema: Schema, form: 'json' | 'value') {
    this.schema = schema
    this.form = form
  }

  /** An expression that tells a variant from all others of its union; `target` is an expression too. */
  test(variant: Shape, union: UnionShape, target: string): string {
    const shape = resolve(variant, this.schema)
    if (this.form === 'value' && shape.codec !== undefined) return this.kindTest(shape, target)
    if (shape.kind === 'union') return shape.variants.map((one) => `(${this.test(one, union, target)})`).join(' || ')
    if (shape.kind === 'tuple') {
      const most = shape.rest === null ? ` && ${target}.length <= ${shape.items.length}` : ''
      return `${this.kindTest(shape, target)} && ${target}.length >= ${shape.required}${most}`
    }
    if (shape.kind !== 'object') return this.kindTest(shape, target)
    if (this.flat(union).filter((one) => one.kind === 'object').length < 2) return this.kindTest(shape, target)
    const telling = shape.members.filter((member) => (union.tag === null ? isAlwaysThere(member) : member.name === union.tag))
    const tests = telling.map((member) => {
      const name = JSON.stringify(member.name)
      const test = this.kindTest(member.shape, `${target}[${name}]`)
      // `constructor` and its like seem to be there always.
      return member.name in Object.prototype ? `Object.hasOwn(${target}, ${name}) && ${test}` : test
    })
    return [this.kindTest(shape, target), ...tests].join(' && ')
  }

  /** Whether a value of the variant may be an instance of a class with a codec. */
  isCoded(variant: Shape): boolean {
    const shape = resolve(variant, this.schema)
    return shape.codec !== undefined || (shape.kind === 'union' && this.flat(shape).some(({ codec }) => codec !== undefined))
  }

  /** The variants, those of unions in unions too. */
  private flat(union: UnionShape): Shape[] {
    return union.variants.flatMap((variant) => {
      const shape = resolve(variant, this.schema)
      return shape.kind === 'union' ? this.flat(shape) : [shape]
    })
  }

  private kindTest(shape: Shape, target: string): string {
    const resolved = resolve(shape, this.schema)
    const isJson = this.form === 'json'
    if (!isJson && resolved.codec !== undefined) return `${target} instanceof ${codecExpression(resolved.codec)}.type`
    switch (resolved.kind) {
      case 'literals':
        return `(${resolved.values.map((value) => `${target} === ${JSON.stringify(value)}`).join(' || ')})`
      case 'string':
        return `typeof ${target} === 'string'`
      case 'date':
        return isJson ? `typeof ${target} === 'string'` : `${target} instanceof Date`
      case 'bytes':
        return isJson ? `typeof ${target} === 'string'` : `${target} instanceof Uint8Array`
      case 'bigint':
        return `typeof ${target} === '${isJson ? 'string' : 'bigint'}'`
      case 'number':
      case 'boolean':
        return `typeof ${target} === '${resolved.kind}'`
      case 'array':
      case 'tuple':
        return `Array.isArray(${target})`
      case 'set':
        return isJson ? `Array.isArray(${target})` : `${target} instanceof Set`
      case 'map':
        if (!isJson) return `${target} instanceof Map`
        return isText(resolved.key, this.schema) ? this.plainObject(target) : `Array.isArray(${target})`
      case 'null':
        return `${target} === null`
      case 'object':
        return this.plainObject(target)
      case 'union':
        // That it is there has to do: a type that contains itself would be tested without end.
        return `${target} !== undefined`
      case 'reference':
        throw new Error('a reference has been resolved')
    }
  }

  private plainObject(target: string): string {
    const json = `typeof ${target} === 'object' && ${target} !== null && !Array.isArray(${target})`
    if (this.form === 'json') return json
    const others = ['Date', 'Uint8Array', 'Set', 'Map'].map((name) => ` && !(${target} instanceof ${name})`)
    return `${json}${others.join('')}`
  }
}
