// Chooses the broker and the state engine among the plugins, by the settings and by what the topology needs.

import type { Settings } from '../config.ts'
import type { TopologyDefinition } from '../dsl/topology-definition.ts'
import { MillraceError } from '../errors.ts'
import { hasPatterns } from '../graph/bind-topics.ts'
import type { ChainCodes } from '../graph/chains.ts'
import { requireSources } from '../graph/require-sources.ts'
import { partsOf } from '../plugins/plugin-set.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Plugin } from '../ports/plugin.ts'
import type { AppOptions } from './app.ts'
import { brokerSecurity } from './broker-security.ts'
import { didYouMean } from './did-you-mean.ts'
import { newProcessId } from './system-clock.ts'
import { sinkTopics, sourceTopics } from './topic-plan.ts'

export interface Wiring {
  readonly definition: TopologyDefinition
  readonly chains?: ChainCodes | undefined
  readonly settings: Settings
  readonly plugins: readonly Plugin[]
  readonly clock: Clock
  readonly logger: Logger
  readonly print: (line: string) => void
}

export interface WiredApp extends Omit<AppOptions, 'untilEnd'> {
  /** Whether several threads or processes of the app share its broker: one in memory is of the thread that it is made in. */
  readonly sharesBroker: boolean
}

export function wireApp({ definition, chains, settings, plugins, clock, logger, print }: Wiring): WiredApp {
  const topology = definition.build(settings.naming === undefined ? {} : { naming: settings.naming })
  requireSources(topology)
  const applicationId = settings.applicationId ?? settings.applicationIdPrefix + definition.name
  if (!/^[a-zA-Z0-9._-]{1,200}$/.test(applicationId)) {
    const problem = `the application id ${applicationId} is part of topic names: up to 200 of a-z, A-Z, 0-9, dot, underscore and hyphen.`
    throw new MillraceError('settings-invalid', { problems: `applicationId: ${problem}` })
  }
  const brokers = partsOf(plugins, 'brokers')
  const stores = partsOf(plugins, 'stores')
  const usesTopics = hasPatterns(topology) || sourceTopics(topology).length + sinkTopics(topology).length > 0
  const brokerName = settings.broker ?? (usesTopics ? 'kafka' : 'memory')
  const connect = named(brokers, brokerName, 'broker')
  const memory = named(stores, 'memory', 'stateStore')
  return {
    topology: chains === undefined || settings.fusion === 'off' ? topology : { ...topology, chainCodes: chains },
    applicationId,
    processId: newProcessId(),
    settings,
    broker: connect({
      brokers: settings.brokers,
      clientId: applicationId,
      // The embedded broker of `millrace dev` has neither, whatever is set for the real one.
      security: brokerName === 'embedded' ? undefined : brokerSecurity(settings),
      logger,
      clock,
    }),
    // What a broker in memory forgets with the process, a state on disk must not remember.
    engines: { persistent: brokerName === 'memory' ? memory : named(stores, settings.stateStore, 'stateStore'), memory },
    clock,
    logger,
    print,
    reporters: Object.values(partsOf(plugins, 'metrics')).map((reporter) => reporter()),
    sharesBroker: brokerName !== 'memory',
  }
}

function named<T>(parts: Readonly<Record<string, T>>, name: string, setting: string): T {
  const part = Object.hasOwn(parts, name) ? parts[name] : undefined
  if (part === undefined) {
    const names = Object.keys(parts)
    throw new MillraceError('settings-invalid', {
      problems: `${setting}: no plugin has ${name}.${didYouMean(name, names)} There are: ${names.join(', ')}.`,
    })
  }
  return part
}
