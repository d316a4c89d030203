// The text of an app's entry point: it wires the topology, the configuration and the plugins that come with Millrace, as one could by hand.

export interface EntryPoint {
  /** Absolute; the bundler gives it a neutral name. */
  readonly topologyPath: string
  readonly configPath: string | null
  /** The manifest as JSON text. */
  readonly manifest: string
}

/** Kafka's client is CommonJS and asks for Node's own modules by require. */
export const appBanner = `import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);`

export function entryPointSource({ topologyPath, configPath, manifest }: EntryPoint): string {
  return `import { main } from 'millrace/runtime'
import { brokerMemory } from 'millrace/plugins/broker-memory'
import { kafka } from 'millrace/plugins/kafka'
import { leveldb } from 'millrace/plugins/store-leveldb'
import { memory } from 'millrace/plugins/store-memory'
import definition from ${JSON.stringify(topologyPath)}
${configPath === null ? 'const config = {}' : `import config from ${JSON.stringify(configPath)}`}

const manifest = ${manifest.trim()}

process.exitCode = await main({ definition, config, manifest, plugins: [kafka(), leveldb(), memory(), brokerMemory()] }, process)
`
}

/**
 * Stands for a package with native code. In production it is installed beside the bundle. In a project it is a dependency of Millrace, which a package
 * manager may have put where the bundle does not find it: then it is taken from where Millrace finds it.
 */
export function externalPackageSource(name: string, exports: readonly string[]): string {
  return `import { createRequire } from 'node:module'

function load() {
  const require = createRequire(import.meta.url)
  try {
    return require('${name}')
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    let millrace
    try {
      millrace = require.resolve('millrace/package.json')
    } catch {
      throw error
    }
    return createRequire(millrace)('${name}')
  }
}

export const { ${exports.join(', ')} } = load()
`
}
