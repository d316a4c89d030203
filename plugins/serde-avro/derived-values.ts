// Values of a derived type as avsc takes and gives them (with wrapped unions), and back: Dates are milliseconds, bigints digits, sets arrays, maps objects or entries, tuples records.

import { type Codec, codecIn, isOfVariant, resolvedShape, type TypeDescription, type TypeShape, variantsOf } from '../../framework/index.ts'
import type { DerivedAvroSchema } from './schema-of-type.ts'

export interface ValueForm {
  /** Throws an Error that says where the value is not of its type. */
  toAvro(value: unknown): unknown
  fromAvro(value: unknown): unknown
}

export function valueForm(type: TypeDescription<unknown>, { forms }: Pick<DerivedAvroSchema, 'forms'>): ValueForm {
  return new FormOfType(type, forms).of(type.root)
}

type Plain = Readonly<Record<string, unknown>>

const itself: ValueForm = { toAvro: (value) => value, fromAvro: (value) => value }

class FormOfType {
  private readonly type: TypeDescription<unknown>
  private readonly forms: DerivedAvroSchema['forms']
  private readonly made = new Map<TypeShape, ValueForm>()

  constructor(type: TypeDescription<unknown>, forms: DerivedAvroSchema['forms']) {
    this.type = type
    this.forms = forms
  }

  /** Types may contain themselves: who is asked for again while it is made is looked up when it is used. */
  of(shape: TypeShape): ValueForm {
    const known = this.made.get(shape)
    if (known !== undefined) return known
    const later: { form: ValueForm } = { form: itself }
    this.made.set(shape, { toAvro: (value) => later.form.toAvro(value), fromAvro: (value) => later.form.fromAvro(value) })
    later.form = this.coded(shape, this.make(shape))
    this.made.set(shape, later.form)
    return later.form
  }

  /** Of a class with a codec: what stands for the instance. */
  private coded({ codec }: TypeShape, form: ValueForm): ValueForm {
    if (codec === undefined) return form
    const found = (): Codec<unknown, unknown> => codecIn(this.type, codec)
    return {
      toAvro: (value) => form.toAvro(found().encode(value)),
      fromAvro: (value) => found().decode(form.fromAvro(value)),
    }
  }

  private make(shape: TypeShape): ValueForm {
    switch (shape.kind) {
      case 'string':
      case 'number':
      case 'boolean':
      case 'null':
        return itself
      case 'bytes':
        return {
          toAvro: (value) => (value instanceof Uint8Array ? Buffer.from(value) : value),
          fromAvro: (value) => new Uint8Array(value as Buffer),
        }
      case 'date':
        return { toAvro: (value) => (value instanceof Date ? value.getTime() : value), fromAvro: (value) => new Date(value as number) }
      case 'bigint':
        return { toAvro: (value) => (typeof value === 'bigint' ? String(value) : value), fromAvro: bigintOf }
      case 'literals':
        return this.literals(shape)
      case 'reference':
        return this.of(resolvedShape(shape, this.type))
      case 'array':
        return this.items(
          shape.items,
          (value) => value as readonly unknown[],
          (items) => items,
        )
      case 'set':
        return this.items(
          shape.items,
          (value) => (value instanceof Set ? [...value] : value) as readonly unknown[],
          (items) => new Set(items),
        )
      case 'map':
        return this.mapForm(shape)
      case 'tuple':
        return this.tupleForm(shape)
      case 'object':
        return this.objectForm(shape)
      case 'union':
        return this.unionForm(shape)
    }
  }

  private literals(shape: TypeShape & { kind: 'literals' }): ValueForm {
    const checked = (value: unknown): unknown => {
      if (shape.values.some((one) => one === value)) return value
      throw new Error(`expected ${shape.values.map((one) => JSON.stringify(one)).join(' or ')}, not ${JSON.stringify(value)}`)
    }
    if (this.branchOf(shape) !== 'union') return { toAvro: checked, fromAvro: checked }
    return {
      toAvro: (value) => ({ [branchOfLiteral(checked(value))]: value }),
      fromAvro: (value) => checked(Object.values(value as Plain)[0]),
    }
  }

  private items(shape: TypeShape, list: (value: unknown) => readonly unknown[], back: (items: unknown[]) => unknown): ValueForm {
    const { toAvro, fromAvro } = this.of(shape)
    return {
      toAvro: (value) => {
        const items = list(value)
        return Array.isArray(items) ? items.map((item) => toAvro(item)) : value
      },
      fromAvro: (value) => back((value as unknown[]).map((item) => fromAvro(item))),
    }
  }

  private mapForm(shape: TypeShape & { kind: 'map' }): ValueForm {
    const [key, value] = [this.of(shape.key), this.of(shape.value)]
    if (this.branchOf(shape) === 'map')
      return {
        toAvro: (map) => (map instanceof Map ? Object.fromEntries([...map].map(([name, one]) => [name, value.toAvro(one)])) : map),
        fromAvro: (map) => new Map(Object.entries(map as Plain).map(([name, one]) => [name, value.fromAvro(one)])),
      }
    return {
      toAvro: (map) => (map instanceof Map ? [...map].map(([name, one]) => ({ key: key.toAvro(name), value: value.toAvro(one) })) : map),
      fromAvro: (list) =>
        new Map((list as { key: unknown; value: unknown }[]).map((one) => [key.fromAvro(one.key), value.fromAvro(one.value)])),
    }
  }

