// A .proto file for what the compiler has derived of a TypeScript type, and how its messages are made of values. Each value has one form; what would have two, or none, is a problem with a remedy. Numbers of
// fields are kept: a field has the one that it was given first, and no other field, nor one of another type, ever takes it.

import {
  codecIn,
  isOfVariant,
  resolvedShape,
  type TypeDescription,
  type TypeMember,
  type TypeShape,
  variantsOf,
} from '../../framework/index.ts'
import { bigintOf, camelCase, dateOf, isObject, type MessageForm, oneOfLiterals, ownOf, shown, timestampOf } from './field-values.ts'

/** The numbers that fields were given, by message, then by the name and the type of the field: `{ "Order": { "item string": 1 } }`. */
export type FieldNumbers = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface TypeProblem {
  /** Sentences both. */
  readonly message: string
  readonly remedy: string
}

export interface ProtoTypeOptions {
  /** What stands as `package` in the file. Default: none. */
  readonly package?: string
  /** Those that fields have already. Default: none; fields are numbered in the order of the members. */
  readonly numbers?: FieldNumbers
}

export interface DerivedProto extends MessageForm {
  /** The text of the file. */
  readonly proto: string
  /** The full name of the message for the whole value; all others stand within it. */
  readonly message: string
  /** Those that were given, and those of fields that are there for the first time. */
  readonly numbers: FieldNumbers
  readonly problems: readonly TypeProblem[]
}

interface FieldForm extends MessageForm {
  readonly label: '' | 'optional ' | 'repeated '
  readonly type: string
}

interface Field {
  readonly name: string
  readonly form: FieldForm
  readonly doc?: string | undefined
  readonly isVariant?: boolean
}

export function protoName(name: string): string {
  const word = name.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^_+|_+$/g, '')
  return /^[A-Za-z]/.test(word) ? word : `Type_${word}`
}

export function protoOf(type: TypeDescription<unknown>, options: ProtoTypeOptions = {}): DerivedProto {
  const writer = new ProtoWriter(type, options.numbers ?? {})
  const name = protoName(type.name)
  const form = writer.messageOf(type.root, { path: type.name, name })
  const head = ['syntax = "proto3";', ...(options.package === undefined ? [] : [`package ${options.package};`])]
  const imports = writer.hasTimes ? ['import "google/protobuf/timestamp.proto";'] : []
  const proto = `${[...head, ...imports].join('\n')}\n\n${writer.text(name)}`
  const message = options.package === undefined ? name : `${options.package}.${name}`
  return { proto, message, numbers: writer.numbers, problems: writer.problems, ...form }
}

interface Place {
  /** For messages of problems: `Order.lines[].at`. */
  readonly path: string
  /** For a message that is made here. */
  readonly name: string
}

type Plain = Readonly<Record<string, unknown>>

const timestamp = 'google.protobuf.Timestamp'

class ProtoWriter {
  readonly problems: TypeProblem[] = []
  hasTimes = false
  private readonly type: TypeDescription<unknown>
  private readonly given: FieldNumbers
  private readonly definitionNames: Map<TypeShape, string>
  private readonly bareShapes = new Map<TypeShape, TypeShape>()
  private readonly own: Record<string, Record<string, number>> = {}
  /** Lines of each message, by its name; the first is the one of the whole value. */
  private readonly messages = new Map<string, readonly string[]>()
  private readonly forms = new Map<TypeShape, MessageForm & { readonly name: string }>()

  constructor(type: TypeDescription<unknown>, numbers: FieldNumbers) {
    this.type = type
    this.given = numbers
    this.definitionNames = new Map(Object.entries(type.definitions).map(([name, shape]) => [shape, protoName(name)]))
  }

  get numbers(): FieldNumbers {
    return { ...this.given, ...this.own }
  }

  /** The first message, with all others in it. */
  text(root: string): string {
    const nested = [...this.messages].filter(([name]) => name !== root).map(([name, lines]) => blockOf(name, lines, '  '))
    const own = this.messages.get(root) ?? []
    return blockOf(
      root,
      [
        ...own,
        ...nested.flatMap((block) => [
          '',
          ...block
            .trimEnd()
            .split('\n')
            .map((line) => line.slice(2)),
        ]),
      ],
      '',
    )
  }

