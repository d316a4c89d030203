// What the compiler has derived of a TypeScript type, as plain data: what emitters are given, and serdes of other formats than JSON. It describes the value as it travels in JSON, and by
// its kinds what the value is in the program.

import type { Codec } from './codec.ts'

export type TypeShape = TypeForm & {
  /** What JSDoc tags say beyond the type. */
  readonly constraints?: TypeConstraints
  readonly notes?: TypeNotes
  /** In the program it is an instance of a class; all else here is of what the codec makes of it. */
  readonly codec?: TypeCodec
}

/** Where the codec of a class is. */
export interface TypeCodec {
  /** The class. */
  readonly type: string
  /** What is imported: a package, or a file as seen from the project's folder, `./shared/money.ts`. */
  readonly module: string
  /** What of it: `Money.codec`. */
  readonly path: string
}

type TypeForm =
  | { readonly kind: 'string'; readonly pattern?: string }
  | { readonly kind: 'number' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'null' }
  /** An ISO 8601 string in JSON, a Date in the program. */
  | { readonly kind: 'date' }
  /** A string of digits in JSON. */
  | { readonly kind: 'bigint' }
  /** A string in base64 in JSON, a Uint8Array in the program. */
  | { readonly kind: 'bytes' }
  | { readonly kind: 'literals'; readonly values: readonly TypeLiteral[] }
  | { readonly kind: 'array'; readonly items: TypeShape }
  /** An array in JSON. */
  | { readonly kind: 'set'; readonly items: TypeShape }
  /** An object in JSON if the keys are strings, else an array of pairs. */
  | { readonly kind: 'map'; readonly key: TypeShape; readonly value: TypeShape }
  | { readonly kind: 'tuple'; readonly items: readonly TypeShape[]; readonly required: number; readonly rest: TypeShape | null }
  | ObjectTypeShape
  | { readonly kind: 'union'; readonly tag: string | null; readonly variants: readonly TypeShape[] }
  /** A definition of the same schema, or its root by the name `#`. */
  | { readonly kind: 'reference'; readonly name: string }

export type TypeLiteral = string | number | boolean

/** By JSON Schema's words, which are those of the tags too. */
export interface TypeConstraints {
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: true
}

/** What people read and no program obeys. */
export interface TypeNotes {
  readonly description?: string
  readonly deprecated?: true
}

export interface ObjectTypeShape {
  readonly kind: 'object'
  readonly members: readonly TypeMember[]
  /** What members of other names hold (index signatures); null: they are let through unread, as in TypeScript. */
  readonly rest: TypeShape | null
  /** What members hold whose names match: index signatures of numbers and template literals. */
  readonly patterns?: readonly TypeNamePattern[]
}

export interface TypeNamePattern {
  /** As a regular expression. */
  readonly pattern: string
  readonly shape: TypeShape
}

export interface TypeMember {
  readonly name: string
  readonly optional: boolean
  readonly shape: TypeShape
  /** JSON of what is read where the member is missing. */
  readonly default?: TypeJson
}

export type TypeJson = string | number | boolean | null | readonly TypeJson[] | { readonly [name: string]: TypeJson }

/**
 * A TypeScript type, described. A function whose last parameter is called `options` and has a property of this type is given the description by the compiler, if its author leaves it out: so
 * a plugin makes serdes of types.
 *
 * @example
 * ```ts
 * import type { Serde, TypeDescription } from 'millrace'
 *
 * export function membersOnly<T>(options: { readonly type?: TypeDescription<T> } = {}): Serde<T> {
 *   const { root } = options.type ?? {}
 *   if (root?.kind !== 'object') throw new Error('only for objects')
 *   const names = root.members.map(({ name }) => name)
 *   return {
 *     name: `members(${options.type?.name})`,
 *     immutable: false,
 *     read: (bytes, start, end) => JSON.parse(bytes.toString('utf8', start, end)) as T,
 *     write(value, target) {
 *       const text = JSON.stringify(value, names)
 *       target.reserve(Buffer.byteLength(text))
 *       target.end += target.bytes.write(text, target.end)
 *     },
 *   }
 * }
 * ```
 */
export interface TypeDescription<out T> {
  /** The name of the type, or what stands for it if it has none. */
  readonly name: string
  readonly root: TypeShape
  /** What references name. */
  readonly definitions: Readonly<Record<string, TypeShape>>
  /** Codecs of classes in it, by `module path`. Asked when the first value is read or written, not before: modules import each other. Emitters have none. */
  readonly codecs?: Readonly<Record<string, () => Codec<unknown, unknown>>>
  /** Never there: it tells the checker of which type this is. */
  readonly [described]?: T
}

declare const described: unique symbol
