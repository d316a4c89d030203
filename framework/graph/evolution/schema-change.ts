// Whether all values of one JSON Schema are values of another one: what is written with the first can be read with the second. Only what our own schemas
// have is understood; whatever else differs counts as narrower, so that nothing is called safe that is not understood.

export type SchemaChange =
  | { readonly kind: 'same' }
  /** Every old value is a new one. */
  | { readonly kind: 'wider' }
  /** Some old value may be none any more: where, and why. */
  | { readonly kind: 'narrower'; readonly problem: string }

export type Json = { readonly [keyword: string]: unknown }

/** Words about a schema that no value has to obey. */
const notes = new Set([
  '$schema',
  '$id',
  '$defs',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'discriminator',
  '$comment',
  // Which type of the program it is: what travels is the same.
  'x-typescript',
])

export function schemaChange(before: unknown, after: unknown): SchemaChange {
  if (canonical(before) === canonical(after)) return { kind: 'same' }
  if (!isJson(before) || !isJson(after)) return { kind: 'narrower', problem: 'there is no schema to compare' }
  const problem = new Comparison(before, after).problem(before, after, '')
  return problem === null ? { kind: 'wider' } : { kind: 'narrower', problem }
}

/** Where an old value would be written in other bytes with a schema that takes it; null: nowhere that schemas tell. They do not tell in which order members stand that may be missing. */
export function bytesProblem(before: unknown, after: unknown): string | null {
  return isJson(before) && isJson(after) ? new Bytes(before, after).problem(before, after, '') : null
}

class Bytes {
  private readonly rootBefore: Json
  private readonly rootAfter: Json
  /** Pairs under comparison: of types that contain themselves. */
  private readonly assumed = new Set<string>()

  constructor(before: Json, after: Json) {
    this.rootBefore = before
    this.rootAfter = after
  }

  problem(before: unknown, after: unknown, path: string): string | null {
    const old = resolve(before, this.rootBefore)
    const now = resolve(after, this.rootAfter)
    if (!isJson(old) || !isJson(now)) return null
    const pair = `${canonical(old)} ${canonical(now)}`
    if (this.assumed.has(pair)) return null
    this.assumed.add(pair)
    const [from, to] = [variantsOf(old), variantsOf(now)]
    if (from === undefined && to === undefined) return this.ofObjects(old, now, path) ?? this.ofArrays(old, now, path)
    return first(from ?? [old], (variant) => {
      const fitting = (to ?? [now]).filter((one) => new Comparison(this.rootBefore, this.rootAfter).problem(variant, one, path) === null)
      const problems = fitting.map((one) => this.problem(variant, one, path))
      return problems.includes(null) ? null : (problems[0] ?? null)
    })
  }

  private ofObjects(old: Json, now: Json, path: string): string | null {
    const [before, after] = [asJson(old.properties), asJson(now.properties)]
    const gone = Object.keys(before).find((name) => !Object.hasOwn(after, name))
    if (gone !== undefined) return `${place(`${path}.${gone}`)} is left out, and was written`
    const filled = Object.keys(after).find(
      (name) => asJson(after[name]).default !== undefined && asJson(before[name]).default === undefined,
    )
    if (filled !== undefined) return `${place(`${path}.${filled}`)} is written with its default where it was missing`
    const [order, orderNow] = [asList(old.required), asList(now.required)]
    const common = order.filter((name) => orderNow.includes(name))
    if (canonical(common) !== canonical(orderNow.filter((name) => order.includes(name))))
      return `${place(path)} has its members in another order (${order.join(', ')} → ${orderNow.join(', ')})`
    return first(Object.keys(before), (name) => this.problem(before[name], after[name], `${path}.${name}`))
  }

  private ofArrays(old: Json, now: Json, path: string): string | null {
    const [before, after] = [asList(old.prefixItems), asList(now.prefixItems)]
    return (
      first([...before.entries()], ([index, item]) => this.problem(item, after[index] ?? now.items, `${path}[${index}]`)) ??
      this.problem(old.items, now.items, `${path}[]`)
    )
  }
}