  /** A message that carries any value of a shape. */
  messageOf(given: TypeShape, place: Place): MessageForm & { readonly name: string } {
    const shape = resolvedShape(given, this.type)
    if (shape.codec !== undefined) return this.coded(shape, this.messageOf(this.bare(shape), place))
    const known = this.forms.get(shape)
    if (known !== undefined) return known
    const name = this.uniqueName(this.definitionNames.get(shape) ?? place.name)
    this.messages.set(name, [])
    // It may contain itself: who asks meanwhile has what will be.
    let made: MessageForm | undefined
    const form = { name, to: (value: unknown) => made?.to(value), from: (message: unknown) => made?.from(message) }
    this.forms.set(shape, form)
    made = this.make(shape, { ...place, name })
    return form
  }

  private make(shape: TypeShape, place: Place): MessageForm {
    switch (shape.kind) {
      case 'object':
        if (shape.members.length > 0 || shape.rest === null) return this.objectForm(shape, place)
        return this.single(place, this.fieldOf(shape, false, place))
      case 'tuple':
        return this.tupleForm(shape, place)
      case 'union':
        return this.unionForm(shape, place)
      default:
        return this.single(place, this.fieldOf(shape, false, place))
    }
  }

  private single(place: Place, form: FieldForm): MessageForm {
    const name = form.label === 'repeated ' ? 'items' : form.type.startsWith('map<') ? 'entries' : 'value'
    this.write(place, [{ name, form }])
    return { to: (value) => ({ [name]: form.to(value) }), from: (message) => form.from(ownOf(message, name)) }
  }

  private objectForm(shape: TypeShape & { kind: 'object' }, place: Place): MessageForm {
    if (shape.rest !== null || shape.patterns !== undefined)
      this.fail(
        `${place.path} has members of any name beside others, which no Protobuf message has.`,
        'Put what has any name into a member of its own: `others: Record<string, …>`.',
      )
    const fields = shape.members.map((member) => this.memberField(member, place))
    this.write(place, fields)
    return {
      to: (value) => {
        const message: Record<string, unknown> = {}
        for (const { name, key, form } of fields)
          message[key] = form.to(isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined)
        return message
      },
      from: (message) => {
        const value: Record<string, unknown> = {}
        for (const { name, key, form } of fields) {
          const member = form.from(ownOf(message, key))
          if (member !== undefined) value[name] = member
        }
        return value
      },
    }
  }

  private memberField({ name, optional, shape }: TypeMember, place: Place): Field & { readonly key: string } {
    const path = `${place.path}.${name}`
    if (!/^[A-Za-z]\w*$/.test(name))
      this.fail(
        `${path} is no name for a Protobuf field.`,
        'Name the member with letters, digits and underscores, and begin with a letter.',
      )
    const form = this.fieldOf(shape, optional, { path, name: `${place.name}_${protoName(name)}` })
    return { name, key: camelCase(name), form, doc: shape.notes?.description }
  }

  private tupleForm(shape: TypeShape & { kind: 'tuple' }, place: Place): MessageForm {
    const items = shape.items.map((item, index): Field => {
      const name = `item${index + 1}`
      return { name, form: this.fieldOf(item, index >= shape.required, { path: `${place.path}[${index}]`, name: `${place.name}_${name}` }) }
    })
    const rest =
      shape.rest === null ? undefined : this.fieldOf({ kind: 'array', items: shape.rest }, false, { ...place, name: `${place.name}_rest` })
    this.write(place, [...items, ...(rest === undefined ? [] : [{ name: 'rest', form: rest }])])
    return {
      to: (value) => {
        if (!Array.isArray(value)) throw new Error(`${place.path}: expected a tuple, not ${shown(value)}`)
        const message = Object.fromEntries(items.map(({ name, form }, index) => [name, form.to(value[index])]))
        return rest === undefined ? message : { ...message, rest: rest.to(value.slice(items.length)) }
      },
      from: (message) => {
        const list = items.map(({ name, form }) => form.from(ownOf(message, name)))
        while (list.length > shape.required && list.at(-1) === undefined) list.pop()
        return rest === undefined ? list : [...list, ...(rest.from((message as Plain).rest) as unknown[])]
      },
    }
  }

