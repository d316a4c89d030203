// What the keys and values of a topic are, by the manifest of a topology that was built: those that it reads and writes, and its internal topics, whose names begin
// with the application id.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Manifest, ManifestStore } from '../framework/graph/manifest.ts'
import type { Plugin } from '../framework/index.ts'
import { didYouMean } from '../framework/runtime/did-you-mean.ts'
import { builtFolder } from './built-topology.ts'
import type { JsonForm } from './json-forms.ts'
import { Errors, Flags } from './oclif.ts'

export const topologyFlag = Flags.string({
  description:
    'take the serdes that this built topology has for the topic: longs as numbers, windowed keys as {"key","start","end"}, values checked',
  helpValue: 'NAME',
})

export interface TopicForms {
  readonly key: JsonForm
  readonly value: JsonForm
  /** The topic is a changelog: its app alone may write to it. */
  readonly isChangelog: boolean
}

interface Described {
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly store?: ManifestStore
}

/** Throws if the topology is not built, or has nothing to do with the topic. */
export async function topicForms(topology: string, topic: string, plugins: readonly Plugin[]): Promise<TopicForms> {
  const manifest = readManifest(join(builtFolder(topology), 'manifest.json'))
  const described = [...ofNodes(manifest), ...ofChangelogs(manifest)]
  const found = described
    .filter((one) => one.topic === topic || topic.endsWith(`-${one.topic}`))
    .sort((a, b) => b.topic.length - a.topic.length)[0]
  if (found === undefined) {
    const names = [...new Set(described.map((one) => one.topic))].sort()
    throw new Errors.CLIError(`The topology ${topology} has no topic ${topic}.${didYouMean(topic, names)} It has: ${names.join(', ')}.`, {
      exit: 1,
    })
  }
  const { jsonForms } = await import('./json-forms.ts')
  const formOf = await jsonForms(manifest, Object.assign({}, ...plugins.map(({ serdes }) => serdes ?? {})))
  const { key, value, store } = found
  return { key: store === undefined ? formOf(key) : changelogKey(store, formOf), value: formOf(value), isChangelog: store !== undefined }
}

function readManifest(file: string): Manifest {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw new Errors.CLIError(`${file} cannot be read: ${problem}. \`millrace build\` writes it anew.`, { exit: 1 })
  }
}

function ofNodes({ nodes }: Manifest): Described[] {
  return nodes.flatMap(({ topic, input, key, value }) => {
    if (key === undefined || value === undefined) return []
    const topics = [...(topic === undefined ? [] : [topic]), ...(input?.kind === 'topics' ? input.topics : [])]
    return topics.map(({ name }) => ({ topic: name, key, value }))
  })
}

function ofChangelogs({ stores }: Manifest): Described[] {
  return stores.flatMap((store) =>
    store.changelog?.kind === 'internal' ? [{ topic: store.changelog.name, key: store.key, value: store.value, store }] : [],
  )
}

/** WindowKeySchema puts a sequence number of 4 bytes behind the start; what joins and suppress keep is for them alone. */
function changelogKey({ kind, key, name, windowSizeMs }: ManifestStore, formOf: (name: string) => JsonForm): JsonForm {
  switch (kind) {
    case 'keyValue':
    case 'timestampedKeyValue':
      return formOf(key)
    case 'session':
      return formOf(`session(${key})`)
    case 'window':
    case 'plainWindow': {
      const form = formOf(`windowed(${key}, ${windowSizeMs ?? 'unlimited'})`)
      return { ...form, toJson: (bytes) => form.toJson(bytes.subarray(0, bytes.length - 4)) }
    }
    default:
      throw new Errors.CLIError(`The changelog of ${name} has a form of its own (${kind}); read it without --topology.`, { exit: 1 })
  }
}
