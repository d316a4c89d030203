// Confluent's client, of which the part that talks to the registry is taken: its serializers would bring the SDKs of three clouds into each bundle. What
// goes wrong becomes a MillraceError; nothing of the client's own errors is kept, for they have the request with its credentials.

import { RestError } from '@confluentinc/schemaregistry/dist/rest-error.js'
import { type Client, type SchemaInfo, SchemaRegistryClient } from '@confluentinc/schemaregistry/dist/schemaregistry-client.js'
import { MillraceError, type SchemaLanguage, type SchemaText } from '../../framework/index.ts'
import { addressOf, type SchemaRegistryOptions } from './options.ts'

/** References to references, and so on. */
const referencesDepthMax = 32
const notFound = 404
const languages: readonly string[] = ['AVRO', 'PROTOBUF', 'JSON']

export interface Registration {
  /** For messages. */
  readonly serde: string
  readonly subject: string
  readonly schema: SchemaText
  /** Whether the schema may be registered; else it is looked up. */
  readonly autoRegister: boolean
  readonly normalize: boolean
}

export class RegistryClient {
  private readonly client: Client
  private readonly shownUrl: string

  constructor(options: SchemaRegistryOptions) {
    const { config, shownUrl } = addressOf(options)
    this.client = SchemaRegistryClient.newClient(config)
    this.shownUrl = shownUrl
  }

  /** The id of a schema under a subject. Its references are registered first, each under the name by which it is referred to. */
  async idOf(registration: Registration): Promise<number> {
    const info = await this.infoOf(registration)
    const { subject, autoRegister, normalize, serde } = registration
    try {
      return autoRegister ? await this.client.register(subject, info, normalize) : await this.client.getId(subject, info, normalize)
    } catch (error) {
      if (statusOf(error) === notFound && !autoRegister) throw new MillraceError('schema-not-registered', { serde, subject })
      const status = statusOf(error)
      if (status === 409 || status === 422) throw new MillraceError('schema-incompatible', { serde, subject, problem: sentence(error) })
      throw this.told(error, `${autoRegister ? 'register a schema' : 'look up a schema'} under ${subject}`)
    }
  }

  /** Undefined if the registry has no schema of this id. */
  async schemaOf(id: number): Promise<SchemaText | undefined> {
    try {
      return await this.textOf(await this.client.getBySubjectAndId('', id), 0)
    } catch (error) {
      if (statusOf(error) === notFound) return undefined
      throw this.told(error, `give the schema ${id}`)
    }
  }

  private async infoOf({ schema, ...rest }: Registration): Promise<SchemaInfo> {
    const references = []
    for (const [name, reference] of schema.references) {
      const registration = { ...rest, subject: name, schema: reference }
      await this.idOf(registration)
      const info = await this.infoOf(registration)
      references.push({ name, subject: name, version: await this.versionOf(name, info, rest.normalize) })
    }
    return { schema: schema.text, schemaType: schema.language, ...(references.length === 0 ? {} : { references }) }
  }

  private async versionOf(subject: string, info: SchemaInfo, normalize: boolean): Promise<number> {
    try {
      return await this.client.getVersion(subject, info, normalize, false)
    } catch (error) {
      throw this.told(error, `look up a schema under ${subject}`)
    }
  }

  private async textOf({ schema, schemaType = 'AVRO', references = [] }: SchemaInfo, depth: number): Promise<SchemaText> {
    if (depth > referencesDepthMax) throw new Error(`its references go deeper than ${referencesDepthMax}`)
    if (!languages.includes(schemaType)) throw new Error(`it is written in ${schemaType}`)
    const texts = new Map<string, SchemaText>()
    for (const { name, subject, version } of references) {
      texts.set(name, await this.textOf(await this.client.getSchemaMetadata(subject, version, true), depth + 1))
    }
    return { language: schemaType as SchemaLanguage, text: schema, references: texts }
  }

  private told(error: unknown, request: string): unknown {
    if (error instanceof MillraceError) return error
    const url = this.shownUrl
    const status = statusOf(error)
    if (status === undefined && isOfNetwork(error))
      return new MillraceError('schema-registry-unreachable', { url, problem: networkProblem(error) })
    if (status === 401 || status === 403) return new MillraceError('schema-registry-refused', { url, request: `to ${request}`, status })
    return new MillraceError('schema-registry-failed', { url, request, problem: sentence(error) })
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof RestError ? error.status : undefined
}

interface NetworkError {
  readonly code?: string
  readonly message: string
}

function isOfNetwork(error: unknown): error is NetworkError {
  return error instanceof Error && 'isAxiosError' in error
}

function networkProblem({ code, message }: NetworkError): string {
  if (code === 'ECONNREFUSED') return 'the connection was refused'
  return message.trim() === '' ? (code ?? 'the connection failed') : message
}

function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof RestError && error.errorCode > 0 ? ` (${error.errorCode})` : ''
  return `${message.replace(/; Error code: -?\d+$/, '').replace(/[.\s]+$/, '')}${code}`
}
