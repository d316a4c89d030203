// Values of a derived type as avsc takes and gives them (with wrapped unions), and back: Dates are milliseconds, bigints digits, sets arrays, maps objects or entries, tuples records.

import type { Codec, TypeCodec, TypeDescription, TypeShape } from '../../framework/index.ts'
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
    const found = (): Codec<unknown, unknown> => this.codecOf(codec)
    return {
      toAvro: (value) => form.toAvro(found().encode(value)),
      fromAvro: (value) => found().decode(form.fromAvro(value)),
    }
  }

  private codecOf({ module, path, type }: TypeCodec): Codec<unknown, unknown> {
    const found = this.type.codecs?.[`${module} ${path}`]
    if (found === undefined) throw new Error(`there is no codec of ${type}`)
    return found()
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
        return this.of(this.resolved(shape))
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
    const variants = this.flat(union).map((variant) => ({ variant, branch: this.branchOf(variant), form: this.of(variant) }))
    // An instance would pass for a plain object.
    const codedFirst = [...variants].sort((a, b) => Number(this.isCoded(b.variant)) - Number(this.isCoded(a.variant)))
    const byBranch = new Map(variants.map((one) => [one.branch, one.form]))
    const mixed = variants.find(({ branch }) => branch === 'union')?.form
    return {
      toAvro: (value) => {
        if (value === null) return null
        const found = codedFirst.find(({ variant }) => this.isOf(variant, value))
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

  private flat(union: TypeShape & { kind: 'union' }, seen: readonly TypeShape[] = []): TypeShape[] {
    return union.variants.flatMap((variant) => {
      const resolved = this.resolved(variant)
      if (resolved.kind !== 'union' || resolved.codec !== undefined) return [variant]
      return resolved === union || seen.includes(resolved) ? [] : this.flat(resolved, [...seen, union])
    })
  }

  /** Whether a value is of a variant rather than of another: the compiler has seen to it that this much tells them apart. */
  private isOf(variant: TypeShape, value: unknown): boolean {
    const shape = this.resolved(variant)
    if (!this.isOfKind(shape, value)) return false
    if (shape.codec !== undefined) return true
    if (shape.kind === 'tuple') {
      const { length } = value as readonly unknown[]
      return length >= shape.required && (shape.rest !== null || length <= shape.items.length)
    }
    if (shape.kind !== 'object') return true
    return shape.members.every(
      ({ name, optional, shape: member }) =>
        optional || (Object.hasOwn(value as object, name) && this.isOfKind(this.resolved(member), (value as Plain)[name])),
    )
  }

  private isOfKind(shape: TypeShape, value: unknown): boolean {
    if (shape.codec !== undefined) return value instanceof (this.codecOf(shape.codec).type as unknown as new () => unknown)
    switch (shape.kind) {
      case 'string':
      case 'number':
      case 'boolean':
      case 'bigint':
        return typeof value === shape.kind
      case 'null':
        return value === null
      case 'date':
        return value instanceof Date
      case 'bytes':
        return value instanceof Uint8Array
      case 'literals':
        return shape.values.some((one) => one === value)
      case 'array':
      case 'tuple':
        return Array.isArray(value)
      case 'set':
        return value instanceof Set
      case 'map':
        return value instanceof Map
      case 'object':
        return isObject(value) && ![Date, Uint8Array, Set, Map].some((kind) => value instanceof kind)
      default:
        return value !== undefined
    }
  }

  private isCoded(variant: TypeShape): boolean {
    return this.resolved(variant).codec !== undefined
  }

  private branchOf(shape: TypeShape): string {
    return this.forms.get(shape)?.branch ?? this.forms.get(this.resolved(shape))?.branch ?? ''
  }

  private mayBeNull(shape: TypeShape): boolean {
    const resolved = this.resolved(shape)
    if (resolved.kind === 'null') return true
    return resolved.kind === 'union' && this.flat(resolved).some((variant) => this.resolved(variant).kind === 'null')
  }

  private resolved(shape: TypeShape): TypeShape {
    let resolved = shape
    while (resolved.kind === 'reference') {
      const target: TypeShape | undefined = resolved.name === '#' ? this.type.root : this.type.definitions[resolved.name]
      if (target === undefined) throw new Error(`no definition of ${resolved.name}`)
      resolved = target
    }
    return resolved
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
