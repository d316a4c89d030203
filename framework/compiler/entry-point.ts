// The text of an app's entry point: it wires the topology, the configuration and the plugins that come with Millrace, as one could by hand.

/** The module with the functions of the topology's chains. */
export const chainsModule = 'millrace:chains'

/** Where the definition of a topology comes from. Files are named as they are imported from the project's folder: an absolute path would differ from machine
 * to machine, and stand in the source map. */
export type DefinitionSource =
  | { readonly kind: 'file'; readonly file: string }
  /** The configuration has the plugin, and the plugin the topology. */
  | { readonly kind: 'plugin'; readonly config: string; readonly plugin: string; readonly topology: string }

export interface EntryPoint {
  readonly definition: DefinitionSource
  readonly config: string | null
  /** The manifest as JSON text. */
  readonly manifest: string
  /** Whether it is for `millrace dev`: then its versions come and go, and none is recorded. It has the broker `embedded`: plain Kafka, also where the configuration's own kafka() has TLS and credentials for another one. */
  readonly embeddedBroker: boolean
}

/**
 * Kafka's client is CommonJS and asks for Node's own modules by require.
 *
 * A signal that comes while the modules load has to end the process all the same: of process 1 of a container the kernel drops it, and the container is killed
 * when its time to stop is over. Without an exit code of the app there is nothing to commit. Left is the time that Node itself needs to boot.
 */
export const appBanner = [
  `import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);`,
  `const $beforeStart = (signal) => { if (process.listenerCount(signal) === 1) process.exit(); };`,
  `process.on('SIGTERM', $beforeStart).on('SIGINT', $beforeStart);`,
].join(' ')

export function entryPointSource({ definition, config, manifest, embeddedBroker }: EntryPoint): string {
  const embedded = "{ name: 'embedded-broker', brokers: { embedded: kafka().brokers.kafka } }"
  const plugins = ['kafka()', 'leveldb()', 'memory()', 'brokerMemory()', 'health()', ...(embeddedBroker ? [embedded] : [])]
  return `import 'millrace/source-maps'
import { main } from 'millrace/runtime'
import { brokerMemory } from 'millrace/plugins/broker-memory'
import { health } from 'millrace/plugins/health-http'
import { kafka } from 'millrace/plugins/kafka'
import { leveldb } from 'millrace/plugins/store-leveldb'
import { memory } from 'millrace/plugins/store-memory'
${definitionSource(definition)}
import { chains } from '${chainsModule}'
${config === null ? 'const config = {}' : `import config from ${JSON.stringify(config)}`}

const manifest = ${embeddedBroker ? 'null' : manifest.trim()}

process.exitCode = await main({ definition, chains, config, manifest, plugins: [${plugins.join(', ')}], entry: import.meta.url }, process)
`
}

/** The statements that define `definition`. */
export function definitionSource(source: DefinitionSource): string {
  if (source.kind === 'file') return `import definition from ${JSON.stringify(source.file)}`
  const { config, plugin, topology } = source
  return `import $configured from ${JSON.stringify(config)}
const definition = $configured.plugins.find(({ name }) => name === ${JSON.stringify(plugin)}).topologies[${JSON.stringify(topology)}]`
}
