// schemaRegistry() as a topology file names it, and the serdes that it makes: Confluent's wire format before the bytes of another serde. The format is that of
// Java's KafkaAvroSerializer, KafkaProtobufSerializer and KafkaJsonSchemaSerializer: the byte 0, the id of the schema in 4 bytes, big-endian, for Protobuf the
// message indexes, then the value.

import {
  definePlugin,
  MillraceError,
  type Plugin,
  type SchemaFormat,
  type Serde,
  type SerdeContext,
  type SerdeReader,
} from '../../framework/index.ts'
import { KnownSchemas } from './known-schemas.ts'
import type { SchemaRegistryOptions } from './options.ts'
import { RegistryClient } from './registry-client.ts'
import { type SubjectStrategy, subjectOf } from './subjects.ts'

export interface SchemaRegistry {
  /**
   * Values of `inner` with the id of their schema before them. `inner` is a serde with a schema: `avro()`, `protobuf()` with a .proto text, `jsonSchema()`.
   * Throws an Error for another one.
   */
  serde<T>(inner: Serde<T>, options?: RegisteredOptions): Serde<T>
  /** The format `confluent`, so that tools can read what a topology's serdes of this registry have written. */
  readonly plugin: Plugin
}

export interface RegisteredOptions {
  /** Default: `topic`, as in Java. */
  readonly subject?: SubjectStrategy
  /** Whether the schema is registered when the app starts (auto.register.schemas). Without, it has to be registered already. Default: true. */
  readonly autoRegister?: boolean
  /** Whether the registry compares schemas in their normal form (normalize.schemas). Default: false. */
  readonly normalize?: boolean
}

const magicByte = 0
const headerBytes = 5

/**
 * A Confluent Schema Registry, or what speaks its REST API (Karapace, Apicurio, Redpanda). Nothing is asked before the app starts; then each serde's schema is
 * registered or looked up, for every topic that the app writes, changelogs and repartition topics too, as in Java. A schema that a record names and that is
 * not known is fetched while its partition waits.
 *
 * `options` may be a function, called at the start: for secrets of the environment, which is empty when a topology is built.
 *
 * The app ends with `schema-registry-unreachable`, `schema-registry-refused`, `schema-incompatible`, `schema-not-registered` … A record whose schema nobody has,
 * or cannot be read by the serde's, is one that cannot be read: `deserializationExceptionHandler` says what is done.
 *
 * @example
 * ```ts
 * import { topology } from 'millrace'
 * import { schemaRegistry } from 'millrace/plugins/schema-registry'
 * import { avro } from 'millrace/plugins/serde-avro'
 *
 * interface Order { id: number; item: string }
 *
 * const registry = schemaRegistry(() => ({
 *   url: process.env.SCHEMA_REGISTRY_URL ?? 'http://localhost:8081',
 *   auth: { username: 'orders', password: process.env.SCHEMA_REGISTRY_PASSWORD ?? '' },
 * }))
 * const orders = registry.serde(
 *   avro<Order>({ type: 'record', name: 'Order', fields: [{ name: 'id', type: 'long' }, { name: 'item', type: 'string' }] }),
 * )
 *
 * export default topology('large-orders', (builder) => {
 *   builder.stream<string, Order>('orders', { value: orders }).filter((order) => order.id > 1_000).to('large-orders', { value: orders })
 * })
 * ```
 */
export function schemaRegistry(options: SchemaRegistryOptions | (() => SchemaRegistryOptions)): SchemaRegistry {
  let made: { readonly client: RegistryClient; readonly url: string } | undefined
  const connect = (): { readonly client: RegistryClient; readonly url: string } => {
    if (made === undefined) {
      const given = typeof options === 'function' ? options() : options
      made = { client: new RegistryClient(given), url: String(given.url) }
    }
    return made
  }
  const schemas = new KnownSchemas(() => connect().client)
  const registry: SchemaRegistry = {
    serde: (inner, chosen = {}) => new RegisteredSerde(inner, chosen, schemas, connect),
    plugin: definePlugin({
      name: 'schema-registry',
      serdes: { confluent: { serde: (schema, reference) => registry.serde(reference.serde(reference.type ?? '', schema)) } },
    }),
  }
  return registry
}

class RegisteredSerde<T> implements Serde<T> {
  readonly name: string
  readonly schema?: unknown
  readonly immutable: boolean
  private readonly inner: Serde<T>
  private readonly wire: SchemaFormat<T>
  private readonly options: RegisteredOptions
  private readonly schemas: KnownSchemas
  private readonly connect: () => { readonly client: RegistryClient; readonly url: string }
  private readonly readers = new Map<number, SerdeReader<T>>()
  private id: number | undefined
  private readonly ids = new Map<string, number>()

