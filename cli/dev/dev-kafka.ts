// The Kafka of `millrace dev`: the embedded broker in this process, with its data in the project, or one of the user's own.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isMillraceError } from '../../framework/errors.ts'
import type { Broker } from '../../framework/ports/broker.ts'
import type { Logger } from '../../framework/ports/logger.ts'
import { openBroker } from '../connect.ts'
import { Errors } from '../oclif.ts'
import type { Screen } from './screen.ts'

export interface DevKafka {
  /** For MILLRACE_BROKERS. */
  readonly address: string
  readonly broker: Broker
  /** Settings of apps that differ by the Kafka, beside the address. */
  readonly environment: Readonly<Record<string, string>>
  close(): Promise<void>
}

const portByDefault = 9092
const portsTriedMax = 100

export interface EmbeddedOptions {
  readonly data: string
  /** Where the port of the last time is remembered. */
  readonly portFile: string
  /** What the user wants, and no other. */
  readonly port: number | undefined
  readonly screen: Screen
}

export async function startEmbedded(options: EmbeddedOptions): Promise<DevKafka> {
  const { screen, data } = options
  const logger: Logger = {
    log(level, message) {
      if (level === 'warn' || level === 'error') screen.warn(message)
    },
  }
  const [{ startBroker }, { kafka }, { SystemClock }] = await Promise.all([
    import('../../plugins/kafka/server/index.ts'),
    import('../../plugins/kafka/index.ts'),
    import('../../framework/runtime/system-clock.ts'),
  ])
  const embedded = await onFreePort(options, (port) => startBroker({ port, dataFolder: data, logger }))
  const { address } = embedded
  const broker = kafka().brokers!.kafka!({ brokers: [address], clientId: 'millrace-dev', logger, clock: new SystemClock() })
  const close = async (): Promise<void> => {
    await broker.close()
    await embedded.close()
  }
  // An app that was killed is not waited for: soon its partitions are given anew. It is in this process that heartbeats are answered, so they are answered.
  const environment = { MILLRACE_SESSION_TIMEOUT_MS: '3000', MILLRACE_HEARTBEAT_INTERVAL_MS: '500' }
  return { address, broker, environment, close }
}

/** The brokers that the user names, reached as the configuration says. */
export async function connectToOwn(brokers: string): Promise<DevKafka> {
  const broker = await openBroker(brokers)
  // Apache Kafka allows no shorter session (group.min.session.timeout.ms).
  const environment = { MILLRACE_SESSION_TIMEOUT_MS: '6000', MILLRACE_HEARTBEAT_INTERVAL_MS: '2000' }
  return { address: brokers, broker, environment, close: () => broker.close() }
}

/** The port of the last time, else the usual one, else the next that is free: clients that were told a port should find the broker there. */
async function onFreePort<T extends { readonly port: number }>(
  { port: wanted, portFile, screen }: EmbeddedOptions,
  start: (port: number) => Promise<T>,
): Promise<T> {
  const first = wanted ?? rememberedPort(portFile) ?? portByDefault
  for (let port = first; ; port++) {
    try {
      const started = await start(port)
      if (port !== first) screen.say(`Port ${first} is in use; the broker has ${started.port}.`)
      if (wanted === undefined) rememberPort(portFile, started.port)
      return started
    } catch (error) {
      if (!isInUse(error)) throw error
      if (wanted !== undefined)
        throw new Errors.CLIError(`Port ${port} is in use. Choose another with --port, or leave it out to take the next that is free.`, {
          exit: 1,
        })
      if (port - first >= portsTriedMax) throw error
    }
  }
}

function isInUse(error: unknown): boolean {
  return isMillraceError(error, 'broker-cannot-listen') && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE'
}

function rememberedPort(file: string): number | undefined {
  const port = existsSync(file) ? Number(readFileSync(file, 'utf8')) : Number.NaN
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined
}

function rememberPort(file: string, port: number): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${port}\n`)
}

/** Whoever has the lock of the data may delete it. */
export async function deleteBrokerData(data: string): Promise<void> {
  if (!existsSync(data)) return
  const { lockFolder } = await import('../../plugins/kafka/server/index.ts')
  lockFolder(data)
  rmSync(data, { recursive: true })
}
