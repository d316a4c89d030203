// The text of an app's entry point: it wires the topology, the configuration and the plugins that come with Millrace, as one could by hand.

export interface EntryPoint {
  /** As imported from the project's folder: an absolute path would differ from machine to machine, and stand in the source map. */
  readonly topology: string
  readonly config: string | null
  /** The manifest as JSON text. */
  readonly manifest: string
}

/** Kafka's client is CommonJS and asks for Node's own modules by require. */
export const appBanner = `import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);`

export function entryPointSource({ topology, config, manifest }: EntryPoint): string {
  return `import { main } from 'millrace/runtime'
import { brokerMemory } from 'millrace/plugins/broker-memory'
import { kafka } from 'millrace/plugins/kafka'
import { leveldb } from 'millrace/plugins/store-leveldb'
import { memory } from 'millrace/plugins/store-memory'
import definition from ${JSON.stringify(topology)}
${config === null ? 'const config = {}' : `import config from ${JSON.stringify(config)}`}

const manifest = ${manifest.trim()}

process.exitCode = await main({ definition, config, manifest, plugins: [kafka(), leveldb(), memory(), brokerMemory()] }, process)
`
}