  constructor(inner: Serde<T>, options: RegisteredOptions, schemas: KnownSchemas, connect: RegisteredSerde<T>['connect']) {
    if (inner.format === undefined)
      throw new Error(`${inner.name} has no schema that a registry could hold: give avro(), protobuf() with a .proto text, or jsonSchema()`)
    this.name = `confluent(${inner.name})`
    if (inner.schema !== undefined) this.schema = inner.schema
    this.immutable = inner.immutable
    this.inner = inner
    this.wire = inner.format
    this.options = options
    this.schemas = schemas
    this.connect = connect
  }

  async open({ uses, folder }: SerdeContext): Promise<void> {
    const { client, url } = this.connect()
    await this.schemas.open(folder, url)
    const { subject: strategy = 'topic', autoRegister = true, normalize = false } = this.options
    const written = uses.filter(({ writes }) => writes)
    const subjects = written.map((use) => subjectOf(strategy, { ...use, typeName: this.wire.typeName }))
    for (const subject of new Set(subjects)) {
      if (subject === undefined || this.ids.has(subject)) continue
      this.ids.set(subject, await client.idOf({ serde: this.name, subject, schema: this.wire, autoRegister, normalize }))
    }
    if (written.length > 0 && this.ids.size === 0) {
      const problem = this.wire.typeName === undefined ? 'its type has no name' : 'each record chooses its topic'
      throw new MillraceError('schema-subject-unknown', { serde: this.name, problem })
    }
    await this.use(this.ids.values())
  }

  canRead(bytes: Buffer, start: number, end: number): boolean {
    if (!this.wire.needsWriter || end - start < headerBytes || bytes[start] !== magicByte) return true
    const id = bytes.readUInt32BE(start + 1)
    return this.readers.has(id) || this.schemas.get(id) !== undefined || this.schemas.isMissing(id)
  }

  prepare(bytes: Buffer, start: number): Promise<void> {
    return this.schemas.fetch(bytes.readUInt32BE(start + 1))
  }

  read(bytes: Buffer, start: number, end: number): T {
    if (end - start < headerBytes) throw new Error(`${end - start} bytes are fewer than the magic byte and the id of a schema`)
    if (bytes[start] !== magicByte) throw new Error(`it begins with the byte ${bytes[start]}, not with the magic byte 0 of a schema's id`)
    const id = bytes.readUInt32BE(start + 1)
    return (this.readers.get(id) ?? this.readerOf(id)).read(bytes, start + headerBytes, end)
  }

  write(value: T, target: Parameters<Serde<T>['write']>[1]): void {
    const { id, wire } = this
    if (id === undefined) throw new Error('its schema has no id yet: it is registered when an app or a test driver starts')
    target.reserve(headerBytes + wire.prefix.length)
    target.bytes[target.end] = magicByte
    target.bytes.writeUInt32BE(id, target.end + 1)
    target.bytes.set(wire.prefix, target.end + headerBytes)
    target.end += headerBytes + wire.prefix.length
    this.inner.write(value, target)
  }

  /** Confluent's registry gives a schema one id, under whatever subject; of several, each names the same schema. */
  private async use(ids: Iterable<number>): Promise<void> {
    const { language, text, references } = this.wire
    for (const id of ids) {
      this.id ??= id
      await this.schemas.add(id, { language, text, references })
    }
  }

  /** A schema that cannot be used is a reader that says why, for each record. */
  private readerOf(id: number): SerdeReader<T> {
    if (!this.wire.needsWriter) return this.remember(id, this.wire.readerFor(undefined))
    const schema = this.schemas.get(id)
    if (schema === undefined) throw new Error(`its schema ${id} is not in the registry`)
    const { language } = this.wire
    if (schema.language !== language)
      return this.remember(id, refusing(new Error(`its schema ${id} is ${schema.language}, not ${language}`)))
    try {
      return this.remember(id, this.wire.readerFor(schema))
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      return this.remember(id, refusing(new Error(`by its schema ${id}, ${problem}`, { cause: error })))
    }
  }

  private remember(id: number, reader: SerdeReader<T>): SerdeReader<T> {
    this.readers.set(id, reader)
    return reader
  }
}

function refusing(error: Error): SerdeReader<never> {
  return {
    read() {
      throw error
    },
  }
}
