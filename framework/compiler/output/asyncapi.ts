// The topics of an app as an AsyncAPI 3 document: a channel for each topic that is not the app's own, an operation for each way, messages with their schemas. AsyncAPI
// knows JSON Schema as of draft 07, so the schemas of the manifest are written in that.

import type { Manifest, ManifestNode } from '../../graph/manifest.ts'
import { Draft07Schemas } from './draft-07.ts'

export interface AsyncApiRequest {
  readonly manifest: Manifest
  readonly version: string
}

export function asyncApiText(request: AsyncApiRequest): string {
  return `${JSON.stringify(asyncApi(request), null, 2)}\n`
}

interface Use {
  readonly action: 'receive' | 'send'
  /** A topic; null where it is chosen by the record, or by a pattern. */
  readonly address: string | null
  readonly id: string
  readonly description?: string
  readonly key: string
  readonly value: string
}

interface Channel {
  readonly address: string | null
  readonly description?: string
  readonly messages: Record<string, object>
}

function asyncApi({ manifest, version }: AsyncApiRequest): object {
  const schemas = new Draft07Schemas(manifest.schemas)
  const channels: Record<string, Channel> = {}
  const operations: Record<string, { readonly action: string; readonly channel: object; readonly messages: object[] }> = {}
  const messages: Record<string, object> = {}
  const messageNames = new Map<string, string>()
  for (const use of usesOf(manifest)) {
    const content = JSON.stringify([use.id, use.key, use.value])
    let name = messageNames.get(content)
    if (name === undefined) {
      name = uniqueName(use.id, messages)
      messageNames.set(content, name)
      messages[name] = messageOf(use, schemas)
    }
    const { address, description } = use
    channels[use.id] ??= { address, ...(description === undefined ? {} : { description }), messages: {} }
    const channel = channels[use.id] as Channel
    channel.messages[name] = reference('components', 'messages', name)
    const operation = `${use.action}-${use.id}`
    operations[operation] ??= { action: use.action, channel: reference('channels', use.id), messages: [] }
    const message = reference('channels', use.id, 'messages', name)
    const known = operations[operation]?.messages ?? []
    if (!known.some((one) => JSON.stringify(one) === JSON.stringify(message))) known.push(message)
  }
  return {
    asyncapi: '3.0.0',
    info: { title: manifest.topology, version },
    channels: sortedByName(channels),
    operations: sortedByName(operations),
    components: { messages: sortedByName(messages), schemas: sortedByName(schemas.written) },
  }
}

function usesOf({ nodes }: Manifest): Use[] {
  return nodes.flatMap((node) => {
    const { key, value } = node
    if (key === undefined || value === undefined) return []
    return topicsOf(node).map((topic) => ({ ...topic, key, value }))
  })
}

function topicsOf(node: ManifestNode): Omit<Use, 'key' | 'value'>[] {
  const { input, topic, name } = node
  if (input?.kind === 'topics')
    return input.topics.filter((one) => !one.internal).map((one) => ({ action: 'receive', address: one.name, id: one.name }))
  if (input?.kind === 'pattern')
    return [{ action: 'receive', address: null, id: name, description: `Every topic whose name matches ${input.pattern}.` }]
  if (node.topicChosen === true) return [{ action: 'send', address: null, id: name, description: 'Each record chooses its topic.' }]
  return topic === undefined || topic.internal ? [] : [{ action: 'send', address: topic.name, id: topic.name }]
}

function messageOf({ id, key, value }: Use, schemas: Draft07Schemas): object {
  return {
    name: id,
    contentType: contentTypeOf(value),
    payload: schemas.schemaOf(value),
    bindings: { kafka: { key: schemas.schemaOf(key), bindingVersion: '0.5.0' } },
  }
}

function contentTypeOf(serde: string): string {
  if (serde.startsWith('json')) return 'application/json'
  return serde.startsWith('string') ? 'text/plain' : 'application/octet-stream'
}

function reference(...path: readonly string[]): { readonly $ref: string } {
  return { $ref: `#/${path.join('/')}` }
}

function uniqueName(name: string, taken: object): string {
  let unique = name
  for (let count = 2; unique in taken; count++) unique = `${name}-${count}`
  return unique
}

function sortedByName<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)))
}
