// A small schema registry: of its REST API what serdes ask for, with Confluent's paths, bodies and error codes. Schemas are numbered by their content.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface RegisteredSchema {
  readonly schema: string
  readonly schemaType?: string
  readonly references?: readonly { readonly name: string; readonly subject: string; readonly version: number }[]
}

interface Reply {
  readonly status: number
  readonly body: unknown
}

export class RegistryServer {
  /** Method and path of each request. */
  readonly requests: string[] = []
  /** Asked before each request; what it gives is answered instead, and `hang` never is. */
  fault: ((request: string) => Reply | 'hang' | undefined) | undefined
  /** What the header Authorization has to be. */
  authorization: string | undefined
  /** Whether a schema may come after the others of its subject. */
  isCompatible: (schema: string) => boolean = () => true
  private readonly schemas: RegisteredSchema[] = []
  private readonly subjects = new Map<string, number[]>()
  private readonly server: Server

  private constructor(server: Server) {
    this.server = server
    server.on('request', (request, response) => void this.handle(request, response))
  }

  static async start(): Promise<RegistryServer> {
    const server = createServer()
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    return new RegistryServer(server)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((closed) => this.server.close(closed))
  }

  /** By subject: the ids of its versions. */
  get registered(): Readonly<Record<string, readonly number[]>> {
    return Object.fromEntries(this.subjects)
  }

  /** As another producer would; gives the id. */
  register(subject: string, schema: RegisteredSchema): number {
    const id = this.idOf(schema) ?? this.schemas.push(schema)
    const versions = this.subjects.get(subject) ?? []
    this.subjects.set(subject, versions)
    if (!versions.includes(id)) versions.push(id)
    return id
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const part of request) text += part
    const { pathname } = new URL(request.url ?? '', this.url)
    const called = `${request.method} ${pathname}`
    this.requests.push(called)
    const fault = this.fault?.(called)
    if (fault === 'hang') return
    const reply = fault ?? this.reply(called, request.headers.authorization, text)
    response.writeHead(reply.status, { 'Content-Type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(reply.body))
  }

  private reply(called: string, authorization: string | undefined, text: string): Reply {
    if (this.authorization !== undefined && authorization !== this.authorization) return failure(401, 401, 'Unauthorized')
    const [, subject = '', version] = /^(?:GET|POST) \/subjects\/([^/]+)(?:\/versions(?:\/(\d+))?)?$/.exec(called) ?? []
    const name = decodeURIComponent(subject)
    if (/^POST .*\/versions$/.test(called)) return this.registration(name, JSON.parse(text) as RegisteredSchema)
    if (called.startsWith('POST /subjects/')) return this.lookup(name, JSON.parse(text) as RegisteredSchema)
    if (called.startsWith('GET /subjects/')) {
      const id = this.subjects.get(name)?.[Number(version) - 1]
      return id === undefined
        ? failure(404, 40402, 'Version not found')
        : { status: 200, body: { subject: name, id, ...this.schemas[id - 1] } }
    }
    const id = Number(/^GET \/schemas\/ids\/(\d+)$/.exec(called)?.[1])
    const schema = this.schemas[id - 1]
    return schema === undefined ? failure(404, 40403, 'Schema not found') : { status: 200, body: schema }
  }

  private registration(subject: string, schema: RegisteredSchema): Reply {
    const isNew = !this.subjects.get(subject)?.includes(this.idOf(schema) ?? -1)
    if (isNew && !this.isCompatible(schema.schema))
      return failure(409, 409, 'Schema being registered is incompatible with an earlier schema')
    return { status: 200, body: { id: this.register(subject, schema) } }
  }

  private lookup(subject: string, schema: RegisteredSchema): Reply {
    const versions = this.subjects.get(subject)
    if (versions === undefined) return failure(404, 40401, `Subject '${subject}' not found.`)
    const id = this.idOf(schema) ?? -1
    if (!versions.includes(id)) return failure(404, 40403, 'Schema not found')
    return { status: 200, body: { subject, id, version: versions.indexOf(id) + 1, ...schema } }
  }

  private idOf({ schema, schemaType = 'AVRO', references = [] }: RegisteredSchema): number | undefined {
    const same = this.schemas.findIndex(
      (other) =>
        other.schema === schema &&
        (other.schemaType ?? 'AVRO') === schemaType &&
        JSON.stringify(other.references ?? []) === JSON.stringify(references),
    )
    return same < 0 ? undefined : same + 1
  }
}

function failure(status: number, code: number, message: string): Reply {
  return { status, body: { error_code: code, message } }
}