  private tupleForm(shape: TypeShape & { kind: 'tuple' }): ValueForm {
    const items = shape.items.map((item, index) => ({ name: `item${index + 1}`, form: this.member(item, index >= shape.required) }))
    const rest = shape.rest === null ? null : this.of(shape.rest)
    return {
      toAvro: (value) => {
        if (!Array.isArray(value)) return value
        const record: Record<string, unknown> = {}
        for (const [index, { name, form }] of items.entries()) record[name] = form.toAvro(value[index])
        if (rest !== null) record.rest = value.slice(items.length).map((item) => rest.toAvro(item))
        return record
      },
      fromAvro: (value) => {
        const record = value as Record<string, unknown>
        const list = items.map(({ name, form }) => form.fromAvro(record[name]))
        while (list.length > shape.required && list.at(-1) === undefined) list.pop()
        return rest === null ? list : [...list, ...(record.rest as unknown[]).map((item) => rest.fromAvro(item))]
      },
    }
  }

  private objectForm({ members, rest, patterns = [] }: TypeShape & { kind: 'object' }): ValueForm {
    const values = rest ?? patterns[0]?.shape
    if (members.length === 0 && values !== undefined) {
      const form = this.of(values)
      const each = (value: unknown, convert: (one: unknown) => unknown): unknown =>
        isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, convert(one)])) : value
      return { toAvro: (value) => each(value, form.toAvro), fromAvro: (value) => each(value, form.fromAvro) }
    }
    const fields = members.map(({ name, optional, shape }) => ({ name, form: this.member(shape, optional) }))
    return {
      toAvro: (value) => {
        if (!isObject(value)) return value
        const record: Record<string, unknown> = {}
        for (const { name, form } of fields) record[name] = form.toAvro(Object.hasOwn(value, name) ? value[name] : undefined)
        return record
      },
      fromAvro: (value) => {
        const record: Record<string, unknown> = {}
        for (const { name, form } of fields) {
          const member = form.fromAvro((value as Plain)[name])
          if (member !== undefined) record[name] = member
        }
        return record
      },
    }
  }

  /** What may be missing is null in Avro. */
  private member(shape: TypeShape, optional: boolean): ValueForm {
    const form = this.of(shape)
    if (!optional || this.mayBeNull(shape)) return form
    const branch = this.branchOf(shape)
    return {
      toAvro: (value) => {
        if (value === undefined) return null
        return branch === 'union' ? form.toAvro(value) : { [branch]: form.toAvro(value) }
      },
      fromAvro: (value) => {
        if (value === null) return undefined
        return form.fromAvro(branch === 'union' ? value : (value as Plain)[branch])
      },
    }
  }

  private unionForm(union: TypeShape & { kind: 'union' }): ValueForm {
    const variants = variantsOf(union, this.type).map((variant) => ({ variant, branch: this.branchOf(variant), form: this.of(variant) }))
    // An instance would pass for a plain object.
    const codedFirst = [...variants].sort((a, b) => Number(this.isCoded(b.variant)) - Number(this.isCoded(a.variant)))
    const byBranch = new Map(variants.map((one) => [one.branch, one.form]))
    const mixed = variants.find(({ branch }) => branch === 'union')?.form
    return {
      toAvro: (value) => {
        if (value === null) return null
        const found = codedFirst.find(({ variant }) => isOfVariant(variant, value, this.type))
        if (found === undefined) throw new Error(`expected a variant of a union, not ${JSON.stringify(value) ?? String(value)}`)
        return found.branch === 'union' ? found.form.toAvro(value) : { [found.branch]: found.form.toAvro(value) }
      },
      fromAvro: (value) => {
        if (value === null) return null
        const [[branch, held] = ['', undefined]] = Object.entries(value as Plain)
        const form = byBranch.get(branch)
        return form === undefined ? mixed?.fromAvro(value) : form.fromAvro(held)
      },
    }
  }

  private isCoded(variant: TypeShape): boolean {
    return resolvedShape(variant, this.type).codec !== undefined
  }

  private branchOf(shape: TypeShape): string {
    return this.forms.get(shape)?.branch ?? this.forms.get(resolvedShape(shape, this.type))?.branch ?? ''
  }

  private mayBeNull(shape: TypeShape): boolean {
    const resolved = resolvedShape(shape, this.type)
    if (resolved.kind === 'null') return true
    return resolved.kind === 'union' && variantsOf(resolved, this.type).some((variant) => resolvedShape(variant, this.type).kind === 'null')
  }
}

function isObject(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function branchOfLiteral(value: unknown): string {
  return typeof value === 'number' ? 'double' : typeof value
}

function bigintOf(text: unknown): bigint {
  if (typeof text === 'string' && /^(?:0|-?[1-9]\d*)$/.test(text)) return BigInt(text)
  throw new Error(`expected the digits of a bigint, not ${JSON.stringify(text)}`)
}
