// The schemas of a manifest, which are JSON Schema as of 2020-12, in draft 07 and under `#/components/schemas`, each definition by a name of its own.

type Json = unknown
type JsonObject = Readonly<Record<string, Json>>

const scalars: Readonly<Record<string, JsonObject>> = {
  string: { type: 'string' },
  long: { type: 'integer', format: 'int64', description: '8 bytes, big-endian, signed.' },
  integer: { type: 'integer', format: 'int32', description: '4 bytes, big-endian, signed.' },
  double: { type: 'number', format: 'double', description: '8 bytes, IEEE 754, big-endian.' },
  bytes: { type: 'string', format: 'binary' },
}

export class Draft07Schemas {
  /** What `schemaOf` has referred to, by name. */
  readonly written: Record<string, Json> = {}
  private readonly schemas: Readonly<Record<string, Json>>
  private readonly names = new Map<string, string>()

  constructor(schemas: Readonly<Record<string, Json>>) {
    this.schemas = schemas
  }

  /** The schema of what a serde carries. */
  schemaOf(serde: string): JsonObject {
    const scalar = Object.hasOwn(scalars, serde) ? scalars[serde] : undefined
    if (scalar !== undefined) return scalar
    const schema = Object.hasOwn(this.schemas, serde) ? this.schemas[serde] : undefined
    // Other formats have languages of their own, or none.
    if (!isObject(schema) || !/^(json|string)\(/.test(serde)) return { description: `What the serde ${serde} writes.` }
    return { $ref: `#/components/schemas/${this.nameOf(serde, schema)}` }
  }

  private nameOf(serde: string, schema: JsonObject): string {
    const known = this.names.get(serde)
    if (known !== undefined) return known
    const name = this.uniqueName(serde.replace(/^\w+\((.*)\)$/s, '$1'))
    this.names.set(serde, name)
    const { $schema: _, $defs = {}, ...root } = schema
    const definitions = new Map(Object.keys($defs as JsonObject).map((own) => [own, this.uniqueName(`${name}.${own}`)]))
    this.written[name] = converted(root, name, definitions)
    for (const [own, unique] of definitions) this.written[unique] = converted(($defs as JsonObject)[own], name, definitions)
    return name
  }

  /** AsyncAPI takes letters, digits, dots, hyphens and underscores. */
  private uniqueName(text: string): string {
    const name = text.replace(/[^\w.-]+/g, '_').replace(/^_+|_+$/g, '') || 'type'
    let unique = name
    for (let count = 2; unique in this.written; count++) unique = `${name}-${count}`
    this.written[unique] = {}
    return unique
  }
}

function converted(schema: Json, root: string, definitions: ReadonlyMap<string, string>): Json {
  const inner = (part: Json): Json => converted(part, root, definitions)
  if (Array.isArray(schema)) return schema.map(inner)
  if (!isObject(schema)) return schema
  // A discriminator of AsyncAPI names schemas; the variants have their literals anyway.
  const { $ref, prefixItems, items, discriminator: _, enum: values, const: value, default: filled, ...others } = schema
  const rest = Object.fromEntries(Object.entries(others).map(([name, part]) => [name, membersOf(name, part, inner)]))
  const plain = {
    ...rest,
    ...(values === undefined ? {} : { enum: values }),
    ...(value === undefined ? {} : { const: value }),
    ...(filled === undefined ? {} : { default: filled }),
    ...(prefixItems === undefined ? (items === undefined ? {} : { items: inner(items) }) : { items: inner(prefixItems) }),
    ...(prefixItems === undefined || items === undefined ? {} : { additionalItems: inner(items) }),
  }
  if (typeof $ref !== 'string') return plain
  const target = $ref === '#' ? root : (definitions.get($ref.replace('#/$defs/', '')) ?? root)
  const reference = { $ref: `#/components/schemas/${target}` }
  // Draft 07 does not see what stands beside a reference.
  return Object.keys(plain).length === 0 ? reference : { allOf: [reference], ...plain }
}

/** Names of members are no keywords. */
function membersOf(keyword: string, part: Json, inner: (part: Json) => Json): Json {
  const isByName = (keyword === 'properties' || keyword === 'patternProperties') && isObject(part)
  return isByName ? Object.fromEntries(Object.entries(part).map(([name, member]) => [name, inner(member)])) : inner(part)
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