class Comparison {
  private readonly rootBefore: Json
  private readonly rootAfter: Json
  /** Pairs under comparison: of types that contain themselves. */
  private readonly assumed: Set<string>

  constructor(before: Json, after: Json, assumed: ReadonlySet<string> = new Set()) {
    this.assumed = new Set(assumed)
    this.rootBefore = before
    this.rootAfter = after
  }

  /** null: all values of `before` are values of `after`. */
  problem(before: unknown, after: unknown, path: string): string | null {
    const old = resolve(before, this.rootBefore)
    const now = resolve(after, this.rootAfter)
    if (now === true || (isJson(now) && Object.keys(now).every((key) => notes.has(key)))) return null
    if (old === false) return null
    if (!isJson(old) || !isJson(now)) return `${place(path)} is no longer allowed`
    const pair = `${canonical(old)} ${canonical(now)}`
    if (this.assumed.has(pair)) return null
    this.assumed.add(pair)
    return this.ofVariants(old, now, path)
  }

  private ofVariants(old: Json, now: Json, path: string): string | null {
    const from = variantsOf(old)
    if (from !== undefined) return first(from, (variant) => this.problem(variant, now, path))
    const to = variantsOf(now)
    if (to !== undefined) {
      // What fits one variant fits: each has what was assumed on the way here, and nothing of the others.
      const problems = to.map((variant) => new Comparison(this.rootBefore, this.rootAfter, this.assumed).problem(old, variant, path))
      return problems.includes(null) ? null : (problems.find((one) => one !== null) ?? `${place(path)} fits no variant`)
    }
    const values = valuesOf(old)
    const allowed = valuesOf(now)
    if (values !== undefined) {
      const lost = values.find((value) =>
        allowed === undefined ? !fits(value, now) : !allowed.some((one) => canonical(one) === canonical(value)),
      )
      return lost === undefined ? null : `${place(path)} may have been ${JSON.stringify(lost)}, which is no longer allowed`
    }
    if (allowed !== undefined)
      return `${place(path)} may have been anything of type ${String(old.type)}, and is now one of ${JSON.stringify(allowed)}`
    return this.ofTypes(old, now, path)
  }

  private ofTypes(old: Json, now: Json, path: string): string | null {
    if (old.type !== now.type && !(old.type === 'integer' && now.type === 'number'))
      return `${place(path)} was of type ${String(old.type)} and is of type ${String(now.type)}`
    const ofType = old.type === 'object' ? this.ofObjects(old, now, path) : old.type === 'array' ? this.ofArrays(old, now, path) : null
    return ofType ?? ofConstraints(old, now, path)
  }

  private ofObjects(old: Json, now: Json, path: string): string | null {
    const before = asJson(old.properties)
    const after = asJson(now.properties)
    const required = new Set(asList(old.required))
    const missing = asList(now.required).find((name) => !required.has(name) && asJson(after[String(name)]).default === undefined)
    if (missing !== undefined) return `${place(`${path}.${String(missing)}`)} is required, and old values may be without it`
    for (const name of Object.keys(after)) {
      // Where old values could have had any further members, one of this name may be anything.
      const from = Object.hasOwn(before, name) ? before[name] : (old.additionalProperties ?? old.patternProperties)
      if (from === undefined) continue
      const found = this.problem(
        Object.hasOwn(before, name) ? before[name] : (old.additionalProperties ?? {}),
        after[name],
        `${path}.${name}`,
      )
      if (found !== null) return found
    }
    return this.ofFurtherMembers(old, now, path)
  }

