// Starts the embedded broker: recovers what is in its data folder, then listens.

import { type Logger, MillraceError } from '../../../framework/index.ts'
import { type BrokerOptions, type BrokerSettings, defaultLimits } from './broker-settings.ts'
import { Connections } from './connections.ts'
import { dispatchTable } from './dispatch.ts'
import { lockFolder } from './folder-lock.ts'
import { Coordinator, type CoordinatorLimits } from './groups/coordinator.ts'
import { Cleaner } from './log/cleaner.ts'
import { DiskStorage } from './log/disk-storage.ts'
import { JournalDamaged } from './log/journal.ts'
import { MemoryStorage } from './log/memory-storage.ts'
import type { Storage } from './log/storage.ts'
import { systemClock } from './system-clock.ts'
import { Catalogue } from './topics/catalogue.ts'
import { TransactionCoordinator, type TransactionLimits } from './transactions/transaction-coordinator.ts'

export interface EmbeddedBroker {
  /** `host:port`, for `brokers`. */
  readonly address: string
  readonly port: number
  /** Ends all connections and closes the logs in good order. */
  close(): Promise<void>
}

const silent: Logger = { log: () => {} }

/**
 * A one-node server of the Kafka protocol, for development and tests. Resolves when it accepts connections; rejects with `broker-cannot-listen`,
 * `broker-folder-locked`, `broker-folder-unusable` or `broker-folder-damaged`.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<EmbeddedBroker> {
  const settings = withDefaults(options)
  const { clock, logger, limits } = settings
  const { storage, unlock } = openStorage(settings)
  try {
    const report = (message: string): void => logger.log('warn', message)
    const catalogue = new Catalogue(storage, () => clock.now(), report)
    const coordinator = new Coordinator(storage, clock, coordinatorLimits(settings), report)
    const transactions = new TransactionCoordinator({
      storage,
      catalogue,
      groups: coordinator,
      clock,
      limits: transactionLimits(settings),
      report,
    })
    const cleaner = new Cleaner({ ...settings, logs: () => catalogue.logs() })
    const routes = dispatchTable({ catalogue, coordinator, transactions, clock, logger, settings })
    const connections = new Connections({ routes, limits, logger })
    const close = async (): Promise<void> => {
      const closed = connections.close()
      // Members may be waiting for a rebalance, and their connections for them.
      coordinator.close()
      transactions.close()
      await closed
      catalogue.close()
      await cleaner.stop()
      storage.close()
      unlock()
    }
    const port = await connections.listen(settings.host, settings.port).catch(async (error: unknown) => {
      await close()
      throw error
    })
    return { address: `${settings.host}:${port}`, port, close }
  } catch (error) {
    storage.close()
    unlock()
    throw asMillraceError(error, settings)
  }
}

function openStorage({ dataFolder, limits }: BrokerSettings): { readonly storage: Storage; unlock(): void } {
  if (dataFolder === undefined) return { storage: new MemoryStorage(limits.memoryBytes), unlock: () => {} }
  const unlock = lockFolder(dataFolder)
  return { storage: new DiskStorage(dataFolder), unlock }
}

function coordinatorLimits({ limits, initialRebalanceDelayMs }: BrokerSettings): CoordinatorLimits {
  return {
    membersMax: limits.groupMembers,
    initialRebalanceDelayMs,
    groupsMax: limits.groups,
    sessionTimeoutMinMs: limits.sessionTimeoutMinMs,
    sessionTimeoutMaxMs: limits.sessionTimeoutMaxMs,
    offsetMetadataBytesMax: limits.offsetMetadataBytes,
  }
}

function transactionLimits({ limits }: BrokerSettings): TransactionLimits {
  return {
    transactionalIdsMax: limits.transactionalIds,
    timeoutMsMax: limits.transactionTimeoutMaxMs,
    forgottenAfterMs: limits.transactionalIdExpirationMs,
  }
}

function asMillraceError(error: unknown, { dataFolder }: BrokerSettings): unknown {
  if (!(error instanceof JournalDamaged)) return error
  return new MillraceError('broker-folder-damaged', { folder: dataFolder, problem: error.message }, error)
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
    compactionIntervalMs: options.compactionIntervalMs ?? 15_000,
    retentionIntervalMs: options.retentionIntervalMs ?? 5 * 60_000,
    limits: { ...defaultLimits, ...options.limits },
    logger: options.logger ?? silent,
    clock: options.clock ?? systemClock,
  }
}