  /** One field for each variant, of which one is there. */
  private unionForm(union: TypeShape & { kind: 'union' }, place: Place): MessageForm {
    const variants = variantsOf(union, this.type).filter((variant) => resolvedShape(variant, this.type).kind !== 'null')
    const taken = new Set<string>()
    const fields = variants.map((variant, index) => {
      let name = this.variantName(variant, union.tag, index)
      if (taken.has(name)) name = `${name}_${index + 1}`
      taken.add(name)
      const at = { path: place.path, name: `${place.name}_${protoName(name)}` }
      const plain = this.fieldOf(variant, false, at)
      // A oneof has neither lists nor maps.
      const isPlain = plain.label === '' && !plain.type.startsWith('map<')
      const boxed = isPlain ? plain : { ...this.messageOf(variant, at), label: '' as const }
      const form = isPlain ? plain : { ...boxed, type: (boxed as { readonly name?: string }).name ?? '' }
      return { name, key: camelCase(name), variant, form, isVariant: true }
    })
    this.write(place, fields)
    return {
      to: (value) => {
        const found = fields.find(({ variant }) => isOfVariant(variant, value, this.type))
        if (found === undefined) throw new Error(`${place.path}: expected a variant of a union, not ${shown(value)}`)
        return { [found.key]: found.form.to(value) }
      },
      from: (message) => {
        const found = fields.find(({ key }) => ownOf(message, key) !== undefined && ownOf(message, key) !== null)
        if (found === undefined) throw new Error(`${place.path}: no variant that is known here`)
        return found.form.from(ownOf(message, found.key))
      },
    }
  }

  private variantName(variant: TypeShape, tag: string | null, index: number): string {
    const shape = resolvedShape(variant, this.type)
    if (shape.kind === 'object') {
      const literal = shape.members.find(({ name }) => name === tag)?.shape
      const [only] = literal?.kind === 'literals' ? literal.values : []
      if (typeof only === 'string' && /^[A-Za-z]\w*$/.test(only)) return only
      return variant.kind === 'reference' && variant.name !== '#' ? protoName(variant.name) : `variant_${index + 1}`
    }
    const [first] = shape.kind === 'literals' ? shape.values : []
    return `${first === undefined ? shape.kind : typeof first}_value`
  }

  /** Without its codec: the same shape each time, for messages are known by it. */
  private bare(shape: TypeShape): TypeShape {
    if (shape.codec === undefined) return shape
    const known = this.bareShapes.get(shape)
    if (known !== undefined) return known
    const { codec: _, ...bare } = shape
    this.bareShapes.set(shape, bare)
    const name = this.definitionNames.get(shape)
    if (name !== undefined) this.definitionNames.set(bare, name)
    return bare
  }

  /** Of a class with a codec: what stands for the instance. */
  private coded<F extends MessageForm>({ codec }: TypeShape, form: F): F {
    if (codec === undefined) return form
    return {
      ...form,
      to: (value: unknown) => form.to(codecIn(this.type, codec).encode(value)),
      from: (message: unknown) => codecIn(this.type, codec).decode(form.from(message)),
    }
  }

  /** How a value of a shape stands in a field. What may be missing or null has no bytes there. */
  private fieldOf(given: TypeShape, optional: boolean, place: Place): FieldForm {
    const shape = resolvedShape(given, this.type)
    const isUnion = shape.kind === 'union' && shape.codec === undefined
    const variants = isUnion ? variantsOf(shape, this.type).map((variant) => resolvedShape(variant, this.type)) : [shape]
    const others = variants.filter(({ kind }) => kind !== 'null')
    const isNullable = others.length < variants.length
    const [only] = others
    if (only === undefined) {
      this.fail(`${place.path} is nothing but null, which Protobuf has no field for.`, 'Leave the member out.')
      return { label: '', type: 'bool', to: () => false, from: () => null }
    }
    if (optional && isNullable)
      this.fail(
        `${place.path} may be missing and may be null, which are one and the same in Protobuf.`,
        'Leave out the question mark, or null.',
      )
    const isAbsent = optional || isNullable
    const form = others.length === 1 ? this.coded(only, this.plainField(this.bare(only), isAbsent, place)) : this.messageField(shape, place)
    if (isAbsent)
      return {
        ...form,
        to: (value) => (value === undefined || value === null ? undefined : form.to(value)),
        from: (message) => (message === undefined || message === null ? (optional ? undefined : null) : form.from(message)),
      }
    const isMessage = form.label === '' && /^[A-Z]|^google/.test(form.type)
    if (!isMessage) return form
    const missing = new Error(`${place.path}: expected, but missing`)
    return {
      ...form,
      from: (message) => {
        if (message === undefined || message === null) throw missing
        return form.from(message)
      },
    }
  }