  private ofFurtherMembers(old: Json, now: Json, path: string): string | null {
    if (canonical(old.patternProperties) !== canonical(now.patternProperties) && now.patternProperties !== undefined)
      return `${place(path)} has other names by pattern`
    if (canonical(old.propertyNames) !== canonical(now.propertyNames) && now.propertyNames !== undefined)
      return `${place(path)} has other names`
    if (now.additionalProperties === undefined || now.additionalProperties === true) return null
    const after = asJson(now.properties)
    const gone = Object.entries(asJson(old.properties)).filter(([name]) => !Object.hasOwn(after, name))
    const found = first(gone, ([name, schema]) => this.problem(schema, now.additionalProperties, `${path}.${name}`))
    // Members that the old type did not name were left out when values were written, unless it named all of a kind.
    return (
      found ??
      (old.additionalProperties === undefined ? null : this.problem(old.additionalProperties, now.additionalProperties, `${path}[…]`))
    )
  }

  private ofArrays(old: Json, now: Json, path: string): string | null {
    const before = Array.isArray(old.prefixItems) ? old.prefixItems : []
    const after = Array.isArray(now.prefixItems) ? now.prefixItems : []
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      const from = before[index] ?? old.items ?? true
      const found = this.problem(from, after[index] ?? now.items ?? true, `${path}[${index}]`)
      if (found !== null) return found
    }
    return now.items === undefined ? null : this.problem(old.items ?? true, now.items, `${path}[]`)
  }
}

/** Limits: each that there is has to have been there, and no wider. */
function ofConstraints(old: Json, now: Json, path: string): string | null {
  const lower = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']
  const upper = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']
  for (const key of Object.keys(now)) {
    if (
      notes.has(key) ||
      ['type', 'properties', 'required', 'items', 'prefixItems', 'additionalProperties', 'patternProperties', 'propertyNames'].includes(key)
    )
      continue
    const [before, after] = [old[key], now[key]]
    if (canonical(before) === canonical(after)) continue
    const isLooser =
      typeof before === 'number' &&
      typeof after === 'number' &&
      ((lower.includes(key) && after <= before) || (upper.includes(key) && after >= before))
    if (isLooser || (lower.includes(key) && after === 0) || (key === 'uniqueItems' && after === false)) continue
    return `${place(path)} has the limit ${key} ${JSON.stringify(after)}, which old values need not keep`
  }
  return null
}

function variantsOf(schema: Json): readonly unknown[] | undefined {
  const variants = schema.anyOf ?? schema.oneOf
  return Array.isArray(variants) ? variants : undefined
}

function valuesOf(schema: Json): readonly unknown[] | undefined {
  if ('const' in schema) return [schema.const]
  return Array.isArray(schema.enum) ? schema.enum : undefined
}

/** Of single values only what can be said without a validator: the type. */
function fits(value: unknown, { type, pattern, format }: Json): boolean {
  if (pattern !== undefined || format !== undefined) return false
  return type === undefined || type === (value === null ? 'null' : typeof value)
}

export function resolve(schema: unknown, root: Json): unknown {
  if (!isJson(schema) || typeof schema.$ref !== 'string') return schema
  if (schema.$ref === '#') return root
  const name = schema.$ref.replace(/^#\/\$defs\//, '')
  return asJson(root.$defs)[name] ?? true
}

function first<T>(list: readonly T[], problem: (one: T) => string | null): string | null {
  for (const one of list) {
    const found = problem(one)
    if (found !== null) return found
  }
  return null
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function asJson(value: unknown): Json {
  return isJson(value) ? value : {}
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function place(path: string): string {
  return path === '' ? 'The value' : `The member ${path.replace(/^\./, '')}`
}

/** Equal texts for equal schemas, in whatever order their members come. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (!isJson(value)) return JSON.stringify(value) ?? 'undefined'
  const members = Object.keys(value).filter((key) => !notes.has(key) || key === '$defs' || key === 'default')
  return `{${members
    .sort()
    .map((key) => `${key}:${canonical(value[key])}`)
    .join()}}`
}
