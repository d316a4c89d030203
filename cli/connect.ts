// Where Kafka is, for commands that talk to it: --brokers, or MILLRACE_BROKERS, or millrace.config.ts. A connection is closed when its command ends.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../framework/config.ts'
import type { Broker } from '../framework/index.ts'
import type { Logger } from '../framework/ports/logger.ts'
import { didYouMean } from '../framework/runtime/did-you-mean.ts'
import { Errors, Flags } from './oclif.ts'
import { withProgress } from './progress.ts'

const configFile = 'millrace.config.ts'

export const brokersFlag = Flags.string({
  description: 'where Kafka is; default: MILLRACE_BROKERS, then millrace.config.ts, then 127.0.0.1:9092',
  helpValue: 'HOST:PORT,…',
})

export async function withBroker<T>(brokers: string | undefined, use: (broker: Broker) => Promise<T>): Promise<T> {
  const broker = await openBroker(brokers)
  try {
    await withProgress('Connecting', () => broker.connect())
    return await use(broker)
  } finally {
    await broker.close()
  }
}

/** Throws with the topic that was probably meant. */
export async function partitionsOf(broker: Broker, topic: string): Promise<number> {
  const found = (await broker.admin.topics([topic])).get(topic)
  if (found !== undefined) return found.partitions
  const suggestion = didYouMean(topic, await broker.admin.topicNames())
  throw new Errors.CLIError(`There is no topic ${topic}.${suggestion} \`millrace topic list\` shows all.`, { exit: 1 })
}

/** Not connected yet; who opens it closes it. */
export async function openBroker(brokers: string | undefined): Promise<Broker> {
  if (brokers === '') throw new Errors.CLIError('--brokers must be host:port, such as localhost:9092.', { exit: 2 })
  const [{ partsOf, pluginSet }, { brokerSecurity }, { readSettings }, { SystemClock }, { kafka }] = await Promise.all([
    import('../framework/plugins/plugin-set.ts'),
    import('../framework/runtime/broker-security.ts'),
    import('../framework/runtime/settings.ts'),
    import('../framework/runtime/system-clock.ts'),
    import('../plugins/kafka/index.ts'),
  ])
  const config = await readConfig()
  // What --brokers says takes the place of the setting, and what is wrong with it is said of what was typed.
  const { brokers: _configured, ...otherSettings } = config
  const { MILLRACE_BROKERS: _variable, ...otherVariables } = process.env
  const { settings } = brokers === undefined ? readSettings(config, process.env) : readSettings(otherSettings, otherVariables)
  const addresses = brokers?.split(',').map((address) => address.trim()) ?? settings.brokers
  const name = settings.broker ?? 'kafka'
  const brokerParts = partsOf(pluginSet([kafka()], config.plugins), 'brokers')
  const connect = Object.hasOwn(brokerParts, name) ? brokerParts[name] : undefined
  if (connect === undefined) throw new Errors.CLIError(`The setting broker is ${name}, which this command cannot reach.`, { exit: 1 })
  const security = brokerSecurity(settings)
  return connect({ brokers: addresses, clientId: 'millrace-cli', security, logger: warnings, clock: new SystemClock() })
}

/** What millrace.config.ts exports; nothing where there is none. */
export async function readConfig(): Promise<Config> {
  const file = resolve(configFile)
  if (!existsSync(file)) return {}
  const { loadConfig } = await import('../framework/compiler/load-config.ts')
  const config = await loadConfig(file).catch((error: unknown) => {
    throw new Errors.CLIError(`${configFile} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { exit: 1 })
  })
  if (typeof config === 'object' && config !== null) return config
  throw new Errors.CLIError(`${configFile} has to export its configuration: export default defineConfig({ … })`, { exit: 1 })
}

const warnings: Logger = {
  log(level, message) {
    if (level === 'warn' || level === 'error') process.stderr.write(`${level === 'warn' ? 'warning' : level}: ${message}\n`)
  },
}
