// Starts the embedded broker: recovers what is in its data folder, then listens.

import { createServer, type Server, type Socket } from 'node:net'
import type { Logger } from '../../../framework/index.ts'
import { type BrokerOptions, type BrokerSettings, defaultLimits } from './broker-settings.ts'
import { serveConnection } from './connection.ts'
import { dispatchTable } from './dispatch.ts'
import { Coordinator } from './groups/coordinator.ts'
import { DiskStorage } from './log/disk-storage.ts'
import { MemoryStorage } from './log/memory-storage.ts'
import { systemClock } from './system-clock.ts'
import { Catalogue } from './topics/catalogue.ts'

export interface EmbeddedBroker {
  /** `host:port`, for `brokers`. */
  readonly address: string
  readonly port: number
  /** Ends all connections and closes the logs in good order. */
  close(): Promise<void>
}

const silent: Logger = { log: () => {} }

/** A one-node server of the Kafka protocol, for development and tests. Resolves when it accepts connections. */
export async function startBroker(options: BrokerOptions = {}): Promise<EmbeddedBroker> {
  const settings = withDefaults(options)
  const { clock, logger, limits } = settings
  const report = (message: string): void => logger.log('warn', message)
  const storage = settings.dataFolder === undefined ? new MemoryStorage(limits.memoryBytes) : new DiskStorage(settings.dataFolder)
  const catalogue = new Catalogue(storage, () => clock.now(), report)
  const groupLimits = {
    membersMax: limits.groupMembers,
    initialRebalanceDelayMs: settings.initialRebalanceDelayMs,
    groupsMax: limits.groups,
    sessionTimeoutMinMs: limits.sessionTimeoutMinMs,
    sessionTimeoutMaxMs: limits.sessionTimeoutMaxMs,
    offsetMetadataBytesMax: limits.offsetMetadataBytes,
  }
  const coordinator = new Coordinator(storage, clock, groupLimits, report)
  const routes = dispatchTable({ catalogue, coordinator, clock, logger, settings })
  const sockets = new Map<Socket, Promise<void>>()
  const server = createServer((socket) => {
    if (sockets.size >= limits.connections) {
      logger.log('warn', `Refused a connection: ${limits.connections} are open, which is the limit.`)
      socket.destroy()
      return
    }
    const served = serveConnection(socket, { routes, limits, logger }).then(() => void sockets.delete(socket))
    sockets.set(socket, served)
  })
  await listen(server, settings)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : settings.port
  return {
    address: `${settings.host}:${port}`,
    port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets.keys()) socket.destroy()
      coordinator.close()
      await Promise.all([closed, ...sockets.values()])
      catalogue.close()
      storage.close()
    },
  }
}

function listen(server: Server, { host, port }: BrokerSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function withDefaults(options: BrokerOptions): BrokerSettings {
  return {
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    advertised: options.advertised,
    dataFolder: options.dataFolder,
    autoCreateTopics: options.autoCreateTopics ?? false,
    defaultPartitions: options.defaultPartitions ?? 1,
    initialRebalanceDelayMs: options.initialRebalanceDelayMs ?? 0,
    cleaningIntervalMs: options.cleaningIntervalMs ?? 15_000,
    limits: { ...defaultLimits, ...options.limits },
    logger: options.logger ?? silent,
    clock: options.clock ?? systemClock,
  }
}