  private plainField(shape: TypeShape, isAbsent: boolean, place: Place): FieldForm {
    const label = isAbsent ? 'optional ' : ''
    switch (shape.kind) {
      case 'string':
      case 'boolean':
        return { label, type: shape.kind === 'string' ? 'string' : 'bool', ...itself }
      case 'number':
        return { label, type: numberType(shape), ...itself }
      case 'bytes':
        return { label, type: 'bytes', to: (value) => value, from: (message) => new Uint8Array(message as Uint8Array) }
      case 'bigint':
        return { label, type: 'string', to: (value) => (typeof value === 'bigint' ? String(value) : value), from: bigintOf }
      case 'date':
        this.hasTimes = true
        return { label: '', type: timestamp, to: timestampOf, from: dateOf }
      case 'literals': {
        const kinds = [...new Set(shape.values.map((value) => typeof value))]
        if (kinds.length > 1) return this.literalsField(shape, kinds, place)
        return {
          label,
          type: kinds[0] === 'number' ? 'double' : kinds[0] === 'boolean' ? 'bool' : 'string',
          ...oneOfLiterals(shape.values),
        }
      }
      case 'array':
      case 'set':
        return isAbsent ? this.messageField(shape, place) : this.listField(shape, place)
      case 'map':
        return isAbsent ? this.messageField(shape, place) : this.mapField(shape, place)
      case 'object': {
        const { members, rest } = shape
        if (members.length > 0 || rest === null || isAbsent) return this.messageField(shape, place)
        const { to, from, ...item } = this.item(rest, { path: `${place.path}[]`, name: `${place.name}_value` })
        const each = (value: unknown, convert: (one: unknown) => unknown): unknown =>
          isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, convert(one)])) : value
        return { label: '', type: `map<string, ${item.type}>`, to: (value) => each(value, to), from: (value) => each(value, from) }
      }
      default:
        return this.messageField(shape, place)
    }
  }

  private literalsField(shape: TypeShape & { kind: 'literals' }, kinds: readonly string[], place: Place): FieldForm {
    const variants = kinds.map((kind): TypeShape => ({ kind: 'literals', values: shape.values.filter((value) => typeof value === kind) }))
    return this.messageField({ kind: 'union', tag: null, variants }, place)
  }

  private messageField(shape: TypeShape, place: Place): FieldForm {
    const { name, to, from } = this.messageOf(shape, place)
    return { label: '', type: name, to, from }
  }

  private listField(shape: TypeShape & { kind: 'array' | 'set' }, place: Place): FieldForm {
    const { type, to, from } = this.item(shape.items, { path: `${place.path}[]`, name: `${place.name}_item` })
    return {
      label: 'repeated ',
      type,
      to: (value) => (Array.isArray(value) || value instanceof Set ? [...value].map((item) => to(item)) : value),
      from: (message) => {
        const items = ((message ?? []) as unknown[]).map((item) => from(item))
        return shape.kind === 'set' ? new Set(items) : items
      },
    }
  }

  private mapField(shape: TypeShape & { kind: 'map' }, place: Place): FieldForm {
    const key = resolvedShape(shape.key, this.type)
    const isText = key.kind === 'string' || (key.kind === 'literals' && key.values.every((value) => typeof value === 'string'))
    if (!isText) {
      const entry: TypeShape = {
        kind: 'tuple',
        items: [shape.key, shape.value],
        required: 2,
        rest: null,
      }
      const list = this.listField({ kind: 'array', items: entry }, { ...place, name: `${place.name}_entry` })
      return {
        ...list,
        to: (value) => (value instanceof Map ? list.to([...value]) : value),
        from: (message) => new Map(list.from(message) as [unknown, unknown][]),
      }
    }
    const { type, to, from } = this.item(shape.value, { path: `${place.path}[]`, name: `${place.name}_value` })
    return {
      label: '',
      type: `map<string, ${type}>`,
      to: (value) => (value instanceof Map ? Object.fromEntries([...value].map(([name, one]) => [name, to(one)])) : value),
      from: (message) => new Map(Object.entries((message ?? {}) as Plain).map(([name, one]) => [name, from(one)])),
    }
  }

  /** Of a list or a map: neither may be missing, nor be a list itself; what may is put into a message. */
  private item(shape: TypeShape, place: Place): FieldForm {
    const { kind } = resolvedShape(shape, this.type)
    // Asked before anything is made of it: lists of lists may go on for ever.
    if (kind === 'array' || kind === 'set' || kind === 'map') return this.messageField(resolvedShape(shape, this.type), place)
    const form = this.fieldOf(shape, false, place)
    const isNullable =
      form.label === 'optional ' ||
      variantsIn(resolvedShape(shape, this.type), this.type).some((one) => resolvedShape(one, this.type).kind === 'null')
    if (form.label === '' && !form.type.startsWith('map<') && !isNullable) return form
    const box: TypeShape = { kind: 'tuple', items: [shape], required: 1, rest: null }
    const { to, from, ...field } = this.messageField(box, { ...place, name: `${place.name}_box` })
    return { ...field, to: (value) => to([value]), from: (message) => (from(message) as unknown[])[0] }
  }

  /** The lines of a message, with the numbers that its fields have. */
  private write(place: Place, fields: readonly Field[]): void {
    const numbers = { ...this.given[this.keyOf(place.name)] }
    const used = new Set<number>()
    const lines = fields.flatMap(({ name, form, doc, isVariant = false }) => {
      const key = `${name} ${form.label}${form.type}`
      numbers[key] ??= nextNumber(Object.values(numbers))
      const number = numbers[key]
      used.add(number)
      const line = `${isVariant ? '  ' : ''}${form.label}${form.type} ${name} = ${number};`
      return [...(doc === undefined ? [] : doc.split('\n').map((text) => `// ${text}`)), line]
    })
    const keys = fields.map(({ name }) => camelCase(name))
    const twice = fields.find(({ name }, index) => keys.indexOf(camelCase(name)) !== index)
    if (twice !== undefined)
      this.fail(
        `${place.path} has two members that Protobuf calls ${camelCase(twice.name)}.`,
        'Rename one: in Protobuf an underscore and a capital are the same.',
      )
    this.own[this.keyOf(place.name)] = numbers
    const gone = Object.values(numbers).filter((number) => !used.has(number))
    const reserved = gone.length === 0 ? [] : [`reserved ${gone.sort((a, b) => a - b).join(', ')};`]
    const isUnion = fields.some(({ isVariant }) => isVariant)
    this.messages.set(place.name, [...reserved, ...(isUnion ? ['oneof variant {', ...lines, '}'] : lines)])
  }

  private keyOf(name: string): string {
    const root = protoName(this.type.name)
    return name === root ? root : `${root}.${name}`
  }

  private uniqueName(name: string): string {
    const first = /^[A-Z]/.test(name) ? name : `${name.charAt(0).toUpperCase()}${name.slice(1)}`
    let unique = this.messages.size === 0 ? name : first
    for (let count = 2; this.messages.has(unique); count++) unique = `${first}_${count}`
    return unique
  }

  private fail(message: string, remedy: string): void {
    if (!this.problems.some((problem) => problem.message === message)) this.problems.push({ message, remedy })
  }
}

const itself = { to: (value: unknown) => value, from: (message: unknown) => message }

function variantsIn(shape: TypeShape, type: TypeDescription<unknown>): readonly TypeShape[] {
  return shape.kind === 'union' ? variantsOf(shape, type) : [shape]
}

function blockOf(name: string, lines: readonly string[], indent: string): string {
  const body = lines.map((line) => (line === '' ? '' : `${indent}  ${line}`)).join('\n')
  return `${indent}message ${name} {\n${body}${body === '' ? '' : '\n'}${indent}}\n`
}

/** 19000 to 19999 are Protobuf's own. */
function nextNumber(taken: readonly number[]): number {
  const next = Math.max(0, ...taken) + 1
  return next >= 19_000 && next <= 19_999 ? 20_000 : next
}

function numberType({ constraints: { multipleOf, minimum, maximum } = {} }: TypeShape): string {
  if (multipleOf === undefined || !Number.isInteger(multipleOf)) return 'double'
  return (minimum ?? Number.NEGATIVE_INFINITY) >= -(2 ** 31) && (maximum ?? Number.POSITIVE_INFINITY) < 2 ** 31 ? 'int32' : 'int64'
}
