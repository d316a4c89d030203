// Values of a topology and their JSON: how what an app sends becomes Dates, bigints and the like, and how a key is asked for. Part of every generated client, as
// state-client.ts is.

// ---------------------------------------------------------------------------------------------- what JSON does not tell

/** How a value is made of its JSON; null: it is what JSON.parse gives. */
export type Form =
  | null
  | 'Date'
  | 'bigint'
  | 'Uint8Array'
  /** JSON has no NaN and no infinity: they come as texts. */
  | 'number'
  | { readonly set: Form }
  | { readonly map: readonly [key: Form, value: Form] }
  | { readonly array: Form; readonly first?: readonly Form[] }
  | { readonly members: Readonly<Record<string, Form>>; readonly patterns?: readonly (readonly [string, Form])[]; readonly others?: Form }
  /** The first whose test holds. */
  | { readonly oneOf: readonly (readonly [test: Test, form: Form])[] }
  /** A type that contains itself. */
  | { readonly named: string }

/** Which JSON it is that tells a variant from the others. */
export interface Test {
  readonly is?: string
  readonly values?: readonly unknown[]
  readonly members?: Readonly<Record<string, Test>>
  readonly least?: number
  readonly most?: number
}

export interface KeyForm {
  /** How a key stands in a question. */
  readonly as: 'text' | 'bytes' | 'json'
  readonly form: Form
}

/** What of the platform is used. */
const bytesOfPlatform = globalThis as unknown as { atob(base64: string): string; btoa(binary: string): string }

export function decoded(form: Form, json: unknown): unknown {
  if (form === null || json === null || json === undefined) return json
  if (form === 'Date') return dateOf(json)
  if (form === 'bigint') return BigInt(json as string)
  if (form === 'number') return Number(json)
  if (form === 'Uint8Array') return Uint8Array.from(bytesOfPlatform.atob(json as string), (letter) => letter.charCodeAt(0))
  if ('named' in form) return decoded(namedForms[form.named] ?? null, json)
  if ('oneOf' in form) {
    const found = form.oneOf.find(([test]) => holds(test, json))
    return found === undefined ? json : decoded(found[1], json)
  }
  if ('set' in form) return new Set(listOf(json).map((item) => decoded(form.set, item)))
  if ('array' in form) {
    const { first = [] } = form
    return listOf(json).map((item, at) => decoded(at < first.length ? (first[at] ?? null) : form.array, item))
  }
  if ('map' in form) {
    const [ofKey, ofValue] = form.map
    const entries = Array.isArray(json) ? (json as readonly (readonly [unknown, unknown])[]) : Object.entries(objectOf(json))
    return new Map(entries.map(([key, value]) => [decoded(ofKey, key), decoded(ofValue, value)]))
  }
  return Object.fromEntries(Object.entries(objectOf(json)).map(([name, member]) => [name, decoded(memberForm(form, name), member)]))
}

function memberForm({ members, patterns = [], others = null }: Extract<Form, { readonly members: unknown }>, name: string): Form {
  if (Object.hasOwn(members, name)) return members[name] ?? null
  return patterns.find(([pattern]) => new RegExp(pattern, 'u').test(name))?.[1] ?? others
}

function holds({ is, values, members, least = 0, most = Number.POSITIVE_INFINITY }: Test, json: unknown): boolean {
  const kind = json === null ? 'null' : Array.isArray(json) ? 'array' : typeof json
  if (is !== undefined && is !== kind) return false
  if (values !== undefined && !values.includes(json)) return false
  if (Array.isArray(json) && (json.length < least || json.length > most)) return false
  if (members === undefined) return true
  const object = objectOf(json)
  return Object.entries(members).every(([name, test]) => Object.hasOwn(object, name) && holds(test, object[name]))
}

function dateOf(json: unknown): Date {
  const date = new Date(json as string)
  if (typeof json === 'string' && !Number.isNaN(date.getTime())) return date
  throw new Error(`expected a time, not ${JSON.stringify(json)}`)
}

function listOf(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json
  throw new Error(`expected a list, not ${JSON.stringify(json)}`)
}

function objectOf(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Readonly<Record<string, unknown>>
  throw new Error(`expected an object, not ${JSON.stringify(json)}`)
}

export function keyText({ as }: KeyForm, key: unknown): string {
  if (as === 'text') return key as string
  return as === 'bytes' ? base64Of(key as Uint8Array) : JSON.stringify(encoded(key))
}

/** As it travels. */
function encoded(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return base64Of(value)
  if (Array.isArray(value)) return value.map(encoded)
  if (value instanceof Set) return [...value].map(encoded)
  if (value instanceof Map) {
    const entries = [...value].map(([key, one]) => [encoded(key), encoded(one)] as const)
    return entries.every(([key]) => typeof key === 'string') ? Object.fromEntries(entries) : entries
  }
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, encoded(member)]))
}

function base64Of(bytes: Uint8Array): string {
  return bytesOfPlatform.btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

/** By the topology. */
const namedForms: Readonly<Record<string, Form>> = {}
