// The schemas of a registry by their ids, shared by its serdes: what was registered, fetched, or found beside the state.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { MillraceError, type SchemaText } from '../../framework/index.ts'
import type { RegistryClient } from './registry-client.ts'
import { readSchemas, writeSchema } from './schema-files.ts'

/** More ids than a topic has in its life. */
const schemasMax = 10_000
/** How long a registry is not asked again for what it does not have. */
const missingMs = 30_000

export class KnownSchemas {
  private readonly schemas = new Map<number, SchemaText>()
  private readonly fetching = new Map<number, Promise<void>>()
  /** Ids that the registry does not have, and when it said so. */
  private readonly missing = new Map<number, number>()
  private readonly client: () => RegistryClient
  private folder: string | undefined

  constructor(client: () => RegistryClient) {
    this.client = client
  }

  /** `url`: ids of several registries have nothing to do with each other. */
  async open(folder: string | undefined, url: string): Promise<void> {
    if (folder === undefined || this.folder !== undefined) return
    this.folder = join(folder, `schemas-${createHash('sha256').update(url).digest('hex').slice(0, 12)}`)
    for (const [id, schema] of await readSchemas(this.folder)) this.schemas.set(id, schema)
  }

  get(id: number): SchemaText | undefined {
    return this.schemas.get(id)
  }

  isMissing(id: number): boolean {
    const since = this.missing.get(id)
    return since !== undefined && performance.now() - since < missingMs
  }

  async add(id: number, schema: SchemaText): Promise<void> {
    if (this.schemas.has(id)) return
    if (this.schemas.size >= schemasMax)
      throw new MillraceError('schema-registry-failed', {
        url: 'this app',
        request: `hold the schema ${id}`,
        problem: `it has ${schemasMax} already`,
      })
    // On disk before a row can be written with it.
    if (this.folder !== undefined) await writeSchema(this.folder, id, schema)
    this.schemas.set(id, schema)
  }

  fetch(id: number): Promise<void> {
    const running = this.fetching.get(id)
    if (running !== undefined) return running
    const fetching = this.fetchNow(id).finally(() => this.fetching.delete(id))
    this.fetching.set(id, fetching)
    return fetching
  }

  private async fetchNow(id: number): Promise<void> {
    const schema = await this.client().schemaOf(id)
    if (schema !== undefined) {
      this.missing.delete(id)
      await this.add(id, schema)
      return
    }
    if (this.missing.size >= schemasMax) this.missing.clear()
    this.missing.set(id, performance.now())
  }
}
